"""What a line does to the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosxe.config.node import Change, Config, Key, Node, SectionPath

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iosxe.config.node import Row


def plain(change: Change) -> Config:
    """Set the slot, or empty it; a line that means the default is not kept."""
    row = change.row
    if change.form == "no" and row.on:
        gone = Node(row=row, args={}, line=f"no {row.parsed.head}", negative=True)
        return change.config.put(change.path, change.key, gone)
    if change.unset:
        return change.config.drop(change.path, change.key)
    return put_row(change.config, change.path, row, change.args, change.line)


def put_row(config: Config, path: SectionPath, row: Row, args: Mapping[str, str], line: str = "") -> Config:
    """Set a row's slot to `args`."""
    text = line if row.text is None else row.text(args)
    if text == (row.default or (row.pattern if row.on else "")):
        return config.drop(path, row.key_of(args))
    return config.put(path, row.key_of(args), Node(row=row, args=args, line=text))


def nothing(change: Change) -> Config:
    """Take the line and change nothing."""
    return change.config


def removed_where(config: Config, path: SectionPath, slots: tuple[str, ...], **wanted: str) -> Config:
    """Remove every line of `slots` whose arguments have these values."""
    keys: list[Key] = [
        key
        for key, node in config.at(path).children.items()
        if key[0] in slots and all(node.args.get(name) == value for name, value in wanted.items())
    ]
    return config.drop(path, *keys)
