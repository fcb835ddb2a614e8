"""What the router knows, listed from its rows for COMMANDS.md beside this file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from iosxe.config import igp, interface_lines, isakmp, modes, policies, services
from iosxe.config.node import Row
from iosxe.shell.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_WITHOUT_EFFECT: Final = (igp, interface_lines, isakmp, policies, services)
_HEAD: Final = """\
# The virtual IOS-XE router: what it knows

Written by `pytest tests/twin/iosxe --update-golden` from the rows in `config/` and `shell/`; a test compares them.
A line that is not here is refused as IOS refuses it. `<name:kind>` is an argument, `{name:a|b}` a choice, `[x]` an
option, `(x | y)` an alternative. Each configuration line has its `no` and `default` form. Lines marked `~` are kept and
printed as IOS prints them and have no effect here.
"""


def catalogue() -> str:
    """Return the list as Markdown."""
    kept = {row.pattern for module in _WITHOUT_EFFECT for row in _rows_of(module)}
    parts = [_HEAD, "## Exec commands\n", _block(sorted(command.pattern for command in COMMANDS))]
    for name in modes.MODE_NAMES:
        rows = [row for row in modes.mode(name).rows if isinstance(row, Row)]
        if rows:
            lines = [f"{'~' if row.pattern in kept else ' '} {_plain(row.pattern)}" for row in rows]
            parts += [f"## {name}: `({modes.mode(name).prompt})#`\n", _block(lines)]
    return "\n".join(parts)


def _rows_of(module: ModuleType) -> Iterator[Row]:
    for value in vars(module).values():
        if isinstance(value, tuple):
            yield from (row for row in value if isinstance(row, Row))


def _plain(pattern: str) -> str:
    """Leave out what only the grammar needs: the key's mark and the stop of the ``no`` form."""
    return re.sub(r" /(?= |$)", "", pattern.replace("!:", ":"))


def _block(lines: list[str]) -> str:
    return "```\n" + "".join(f"{line}\n" for line in lines) + "```\n"
