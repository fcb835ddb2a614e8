"""All commands of a mode as one tree of words, and the search for the one that a line means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

from iosxe.grammar.arguments import Argument, Unread
from iosxe.grammar.pattern import Keyword, Path, Stop
from iosxe.grammar.words import Word, common_prefix, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Leaf = TypeVar("Leaf")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line is no command, and the column that says so."""

    kind: Literal["invalid", "incomplete", "ambiguous"]
    column: int
    depth: int = 0

    def text(self, line: str, prompt: str) -> str:
        """Return what IOS prints; the caret stands below the echoed line, so it counts from the prompt."""
        match self.kind:
            case "incomplete":
                return "% Incomplete command.\n\n"
            case "ambiguous":
                return f'% Ambiguous command:  "{line.strip()}"\n'
            case "invalid":
                return f"{' ' * (len(prompt) + self.column)}^\n% Invalid input detected at '^' marker.\n\n"


@dataclass(frozen=True, slots=True)
class Match(Generic[Leaf]):
    """A line that was understood: what it leads to, its arguments, their columns, and the line written out."""

    leaf: Leaf
    args: Mapping[str, str]
    columns: Mapping[str, int]
    words: tuple[str, ...]


@dataclass(slots=True)
class _Node(Generic[Leaf]):
    keywords: dict[str, tuple[Keyword, _Node[Leaf]]] = field(default_factory=dict)
    arguments: list[tuple[Argument, _Node[Leaf]]] = field(default_factory=list)
    ghosts: set[str] = field(default_factory=set)
    leaf: Leaf | None = None


KNOWN: Final = 4096
"""Lines of which a grammar remembers what they mean."""
_RANK: Final = {"ambiguous": 2, "incomplete": 1, "invalid": 0}


def _farther(one: Refusal, other: Refusal) -> Refusal:
    """Return the refusal that came from understanding more of the line."""
    return max(one, other, key=lambda each: (each.depth, _RANK[each.kind], each.column))


class Grammar(Generic[Leaf]):
    """The commands of one mode. It is filled once and then only asked."""

    def __init__(self) -> None:
        self._root: _Node[Leaf] = _Node()
        self._known: dict[tuple[str, int], Match[Leaf] | Refusal] = {}

    def add(self, path: Path, leaf: Leaf) -> None:
        """Add one way to say a command.

        Raises:
            ValueError: the same words already mean something else.
        """
        node = self._root
        for step in path:
            match step:
                case Keyword(text=text, repeats=repeats):
                    child = node.keywords.setdefault(text, (step, self._joined(node) if repeats else _Node()))[1]
                    if repeats:
                        child.keywords.setdefault(text, (step, child))
                case Argument():
                    child = self._argument(node, step)
                case Stop():
                    continue
            node = child
        if node.leaf is not None and node.leaf != leaf:
            raise ValueError(f"{path}: two commands in the same words")
        node.leaf = leaf

    @staticmethod
    def _joined(node: _Node[Leaf]) -> _Node[Leaf]:
        """Return the node that choices of a repeating keyword share."""
        return next((child for keyword, child in node.keywords.values() if keyword.repeats), _Node())

    @staticmethod
    def _argument(node: _Node[Leaf], step: Argument) -> _Node[Leaf]:
        for known, child in node.arguments:
            if (known.name, known.kind) == (step.name, step.kind):
                return child
        added: _Node[Leaf] = _Node()
        node.arguments.append((step, added))
        return added

    def add_ghosts(self, prefix: str, words: Iterable[str]) -> None:
        """Add keywords that IOS has behind `prefix` and this router has not: they make abbreviations ambiguous."""
        node = self._root
        for word in prefix.split():
            if word not in node.keywords:
                node.keywords[word] = (Keyword(word), _Node())
            node = node.keywords[word][1]
        node.ghosts.update(words)

    def match(self, line: str, start: int = 0) -> Match[Leaf] | Refusal:
        """Find the command that a line means, from column `start` on."""
        known = self._known.get((line, start))
        if known is None:
            # Many routers take the same lines.
            if len(self._known) == KNOWN:
                self._known.clear()
            known = self._known[line, start] = _Search[Leaf](line, words_of(line, start)).run(self._root)
        return known

    def next_words(self, line: str, start: int = 0) -> list[tuple[str, bool]] | Refusal:
        """Return what may stand behind `line`: (word or syntax, whether it is a keyword), ``<cr>`` for the end."""
        search = _Search[Leaf](line, words_of(line, start))
        return search.next_words(self._root)

    def complete(self, line: str, start: int = 0) -> str:
        """Return `line` with its last word written out and a space, where IOS knows only one word that begins so."""
        words = words_of(line, start)
        if not words or line.endswith(" "):
            return line
        node = _Search[Leaf](line, words[:-1]).walk(self._root)
        if isinstance(node, Refusal):
            return line
        typed = words[-1].text.lower()
        like = [word for word in {*node.keywords, *node.ghosts} if word.startswith(typed)]
        return f"{line[: words[-1].column]}{like[0]} " if len(like) == 1 else line


class _Search(Generic[Leaf]):
    """One search through a grammar."""

    def __init__(self, line: str, words: tuple[Word, ...]) -> None:
        self._line = line
        self._words = words
        self._end = words[-1].end if words else len(line)

    def run(self, root: _Node[Leaf]) -> Match[Leaf] | Refusal:
        return self._match(root, 0, {}, {}, ())

    def walk(self, root: _Node[Leaf]) -> _Node[Leaf] | Refusal:
        """Return the node that the words lead to."""
        node, at = root, 0
        while at < len(self._words):
            step = self._step(node, at)
            if isinstance(step, Refusal):
                return step
            node, at = step
        return node

    def next_words(self, root: _Node[Leaf]) -> list[tuple[str, bool]] | Refusal:
        node = self.walk(root)
        if isinstance(node, Refusal):
            return node
        shown = [(name, True) for name in sorted(node.keywords)]
        shown += [(argument.syntax, False) for argument, _ in node.arguments]
        return shown if node.leaf is None else [*shown, ("<cr>", False)]

    def _step(self, node: _Node[Leaf], at: int) -> tuple[_Node[Leaf], int] | Refusal:
        found = self._keyword(node, at)
        if isinstance(found, tuple):
            return found[1], at + 1
        for argument, child in node.arguments:
            read = argument.read(self._line, self._words[at:])
            if not isinstance(read, Unread):
                return child, at + read.used
        return found

    def _keyword(self, node: _Node[Leaf], at: int) -> tuple[Keyword, _Node[Leaf]] | Refusal:
        """Find the keyword that a word is, or is short for."""
        word = self._words[at]
        wanted = word.text.lower()
        if wanted in node.keywords:
            return node.keywords[wanted]
        found = [name for name in node.keywords if name.lower().startswith(wanted)]
        exact = [name for name in found if name.lower() == wanted]
        if exact:
            return node.keywords[exact[0]]
        ghosts = [name for name in node.ghosts if name.startswith(wanted) and name not in node.keywords]
        if len(found) == 1 and not ghosts:
            return node.keywords[found[0]]
        if wanted in ghosts or (not found and len(ghosts) == 1):
            return Refusal("invalid", word.column, at)
        if found or ghosts:
            return Refusal("ambiguous", word.column, at)
        shared = max((common_prefix(word.text, name) for name in (*node.keywords, *node.ghosts)), default=0)
        return Refusal("invalid", word.column + shared, at)

    def _match(
        self, node: _Node[Leaf], at: int, args: Mapping[str, str], columns: Mapping[str, int], said: tuple[str, ...]
    ) -> Match[Leaf] | Refusal:
        if at == len(self._words):
            if node.leaf is None:
                return Refusal("incomplete", self._end, at)
            return Match(node.leaf, args, columns, said)
        found = self._keyword(node, at)
        if isinstance(found, Refusal):
            worst = found
        else:
            keyword, child = found
            marked = {**columns, keyword.keep: self._words[at].column} if keyword.keep else columns
            result = self._match(child, at + 1, _kept(args, keyword), marked, (*said, keyword.text))
            if isinstance(result, Match):
                return result
            worst = result
        for argument, child in node.arguments:
            result = self._argument(argument, child, at, args, columns, said)
            if isinstance(result, Match):
                return result
            worst = _farther(worst, result)
        return worst

    def _argument(  # noqa: PLR0917  (the state of the search, handed on)
        self,
        argument: Argument,
        child: _Node[Leaf],
        at: int,
        args: Mapping[str, str],
        columns: Mapping[str, int],
        said: tuple[str, ...],
    ) -> Match[Leaf] | Refusal:
        rest: Sequence[Word] = self._words[at:]
        read = argument.read(self._line, rest)
        if isinstance(read, Unread):
            if read.incomplete:
                return Refusal("incomplete", read.column, at + 1)
            return Refusal("ambiguous" if read.ambiguous else "invalid", read.column, at)
        return self._match(
            child,
            at + read.used,
            {**args, argument.name: read.text},
            {**columns, argument.name: rest[0].column},
            (*said, read.text),
        )


def _kept(args: Mapping[str, str], keyword: Keyword) -> Mapping[str, str]:
    if not keyword.keep:
        return args
    before = args.get(keyword.keep)
    text = f"{before} {keyword.text}" if keyword.repeats and before else keyword.text
    return {**args, keyword.keep: text}
