"""A rendered configuration as sections and lines: what is wanted of a router."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mcastlab.interface_names import line_in_full
from mcastlab.ios.configuration import ConfigLine, nested
from mcastlab.ios.difference import key_of
from mcastlab.ios.secrets import masked
from mcastlab_base.as_numbers import in_asplain

if TYPE_CHECKING:
    from mcastlab.ios.configuration import Path, Tree
    from mcastlab.render.routers import Rendered

_COMMENT: Final = re.compile(r"^\s*(?:!.*|exit-address-family\s*)?$")


def intended(rendered: Rendered) -> Tree:
    """Return the sections of a rendered configuration, each line with its number and its place in a template.

    A section that comes again goes on, and of lines of which a section holds one the last counts.
    """
    texts, shown = rendered.text.reveal().splitlines(), rendered.shown.splitlines()
    return _united(
        nested(
            (
                len(text) - len(text.lstrip()),
                ConfigLine(
                    text=_as_printed(text.strip()),
                    shown=masked(_as_printed(show.strip()), misspelt=True),
                    number=number,
                    origin=origin,
                ),
            )
            for number, (text, show, origin) in enumerate(zip(texts, shown, rendered.origins, strict=True), start=1)
            if not _COMMENT.match(text)
        )
    )


def _as_printed(line: str) -> str:
    """Return a line in the one notation of AS numbers and interfaces in which running configurations are compared."""
    return in_asplain(line_in_full(line))


def _united(lines: Tree, above: Path = ()) -> Tree:
    found: dict[object, ConfigLine] = {}
    for line in lines:
        path = (*above, line.text)
        key = key_of(path) or path
        first = found.get(key)
        same = first is not None and first.text == line.text
        below = (*first.below, *line.below) if first is not None and same else line.below
        found[key] = replace(first if first is not None and same else line, below=_united(below, path))
    return tuple(found.values())
