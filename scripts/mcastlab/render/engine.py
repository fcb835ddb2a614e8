"""The template engine: an unknown value is an error, and a template holds no logic that a filter could."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2

from mcastlab.errors import BadInputError
from mcastlab.render.filters import FILTERS
from mcastlab.secret import MASK, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEMPLATES: Final = Path(__file__).resolve().parents[3] / "router_templates"
"""The repository's templates, which a network engineer may edit."""


_ORIGIN: Final = re.compile(r"\x01([^\x01]*)\x01")
"""What stands at the end of each rendered line while it is known where it comes from."""
_KEY: Final = re.compile(r"\x02[^\x02]*\x02")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A template that is filled in: `shown` with keys masked, `text` with them, and each line's place in a template."""

    shown: str
    text: Secret
    origins: tuple[str, ...]


def render(template: str, values: Mapping[str, object], *, folder: Path = TEMPLATES) -> str:
    """Fill in a template. Its filter `secret` prints ``***``.

    Raises:
        BadInputError: the template is missing, broken, or wants a value that is not there; the text names file and
            line.
    """
    return fill_in(template, values, folder=folder).shown


def fill_in(template: str, values: Mapping[str, object], *, folder: Path = TEMPLATES) -> Filled:
    """Fill in a template as `render` does, once for what is shown and for what is sent.

    Raises:
        BadInputError: as `render`.
    """
    marked = _marked(template, values, folder)
    places = (_ORIGIN.search(line) for line in marked.splitlines())
    plain = _ORIGIN.sub("", marked)
    return Filled(
        shown=_KEY.sub(MASK, plain),
        text=Secret(plain.replace("\x02", "")),
        origins=tuple(template if place is None else place[1] for place in places),
    )


def _revealed(secret: Secret) -> str:
    return f"\x02{secret.reveal()}\x02"


def _marked(template: str, values: Mapping[str, object], folder: Path) -> str:
    """Return a filled-in template with marks around keys and each line's origin at its end."""
    environment = jinja2.Environment(
        loader=_Tracing(folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (router configuration, not HTML)
    )
    environment.filters.update(FILTERS)
    environment.filters["secret"] = _revealed
    try:
        return environment.get_template(template).render(**values)
    except jinja2.TemplateNotFound as error:
        raise BadInputError(f"{folder.name}/{error.name}: there is no such template") from None
    except jinja2.TemplateSyntaxError as error:
        where = f"{folder.name}/{error.name or template}:{error.lineno}"
        raise BadInputError(f"{where}: {error.message}", hint="mend the template at that line") from None
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        # What failed may hold a key: only its kind is told.
        raise BadInputError(
            f"{folder.name}/{_line_of(error, folder) or template}: a filter or expression fails with "
            f"{type(error).__name__}",
            hint="mend the template at that line",
        ) from None
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
