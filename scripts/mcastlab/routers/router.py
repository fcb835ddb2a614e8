"""A router to configure: the way to it, what is wanted of it, and its running configuration as a value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.ios.chatter import without_chatter
from mcastlab.ios.configuration import Tree, as_text, endless_text, parse
from mcastlab.ios.secrets import without_key
from mcastlab.ios.show.archive import RUNNING
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.lab.design.timers import NEIGHBOURS_COME_UP_S
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.ports import RouterSession


REVERT_MINUTES: Final = 5
"""After so long an armed router rolls back what nobody has confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a transaction waits: for the device's own timer, for neighbours, for a router that was lost."""

    revert_minutes: int = REVERT_MINUTES
    health_s: float = NEIGHBOURS_COME_UP_S
    reach_s: float = 60.0
    poll_s: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """A router to configure: its name in reports, what identifies it, the way to it, and what is wanted of it."""

    name: str
    key: str
    connect: Callable[[], RouterSession]
    wanted: Tree


def running_configuration(router: str, text: str) -> Tree:
    """Read a router's answer to ``show running-config``; half of one would be taken for the whole.

    Raises:
        RefusedError: it is not the whole.
    """
    text = without_chatter(text)
    if text.rstrip().rpartition("\n")[2].strip() != "end":
        raise RefusedError(
            f"{router} does not show its whole running configuration",
            hint="the user needs privilege level 15",
        )
    if (line := endless_text(text)) is not None:
        raise UnreadableError(RUNNING, line, expected="the end of the text that begins there")
    return parse(text)


def digest(tree: Tree) -> str:
    """Return what tells one configuration from another.

    Its archive is left out, which is set up before, and so are keys, which a router may write in another form.
    """
    text = as_text(tuple(line for line in tree if line.text != "archive"))
    lines = (without_key(line) for line in text.splitlines())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
