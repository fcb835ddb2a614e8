"""How a cause is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.verify.model import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.verify.model import Subject

SHELL: Final = "shell"
DOCUMENT: Final = "lab document"


def cause(
    key: str,
    sentence: str,
    *,
    mend: str,
    where: str,
    rungs: tuple[str, ...],
    subjects: Iterable[Subject],
    flows_still: bool = False,
) -> Cause:
    """Return a cause; its subjects say whose failures it explains: one without a site explains every site's."""
    return Cause(
        key=key,
        sentence=sentence,
        mend=mend,
        mend_where=where,
        rungs=rungs,
        subjects=tuple(dict.fromkeys(subjects)),
        flows_still=flows_still,
    )


def configuration_of(router: str) -> str:
    """Return where lines of a router's configuration are entered."""
    return f"{router}, configuration mode"


def exec_of(router: str) -> str:
    """Return where a command that only shows is entered."""
    return f"{router}, exec mode"


def shell_of(host: str) -> str:
    """Return where a command of a host is entered."""
    return f"{host}, shell as root"


def listed(names: Iterable[str], most: int = 3) -> str:
    """Return names in words, the first few of many.

    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    every = list(dict.fromkeys(names))
    if len(every) > most:
        return f"{', '.join(every[:most])} and {len(every) - most} more"
    return " and ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)
