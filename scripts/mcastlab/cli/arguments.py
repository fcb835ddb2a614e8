"""What a verb is: a class whose docstring is its help, whose fields are its arguments, and whose call runs it.

>>> class PingVerb(Verb):
...     '''Ask a host.'''
...
...     host: str = positional(metavar="HOST", help="whom to ask")
...     count: int = option("--count", type=int, default=1, help="how often")
>>> parser = Parser(prog="lab")
>>> add_verbs(parser, {"ping": PingVerb})
>>> vars(parser.parse(["ping", "a"]))
{'host': 'a', 'count': 1}
"""

from __future__ import annotations

import argparse
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NoReturn, dataclass_transform

from mcastlab.command_line import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcastlab.cli.context import Context

REMAINDER: Final = argparse.REMAINDER
"""As `nargs`: all that follows."""

VERB: Final = "VERB"
"""What help calls a command of the program."""
_ARGUMENTS: Final = "arguments"
_LEAF: Final = "leaf"


def _declared(*arguments: tuple[str | None, dict[str, Any]], default: Any) -> Any:
    return field(default=default, metadata={_ARGUMENTS: arguments})


def option(flag: str, *, default: Any = None, **keywords: Any) -> Any:
    """Return a field that an option sets; argparse's ``add_argument`` has the keywords."""
    return _declared((flag, keywords), default=default)


def switch(flag: str, *, help: str) -> Any:  # noqa: A002  (argparse's own word)
    """Return a field that an option without a value makes true."""
    return option(flag, default=False, action="store_true", help=help)


def positional(*, default: Any = MISSING, **keywords: Any) -> Any:
    """Return a field that an argument without a name sets."""
    return _declared((None, keywords), default=default)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(option, switch, positional))
class Verb:
    """A command of the command line, as it was given, and a group of commands if it has `verbs`.

    A class below it is a frozen dataclass without having to say so.
    """

    examples: ClassVar[tuple[str, ...]] = ()
    """Whole commands, without the program's name; help shows them, and the tests run each."""
    rank: ClassVar[int] = 0
    """Where help lists it, the lowest first."""
    resumes: ClassVar[bool] = False
    """It looks at what is true first, so that it goes on where an earlier run ended."""
    evaluated: ClassVar[bool] = False
    """A shell evaluates what it prints."""
    loads: ClassVar[tuple[str, ...]] = ()
    """Modules that are imported before there is anything that a signal has to leave in order."""
    passes_on: ClassVar[str] = ""
    """The field of the words that another program gets: those behind a double dash."""
    passes_all: ClassVar[bool] = False
    """It gets those from the first on that is no option of ours."""
    verbs: ClassVar[Mapping[str, type[Verb]]] = {}
    """The commands behind its word; its own arguments stand before or behind theirs."""
    metavar: ClassVar[str] = "ACTION"
    """What help calls those."""

    def __init_subclass__(cls) -> None:
        # Help makes all of them, and each function that is generated for one takes longer than all of its import.
        dataclass(init=False, repr=False, eq=False)(cls)

    def __init__(self, **given: Any) -> None:
        for each in _fields(type(self)):
            if each.default is MISSING and each.name not in given:
                raise TypeError(f"{each.name} is missing")
            object.__setattr__(self, each.name, given.get(each.name, each.default))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(name)

    def __call__(self, context: Context, /) -> int:
        """Run, and return the exit code.

        Raises:
            LabError: it cannot do what it is to do.
        """
        raise NotImplementedError

    @classmethod
    def summary(cls) -> str:
        """Return what it is for."""
        return (cls.__doc__ or "").rstrip(".")

    @classmethod
    def flags(cls) -> tuple[str, ...]:
        """Return its options."""
        return tuple(flag for each in _fields(cls) for flag, _ in each.metadata[_ARGUMENTS] if flag)

    @classmethod
    def own(cls, flag: str) -> Mapping[str, Any] | None:
        """Return the keywords of one of its options; None where it has no such."""
        if flag in {"-h", "--help"}:
            return {"action": "help"}
        return next((words for each in _fields(cls) for own, words in each.metadata[_ARGUMENTS] if own == flag), None)


class LabVerb(Verb):
    """A verb on a lab."""

    lab: Path | None = option(
        "--lab", type=Path, metavar="FILE", help="Lab file, or demo (default: lab.yaml or the one *.lab.yaml here)"
    )
    name: str | None = option("--name", metavar="NAME", help="Another name for the lab, to run several side by side")


class TargetVerb(LabVerb):
    """A verb on a lab's target."""

    loads: ClassVar[tuple[str, ...]] = ("mcastlab.cli.targeting",)

    target: str | None = _declared(
        ("--twin", {"action": "store_const", "const": "twin", "help": "Act on the lab's twin on this machine"}),
        ("--aws", {"action": "store_const", "const": "aws", "help": "Act on the AWS account of this environment"}),
        default=None,
    )


class SiteVerb(TargetVerb):
    """A verb on a lab's target, or on what one site has to do with there."""

    site: str | None = option("--site", metavar="SITE", help="Only this remote site and AWS")


class RoutersVerb(TargetVerb):
    """A verb on a lab's routers."""

    site: str | None = option("--site", metavar="SITE", help="Only this remote site's router and the AWS router")


def json_switch(help: str = "Print JSON") -> Any:  # noqa: A002  (argparse's own word)
    """Return the field of ``--json``."""
    return switch("--json", help=help)


def verbose_switch(help: str) -> Any:  # noqa: A002  (argparse's own word)
    """Return the field of ``-v``, which has a long form too."""
    keywords = {"action": "store_true", "help": help}
    return _declared(("-v", keywords), ("--verbose", keywords), default=False)


def quotas() -> Any:
    """Return the field of the quotas of a region that is started."""
    return option("--quota", default=(), action="append", metavar="NAME=N", help="Raise a quota, for example route=100")


def slow() -> Any:
    """Return the field of how slow a region is that is started."""
    return option(
        "--slow",
        metavar="RATE",
        help="Be as slow as AWS, by a clock of the Region that goes RATE times as fast, for example 30",
    )


class UsageError(Exception):
    """The words of a command line are none that it takes.

    Args:
        text: what is wrong with them.
        parser: the one that takes no such words.
        surplus: those that nothing takes.
        siblings: the verb that was asked for, and those beside it.
    """

    def __init__(
        self, text: str, parser: Parser, surplus: Sequence[str] = (), siblings: Mapping[str, type[Verb]] | None = None
    ) -> None:
        super().__init__(text)
        self.parser, self.surplus, self.siblings = parser, tuple(surplus), siblings or {}


class _HelpFormatter(argparse.HelpFormatter):
    """It leaves the lines of a text that has several as they are: examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, width, indent)


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are raised, with where they were made."""

    known: Mapping[str, type[Verb]] = MappingProxyType({})
    """Its verbs."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, formatter_class=_HelpFormatter, add_help=False)
        self.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help="Show this help and exit")

    def error(self, message: str) -> NoReturn:
        """Raise a mistake.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, self)

    def parse(self, words: Sequence[str]) -> Verb:
        """Return the verb of a command line, with its arguments.

        Raises:
            UsageError: there is no such verb or option, or a value is none.
            SystemExit: help or the version was asked for, and printed.
        """
        own, passed = self._apart(words)
        given, surplus = self.parse_known_args(own)
        values = vars(given)
        verb, parser, siblings = values.pop(_LEAF)
        if surplus:
            raise UsageError(f"unrecognized arguments: {' '.join(surplus)}", parser, surplus, siblings)
        if passed or (passed is not None and verb.passes_all):
            values[verb.passes_on] = passed
        made: Verb = verb(**{name: tuple(each) if isinstance(each, list) else each for name, each in values.items()})
        return made

    def _apart(self, words: Sequence[str]) -> tuple[Sequence[str], Sequence[str] | None]:
        """Return the words that are ours, and those that a verb passes on, which argparse would look into."""
        verb = self.known.get(words[0]) if words else None
        if verb is None or not verb.passes_on:
            return words, None
        at, rest = 1, iter(words[1:])
        for word in rest:
            if word == "--":
                return words[:at], list(rest)
            if verb.passes_all:
                keywords = verb.own(word.partition("=")[0])
                if keywords is None:
                    return words[:at], words[at:]
                if "action" not in keywords and "=" not in word:
                    next(rest, None)
                    at += 1
            at += 1
        return words, []


def add_verbs(top: Parser, verbs: Mapping[str, type[Verb]]) -> None:
    """Have the parser of a program take verbs."""
    top.known = verbs
    _add_verbs(top, verbs, VERB)


def _add_verbs(parser: Parser, verbs: Mapping[str, type[Verb]], metavar: str) -> None:
    below = parser.add_subparsers(metavar=metavar, required=True)
    for name, verb in verbs.items():
        shown = "\n".join(("examples:", *(f"  {PROGRAM} {each}" for each in verb.examples))) if verb.examples else None
        command = below.add_parser(name, help=verb.summary(), description=verb.summary(), epilog=shown)
        for each in _fields(verb):
            arguments = each.metadata[_ARGUMENTS]
            place = command if len(arguments) == 1 else command.add_mutually_exclusive_group()
            for flag, keywords in arguments:
                # What is not given is the field's own default, wherever in the words it may stand.
                options = {"default": argparse.SUPPRESS, **({"dest": each.name} if flag else {}), **keywords}
                if keywords.get("nargs") == "?":
                    # argparse would make a path, or what else the type is, of its own mark for that.
                    options["default"] = each.default
                place.add_argument(flag or each.name, **options)
        if verb.verbs:
            _add_verbs(command, verb.verbs, verb.metavar)
        else:
            command.set_defaults(**{_LEAF: (verb, command, verbs)})


def _fields(verb: type[Any]) -> tuple[Field[Any], ...]:
    """Return what the class of a verb declares; `Verb` makes each a dataclass behind the type checker's back."""
    return fields(verb)
