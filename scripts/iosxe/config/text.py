"""The configuration as IOS prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.config.access import uses_aaa
from iosxe.config.bgp import BGP_FAMILY_ACTIVATE, activates_all, has_asdot
from iosxe.config.modes import ADDRESS_FAMILY, FAMILY, Gap, mode
from iosxe.config.node import KEPT, Config, Key, Node, Row
from mcastlab_base.as_numbers import in_asdot

if TYPE_CHECKING:
    from collections.abc import Iterator

BANG: Final = "!"
LOGIN: Final = " login"
"""What IOS prints of a line whose users give its password, and of none where AAA decides."""


def configuration(config: Config, version: str, *, everything: bool = False) -> str:
    """Return the whole configuration, from ``version`` to ``end``; with `everything`, defaults too."""
    lines = [f"version {version}"]
    entries = sorted(_entries(config.root, "config", everything=everything), key=lambda entry: entry[0])
    rows = mode("config").rows
    aaa, at = uses_aaa(config), 0
    for index, row in enumerate(rows):
        if isinstance(row, Gap):
            _bang(lines)
        while at < len(entries) and entries[at][0][0] <= index:
            lines.extend(line for line in entries[at][1] if not (aaa and line == LOGIN))
            at += 1
    _bang(lines)
    if has_asdot(config):
        lines = [in_asdot(line) for line in lines]
    return "\n".join([*lines, "end", ""])


def section(node: Node) -> list[str]:
    """Return a section as ``show running-config interface`` prints it."""
    return [line for line in _lines(node, sections_apart=False, everything=False) if line != BANG]


def _absent(row: Row, *, everything: bool) -> str:
    """Return what stands for a slot that is not set: little, unless somebody asks for everything."""
    if row.absent or not everything or row.parsed.key:
        return row.absent
    return row.default or (row.parsed.head if row.on else "")


def _bang(lines: list[str]) -> None:
    if lines[-1] != BANG:
        lines.append(BANG)


def _lines(node: Node, *, sections_apart: bool, everything: bool) -> Iterator[str]:
    """Return a line and what stands below it."""
    row = node.row
    below = list(_below(node, everything=everything))
    if row.enters and not row.hollow and not below:
        return
    yield node.line + row.tail
    yield from below
    if sections_apart and ((row.enters and row.bang) or (row is KEPT and _is_section(node))):
        yield BANG


def _is_section(node: Node) -> bool:
    return node.args["mode"] == "config" and "\n " in node.line


def _below(node: Node, *, everything: bool) -> Iterator[str]:
    """Return the lines of a section, indented."""
    if not node.row.enters:
        return
    pad = " " * node.row.indent
    if node.row.slot == "router bgp" and (ADDRESS_FAMILY.key_of({}) in node.children or not activates_all(node)):
        yield from (pad + line for line in _with_family(node, everything=everything))
        return
    yield from (pad + line for line in _section(node, node.row.enters, everything=everything))


def _section(node: Node, of_mode: str, *, everything: bool, without: tuple[Row, ...] = ()) -> Iterator[str]:
    """Return the lines of a section in the order of its mode's rows, with what stands for slots that are not set."""
    entries = _entries(node, of_mode, everything=everything, without=without)
    for _, lines in sorted(entries, key=lambda entry: entry[0]):
        yield from lines


def _entries(
    node: Node, of_mode: str, *, everything: bool, without: tuple[Row, ...] = ()
) -> list[tuple[_Order, list[str]]]:
    """Return what is printed of a section with what it is ordered by: lines, and what stands for those not set."""
    hidden = {row.pattern for row in without}
    entries: list[tuple[_Order, list[str]]] = []
    for order, key in _placed(node, of_mode):
        child = node.children[key]
        if child.row.pattern not in hidden:
            entries.append((order, list(_lines(child, sections_apart=True, everything=everything))))
    slots = {child.row.slot for child in node.children.values()}
    texts = [child.line.removeprefix("no ") for child in node.every(KEPT.slot)]
    here = mode(of_mode)
    every = [(index, row) for index, row in enumerate(here.rows) if isinstance(row, Row)] if everything else here.spoken
    for index, row in every:
        # What is kept as text says it already, or the contrary.
        if row.slot not in slots and not any(text.startswith(row.parsed.head) for text in texts):
            absent = _absent(row, everything=everything)
            entries += [((index, 0, (), 0), [absent])] if absent else []
    return entries


_Order = tuple[int, int, tuple[object, ...], int]
"""The place of the row, whether it is text that stands behind it, the order that the row gives, the order of entry."""


def _placed(node: Node, of_mode: str) -> list[tuple[_Order, Key]]:
    """Return the keys of a section with what they are ordered by."""
    here = mode(of_mode)
    first: dict[str, int] = {}
    for index, row in enumerate(here.rows):
        if isinstance(row, Row) and row.group:
            first.setdefault(row.group, index)
    placed: list[tuple[_Order, Key]] = []
    for entered, (key, child) in enumerate(node.children.items()):
        if child.row is KEPT:
            if child.args["mode"] == of_mode:
                before = here.of_pattern.get(child.args["after"])
                rank = -1 if before is None else first.get(before.group, here.rank[before.pattern])
                placed.append(((rank, 1, (), entered), key))
            continue
        rank = here.rank[child.row.pattern]
        if child.row.group:
            number = tuple(int(part) for part in key[1].split("."))
            placed.append(((first[child.row.group], 0, number, rank), key))
        elif child.row.sort is not None:
            placed.append(((rank, 0, child.row.sort(child.args), 0), key))
        else:
            placed.append(((rank, 0, (), entered), key))
    return placed


def _with_family(node: Node, *, everything: bool) -> Iterator[str]:
    """Return the lines of ``router bgp`` with what belongs to the IPv4 family in its own section."""
    yield from _section(node, "router-bgp", everything=everything, without=(*FAMILY, ADDRESS_FAMILY))
    yield BANG
    yield "address-family ipv4"
    patterns = {row.pattern for row in FAMILY}
    inside = Node(
        row=ADDRESS_FAMILY,
        args={},
        line="",
        children={
            key: child for key, child in node.children.items() if child.row.pattern in patterns or child.row is KEPT
        }
        | _activations(node),
    )
    yield from (f" {line}" for line in _section(inside, "bgp-family", everything=everything))
    yield "exit-address-family"


def _activations(node: Node) -> dict[Key, Node]:
    """Return a line for each neighbour that is active as all are: in the family's own section IOS prints it."""
    row, found = BGP_FAMILY_ACTIVATE, dict[Key, Node]()
    if not activates_all(node):
        return found
    for child in node.every("neighbor remote-as"):
        args = {"neighbor": child.args["neighbor"]}
        key = row.key_of(args)
        if key not in node.children:
            found[key] = Node(row=row, args=args, line=f"neighbor {args['neighbor']} activate")
    return found
