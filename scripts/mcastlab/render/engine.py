"""The template engine: an unknown value is an error, and a template holds no logic that a filter could."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2

from mcastlab.errors import BadInputError
from mcastlab.render.filters import FILTERS
from mcastlab.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEMPLATES: Final = Path(__file__).resolve().parents[3] / "router_templates"
"""The repository's templates, which a network engineer may edit."""


ORIGIN: Final = re.compile("\\x01([^\\x01]*)\\x01")
"""What stands at the end of each rendered line while it is known where it comes from."""


class _Tracing(jinja2.FileSystemLoader):
    """Gives templates whose every line of text ends with its place, so that a rendered line knows its origin."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's source with the place of each line."""
        source, filename, current = super().get_source(environment, template)
        try:
            tokens = list(environment.lex(source, template))
        except jinja2.TemplateSyntaxError:
            # The compiler tells it with the right line.
            return source, filename, current
        return "".join(_traced(kind, value, template, line) for line, kind, value in tokens), filename, current


def _traced(kind: str, value: str, template: str, line: int) -> str:
    if kind != "data":
        return value
    parts = value.split("\n")
    marked = [f"{part}\x01{template}:{line + index}\x01" for index, part in enumerate(parts[:-1])]
    return "\n".join([*marked, parts[-1]])


def render(template: str, values: Mapping[str, object], *, folder: Path = TEMPLATES, reveal: bool = False) -> str:
    """Fill in a template. Its filter `secret` prints ``***``, or the secret itself where `reveal` is on.

    Raises:
        BadInputError: the template is missing, broken, or wants a value that is not there; the text names file and
            line.
    """
    return ORIGIN.sub("", render_traced(template, values, folder=folder, reveal=reveal))


def render_traced(
    template: str, values: Mapping[str, object], *, folder: Path = TEMPLATES, reveal: bool = False
) -> str:
    """Fill in a template as `render` does, and mark the end of each line with its origin (see `ORIGIN`).

    Raises:
        BadInputError: as `render`.
    """
    environment = jinja2.Environment(
        loader=_Tracing(folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (router configuration, not HTML)
    )
    environment.filters.update(FILTERS)
    environment.filters["secret"] = Secret.reveal if reveal else str
    try:
        return environment.get_template(template).render(**values)
    except jinja2.TemplateNotFound as error:
        raise BadInputError(f"{folder.name}/{error.name}: there is no such template") from None
    except jinja2.TemplateSyntaxError as error:
        where = f"{folder.name}/{error.name or template}:{error.lineno}"
        raise BadInputError(f"{where}: {error.message}", hint="mend the template at that line") from None
    except jinja2.UndefinedError as error:
        raise BadInputError(
            f"{folder.name}/{_line_of(error, folder) or template}: {error.message}",
            hint="router_templates/README names the values that a template may use",
        ) from None


def _line_of(error: BaseException, folder: Path) -> str | None:
    """Return ``file:line`` of the innermost frame that stands in a template."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.is_relative_to(folder):
            found = f"{path.relative_to(folder)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
