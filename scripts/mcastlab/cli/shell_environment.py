"""The lines for a shell's `eval` that point it at a target, and those that undo them. Pure.

No value of before is printed: the shell copies each of its own variables, and copies it back.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CHANGED: Final = "MCASTLAB_CHANGED"
"""Names the variables that were changed, so that they can be set back."""

REFUSAL: Final = "false"
"""What is printed for `eval` where there is nothing to enter: else it would succeed, and change nothing."""

_BEFORE: Final = "MCASTLAB_BEFORE_"
_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]*")


def entering(values: Mapping[str, str], foreign: Iterable[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield lines that set values and unset what is foreign; a shell that was pointed elsewhere is set back first.

    Args:
        values: what is to be set.
        foreign: names that are to go.
        environment: what the shell exports now.
    """
    yield from leaving(environment)
    changed = tuple(dict.fromkeys((*foreign, *values)))
    entered = _changed(environment)
    for name in changed:
        if f"{_BEFORE}{name}" in environment if name in entered else name in environment:
            yield f'export {_BEFORE}{name}="${name}"'
    yield f"unset {' '.join(name for name in changed if name not in values)}"
    for name, value in {**values, CHANGED: " ".join(changed)}.items():
        yield f"export {name}={shlex.quote(value)}"


def leaving(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield lines that set back what `entering` changed; none where it changed nothing."""
    names = _changed(environment)
    for name in names:
        before = f"{_BEFORE}{name}"
        yield f'export {name}="${before}"; unset {before}' if before in environment else f"unset {name}"
    if names:
        yield f"unset {CHANGED}"


def _changed(environment: Mapping[str, str]) -> Sequence[str]:
    # What is yielded is run: only names of variables get there.
    return [name for name in environment.get(CHANGED, "").split() if _NAME.fullmatch(name)]
