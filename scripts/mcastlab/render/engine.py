"""The template engine: an unknown value is an error, and a template holds no logic that a filter could."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import jinja2

from mcastlab.contained import read_contained
from mcastlab.places import PROJECT
from mcastlab.render.filters import FILTERS
from mcastlab.render.sandbox import KEY_MARK, Revealed, Sandbox, noting
from mcastlab_base.errors import BadInputError
from mcastlab_base.secret import MASK, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType

    from jinja2.bccache import Bucket
    from jinja2.lexer import Lexer

TEMPLATES: Final = PROJECT / "router_templates"
"""The repository's templates, which a network engineer may edit."""

VALUES_HINT: Final = "router_templates/README.md names the values and filters that a template may use"
SHORTEST_KEY: Final = 8
"""Characters of a pre-shared key. Source: AWS Site-to-Site VPN, Tunnel options."""

_ORIGIN: Final = re.compile(r"\x01([^\x01]*)\x01")
"""What stands at the end of each rendered line while it is known where it comes from."""
_KEY: Final = re.compile(rf"{KEY_MARK}[^{KEY_MARK}]*{KEY_MARK}")
_Places = tuple[Path, Path]
"""A template's folder, and the folder above which nothing is read."""
_FAILURES: Final = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


class _Tracing(jinja2.BaseLoader):
    """Gives templates whose every line of text ends with its place, so that a rendered line knows its origin.

    A template is looked for in a folder, which may not be left, nor the root above it, and then among ours.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        own = () if folder == TEMPLATES else ((root, folder.relative_to(root)),)
        self._places = (*own, (TEMPLATES, Path()))

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's source with the place of each line.

        Raises:
            TemplateNotFound: there is none of that name.
            BadInputError: it leads out of its folder, or is not text.
        """
        source, filename = self._read(template)
        place = _shown(Path(filename)).removeprefix(f"{TEMPLATES.name}/")
        with suppress(jinja2.TemplateSyntaxError):  # the compiler says it with the right line
            source = _with_places(environment.lexer, source, place)
        return source, filename, lambda: True

    def _read(self, template: str) -> tuple[str, str]:
        for root, below in self._places:
            # An absolute name takes the place of the folder, and so leads out of it.
            path = PurePosixPath(below, template)
            try:
                return read_contained(root, path), str(root / path)
            except FileNotFoundError:
                continue
        raise jinja2.TemplateNotFound(template)


class _Compiled(jinja2.BytecodeCache):
    """Keeps what templates were compiled to, by their path and text, while this process lasts."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's code where it was compiled before."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code."""
        self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = _Compiled()


@lru_cache
def _with_places(lexer: Lexer, source: str, place: str) -> str:
    """Return a template's source with the place of each line; the routers of a large lab share their templates.

    Raises:
        TemplateSyntaxError: a line is not a template's.
    """
    return "".join(_traced(kind, value, place, line) for line, kind, value in lexer.tokeniter(source, place))


def _traced(kind: str, value: str, place: str, line: int) -> str:
    if kind != "data":
        return value
    parts = value.split("\n")
    marked = [f"{part}\x01{place}:{line + index}\x01" for index, part in enumerate(parts[:-1])]
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
        BadInputError: the template is missing, broken, or wants values that are not there; the text names file and
            line of each.
    """
    return fill_in(template, values, folder=folder).shown


def fill_in(
    template: str, values: Mapping[str, object], *, folder: Path = TEMPLATES, root: Path | None = None
) -> Filled:
    """Fill in a template as `render` does, once for what is shown and for what is sent.

    A template in another folder than ours may include those beside it and ours, and none outside `root`, which is that
    folder where it is not given.

    Raises:
        BadInputError: as `render`.
    """
    keys: set[str] = set()
    marked = _marked(template, values, (folder, root or folder), keys)
    lines = marked.splitlines()
    places = (_ORIGIN.search(line) for line in lines)
    plain = _ORIGIN.sub("", marked)
    shown = _KEY.sub(MASK, plain).replace(KEY_MARK, "")
    for key in keys:
        # A template may have changed what stands around a key.
        shown = shown.replace(key, MASK)
    last = "" if folder == TEMPLATES else f"{_shown(folder / template)}:{len(lines)}"
    return Filled(
        shown=shown,
        text=Secret(plain.replace(KEY_MARK, "")),
        origins=tuple((last or template) if place is None else place[1] for place in places),
    )


def _environment(places: _Places, keys: set[str], undefined: type[jinja2.Undefined]) -> jinja2.Environment:
    environment = Sandbox(
        loader=_Tracing(*places),
        bytecode_cache=_COMPILED,
        undefined=undefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )

    def revealed(secret: Secret) -> Revealed:
        if len(secret.reveal()) >= SHORTEST_KEY:
            keys.add(secret.reveal())
        return Revealed(secret)

    environment.filters.update(FILTERS)
    environment.filters["secret"] = revealed
    return environment


def _marked(template: str, values: Mapping[str, object], places: _Places, keys: set[str]) -> str:
    """Return a filled-in template with marks around keys and each line's origin at its end."""
    folder, _ = places
    try:
        return _environment(places, keys, jinja2.StrictUndefined).get_template(template).render(**values)
    except jinja2.TemplateNotFound as error:
        where = f"{place}: " if (place := _line_of(error)) else ""
        path = str(error.name) if where else _shown(folder / str(error.name))
        raise BadInputError(f"{where}{path}: there is no such template") from None
    except jinja2.TemplateSyntaxError as error:
        where = f"{_shown(Path(error.filename) if error.filename else folder / template)}:{error.lineno}"
        raise BadInputError(f"{where}: {error.message}", hint="correct the template at that line") from None
    except BadInputError as error:
        where = f"{place}: " if (place := _line_of(error)) else ""
        raise BadInputError(f"{where}{error.text}", hint=error.hint) from None
    except RecursionError:
        raise BadInputError(f"{_shown(folder / template)}: includes itself without end") from None
    except _FAILURES as error:
        # What failed may hold a key: only its kind is reported.
        where = _line_of(error) or _shown(folder / template)
        raise BadInputError(
            f"{where}: a filter or expression fails with {type(error).__name__}",
            hint="correct the template at that line",
        ) from None
    except jinja2.TemplateRuntimeError as error:
        first = f"{_line_of(error) or _shown(folder / template)}: {error.message}"
        raise BadInputError("\n".join(_every_missing(template, values, places, first)), hint=VALUES_HINT) from None


def _every_missing(template: str, values: Mapping[str, object], places: _Places, first: str) -> list[str]:
    """Return what is wrong at each place that uses a value that is not there, `first` among them."""
    found: list[tuple[Path, int, str]] = []
    try:
        _environment(places, set(), noting(found)).get_template(template).render(**values)
    except (jinja2.TemplateError, BadInputError, RecursionError, *_FAILURES):
        # What follows from a missing value is no problem of its own.
        pass
    lines = dict.fromkeys(f"{_shown(path)}:{line}: {text}" for path, line, text in found)
    return list(lines) if first in lines else [first, *lines]


def _shown(path: Path) -> str:
    """Return a template's path as it is reported: ours by its place in the project."""
    return str(path.relative_to(TEMPLATES.parent)) if path.is_relative_to(TEMPLATES) else str(path)


def _line_of(error: BaseException) -> str | None:
    """Return ``file:line`` of the innermost frame that stands in a template."""
    found = None
    trace = error.__traceback__
    while trace is not None:
        if "__jinja_exception__" in trace.tb_frame.f_globals:
            found = f"{_shown(Path(trace.tb_frame.f_code.co_filename))}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
