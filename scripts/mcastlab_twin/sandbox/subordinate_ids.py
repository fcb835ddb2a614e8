"""Which ids of the machine the users inside nodes are: subordinate ones, that nobody else has.

A node's root is uid 0 of a user namespace of its own, and outside it the first of these ids. So it owns no file of root
or of the twin's owner, and may signal no process of theirs, whatever capabilities it has inside.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOBODY: Final = 65534
"""The user and group that a Linux system calls nobody and nogroup."""

WANTED: Final = NOBODY + 1
"""How many ids a node has where there are as many: 0 to 65534."""

NEEDED: Final = 1002
"""How many ids a node needs: root, system users, one user, and nobody."""

ALL_IDS: Final = range(0xFFFF_FFFF)
"""The ids of a machine: what a namespace maps that is the initial one."""

UNUSED: Final = range(0x7000_0000, 0x7FFE_0000)
"""Ids that no user database, container manager or network file system is to hand out. Source: systemd, "Users, Groups,
UIDs and GIDs on systemd Systems", 1879048192 to 2147352575."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIds:
    """Ids of users and groups, as the twin's own namespace counts them, that are a node's 0 and up."""

    start: int
    count: int

    @property
    def map_text(self) -> str:
        """What uid_map and gid_map of a node take: all but the last id in order, the last for nobody.

        Source: user_namespaces(7).
        """
        inner = self.count - 1
        return f"0 {self.start} {inner}\n{NOBODY} {self.start + inner} 1\n"

    def of(self, inner: int) -> int:
        """Return the id that a node's `inner` has out here; a node's root where it has none."""
        return self.start + (inner if 0 <= inner < self.count - 1 else 0)


def choose(*, mapped: Iterable[range], held: Iterable[range], own: Iterable[range] = ()) -> NodeIds:
    """Return ids for the nodes that nobody else has. Pure.

    Args:
        mapped: the ids that exist in the twin's own namespace.
        held: ids of somebody, by the user databases or as a subordinate range.
        own: ids that are set aside for the user who runs the twin, in the initial namespace; they come first.

    Raises:
        RefusedError: so few are free that no node could stand on them.
    """
    taken = sorted((each for each in held if each), key=lambda each: each.start)
    exist = list(mapped)
    if ALL_IDS in exist:
        spaces: Sequence[range] = [*own, UNUSED]
        found = [window for space in spaces for window in _free(space, taken) if len(window) >= NEEDED]
        best = next((window for window in found if len(window) >= WANTED), None)
    else:
        found = [window for space in exist for window in _free(space, taken)]
        best = max(found, key=len, default=None)
    if best is None or len(best) < NEEDED:
        raise RefusedError(
            f"nodes need {NEEDED} user and group ids that nobody else has, and there are not as many here",
            hint="give the user a range of 65536 in /etc/subuid and /etc/subgid that overlaps no other",
        )
    return NodeIds(start=best.start, count=min(len(best), WANTED))


@functools.cache
def node_ids() -> NodeIds:
    """Return the nodes' ids in the namespace that this process is in.

    Raises:
        RefusedError: there are too few.
    """
    uids, gids = (_mapped(Path("/proc/self", name)) for name in ("uid_map", "gid_map"))
    held = [range(1), *_accounts(Path("/etc/passwd")), *_accounts(Path("/etc/group"))]
    own: list[range] = []
    if ALL_IDS in uids:
        # Subordinate ranges count as the initial namespace does, so they say nothing inside another.
        ranges = [_subordinate(Path("/etc", name)) for name in ("subuid", "subgid")]
        held += [ids for file in ranges for user, ids in file if user not in {"root", "0"}]
        own = _shared(*([ids for user, ids in file if user in {"root", "0"}] for file in ranges))
    return choose(mapped=_shared(uids, gids), held=held, own=own)


def _free(space: range, taken: Iterable[range]) -> list[range]:
    """Return what is left of a range without those that are taken, which are in order."""
    found, begin = [], space.start
    for each in taken:
        if each.stop <= begin:
            continue
        if each.start >= space.stop:
            break
        if each.start > begin:
            found.append(range(begin, each.start))
        begin = each.stop
    if begin < space.stop:
        found.append(range(begin, space.stop))
    return found


def _shared(some: Sequence[range], others: Sequence[range]) -> list[range]:
    """Return the ids that are in both: users and groups get the same."""
    met = [range(max(a.start, b.start), min(a.stop, b.stop)) for a in some for b in others]
    return [each for each in met if each]


def _mapped(file: Path) -> list[range]:
    rows = [[int(word) for word in line.split()] for line in file.read_text().splitlines()]
    return _joined([range(inner, inner + count) for inner, _, count in rows])


def _joined(ranges: Iterable[range]) -> list[range]:
    """Return ranges of which those that touch are one."""
    found: list[range] = []
    for each in sorted(ranges, key=lambda each: each.start):
        if found and found[-1].stop >= each.start:
            found[-1] = range(found[-1].start, max(found[-1].stop, each.stop))
        else:
            found.append(each)
    return found


def _accounts(file: Path) -> list[range]:
    """Return the ids in passwd(5) or group(5)."""
    ids = [fields[2] for fields in _rows(file) if len(fields) > 2 and fields[2].isdecimal()]  # noqa: PLR2004
    return [range(int(each), int(each) + 1) for each in ids]


def _subordinate(file: Path) -> list[tuple[str, range]]:
    """Return whose each range in subuid(5) or subgid(5) is."""
    rows = [row for row in _rows(file) if len(row) == 3 and row[1].isdecimal() and row[2].isdecimal()]  # noqa: PLR2004
    return [(user, range(int(start), int(start) + int(count))) for user, start, count in rows]


def _rows(file: Path) -> list[list[str]]:
    try:
        return [line.split(":") for line in file.read_text(errors="replace").splitlines()]
    except OSError:
        return []
