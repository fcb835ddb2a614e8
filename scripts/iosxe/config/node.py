"""The configuration tree: immutable, so a snapshot is a reference and a transaction is two of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from iosxe.grammar.pattern import Pattern, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Key = tuple[str, ...]
"""What tells a line from the others of its section: the slot's name, then the arguments that are its key."""
SectionPath = tuple[Key, ...]
"""Where a section stands: the keys from the root to it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line that reads well is refused: `text` as IOS prints it, or a caret where the text is empty.

    The caret stands below the number of the interface `marks`, or below the first word where that is empty too.
    """

    text: str = ""
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What IOS prints about a line that it takes all the same."""

    text: str


Verdict = Problem | Remark | None
Form = Literal["set", "no", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line that was understood, in its place, about to be taken."""

    config: Config
    path: SectionPath
    row: Row
    args: Mapping[str, str]
    line: str
    """The line written out."""
    form: Form
    interfaces: tuple[str, ...]
    """The physical interfaces of the router."""

    @property
    def key(self) -> Key:
        """The key of the line."""
        return self.row.key_of(self.args)

    @property
    def unset(self) -> bool:
        """Whether it takes something away."""
        return self.form != "set"

    @property
    def section(self) -> Node:
        """The section that the line stands in."""
        return self.config.at(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A command of the configuration: one line of what this router knows about IOS."""

    pattern: str
    slot: str = ""
    """What it sets; commands of one slot replace each other. Without it, the pattern's leading keywords."""
    enters: str = ""
    """The mode that it opens: the line is a section."""
    absent: str = ""
    """What the running configuration says where nothing is set."""
    default: str = ""
    """The line that means the same as nothing set, and is therefore not kept."""
    on: bool = False
    """It holds unless ``no`` says otherwise."""
    unset: str | None = None
    """The patterns behind ``no`` where they are not those of `pattern`; the empty string: there is none."""
    text: Callable[[Mapping[str, str]], str] | None = None
    """How IOS writes it, where not in the words of the pattern."""
    check: Callable[[Change], Verdict] | None = None
    apply: Callable[[Change], Config] | None = None
    """What it does to the tree, where it is not to set or to empty its slot."""
    sort: Callable[[Mapping[str, str]], tuple[object, ...]] | None = None
    """The order among lines of its slot, where it is not that of entry."""
    group: str = ""
    """Slots of one group are printed key by key: all of one neighbour, then all of the next."""
    tail: str = ""
    """What IOS prints behind the line; some lines end in a space."""
    indent: int = 1
    """The spaces before each line of the section that it opens."""
    bang: bool = True
    """A ``!`` follows the section."""
    hollow: bool = True
    """The section is printed even where nothing stands in it."""
    parsed: Pattern = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parsed", parse(self.pattern))
        if not self.slot:
            object.__setattr__(self, "slot", self.parsed.head)

    def key_of(self, args: Mapping[str, str]) -> Key:
        """Return the key of a line of this row."""
        return (self.slot, *(args.get(name, "") for name in self.parsed.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A line of the configuration and, where it is a section, the lines below it."""

    row: Row = field(repr=False)
    args: Mapping[str, str] = field(repr=False)
    line: str = field(repr=False)
    """The line as IOS writes it, without what follows it. Not shown in a repr: it may hold a key."""
    negative: bool = False
    children: Mapping[Key, Node] = field(default_factory=dict, repr=False)

    def find(self, slot: str, *key: str) -> Node | None:
        """Return the line of a slot that has no key, or of the key given."""
        return self.children.get((slot, *key))

    def arg(self, slot: str, name: str, otherwise: str = "") -> str:
        """Return an argument of a slot's line."""
        found = self.children.get((slot,))
        return otherwise if found is None or found.negative else found.args.get(name, otherwise)

    def has(self, slot: str) -> bool:
        """Say whether a slot without key is set."""
        found = self.children.get((slot,))
        return found is not None and not found.negative

    def every(self, slot: str) -> Iterator[Node]:
        """Return the lines of a slot, in the order of entry."""
        return (child for key, child in self.children.items() if key[0] == slot and not child.negative)


ROOT: Final = Row(pattern="configuration")
KEPT: Final = Row(pattern="<text:line>", slot="kept")
"""Lines of somebody else's configuration that nothing here acts on: they are kept as they were read.

The argument `mode` names the mode that they were read in, `after` the pattern of the row behind which they stand.
"""


def kept(mode: str, after: str, text: str) -> tuple[Key, Node]:
    """Return lines that are kept as text, with their key; `text` may be several, as they were read."""
    return (KEPT.slot, mode, text), Node(row=KEPT, args={"mode": mode, "after": after}, line=text)


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration. Every change makes another."""

    root: Node = field(default_factory=lambda: Node(row=ROOT, args={}, line=""))

    def at(self, path: SectionPath) -> Node:
        """Return the section at `path`.

        Raises:
            KeyError: there is none.
        """
        node = self.root
        for key in path:
            node = node.children[key]
        return node

    def put(self, path: SectionPath, key: Key, node: Node) -> Config:
        """Return the configuration with a line in place of the one of its key; a section keeps what is below it."""
        section = self.at(path)
        before = section.children.get(key)
        if before is not None and node.row.enters:
            node = replace(node, children=before.children)
        return self._with(path, {**section.children, key: node})

    def drop(self, path: SectionPath, *keys: Key) -> Config:
        """Return the configuration without the lines of these keys; missing ones change nothing."""
        left = dict(self.at(path).children)
        for key in keys:
            left.pop(key, None)
        return self._with(path, left)

    def _with(self, path: SectionPath, children: Mapping[Key, Node]) -> Config:
        if not path:
            return Config(replace(self.root, children=children))
        parent = self.at(path[:-1])
        changed = replace(parent.children[path[-1]], children=children)
        return self._with(path[:-1], {**parent.children, path[-1]: changed})
