"""Find the verbs and run one: the only place that turns an error into words and an exit code."""

from __future__ import annotations

import argparse
import importlib
import re
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.cli import verbs as folder
from mcastlab.cli.arguments import VERB, Parser, UsageError, add_verbs
from mcastlab.cli.context import Context
from mcastlab.cli.process import SIGNALLED, OutputError, Terminated, say, working
from mcastlab.cli.shell_environment import REFUSAL
from mcastlab.command_line import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.cli.arguments import Verb

_SHOWN: Final = r'\nclass {}Verb\([^\n]*\):\n    """([^\n]*?)\.?"""\n'
"""How the class of a verb begins."""
_RANK: Final = re.compile(r"\n    rank: ClassVar = (\d+)\n")
_LISTED: Final = (["-h"], ["--help"], ["--version"])
_GOES_ON: Final = "; the same command goes on from what is true"


def names() -> list[str]:
    """Return the names of the verbs: there is one for each file of the folder."""
    return [file.stem for file in _files()]


def _files() -> list[Path]:
    return sorted(
        (file for place in folder.__path__ for file in Path(place).glob("[!_]*.py")), key=lambda each: each.stem
    )


def verb_of(name: str) -> type[Verb]:
    """Return the class of a verb: in the file ``up.py`` it is `UpVerb`."""
    verb: type[Verb] = getattr(importlib.import_module(f"{folder.__name__}.{name}"), f"{name.title()}Verb")
    return verb


def parser(*only: str) -> Parser:
    """Return the parser of all verbs, or of some."""
    verbs = {name: verb_of(name) for name in only or names()}
    top = _top()
    add_verbs(top, dict(sorted(verbs.items(), key=lambda each: each[1].rank)))
    return top


def listing() -> Parser:
    """Return the parser of help alone, which reads of each verb what help says of it: to import all takes longer."""
    found = []
    for file in _files():
        text = file.read_text("utf-8")
        if (shown := re.search(_SHOWN.format(file.stem.title()), text)) is not None:
            rank = _RANK.search(text, shown.end())
            found.append((0 if rank is None else int(rank[1]), file.stem, shown[1]))
    top = _top()
    below = top.add_subparsers(metavar=VERB)
    for _, name, summary in sorted(found):
        below.add_parser(name, help=summary)
    return top


def _top() -> Parser:
    top = Parser(
        prog=PROGRAM,
        description="Hybrid multicast test labs as code: AWS Transit Gateway multicast, GRE and PIM to a remote lab.",
        epilog="Exit codes: 0 success, 1 a check failed, 2 bad input, 3 AWS or a device refused, 4 timed out",
    )
    top.add_argument("--version", nargs=0, action=_Version, default=argparse.SUPPRESS, help="Show the version and exit")
    return top


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415  (it takes as long as all help)

        print(f"mcastlab {version('mcastlab')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # The other verbs need not be read to run one.
    wanted = [word for word in words[:1] if word in names()]
    top = listing() if words in _LISTED else parser(*wanted)
    try:
        verb = top.parse(words)
    except UsageError as error:
        from mcastlab.cli.mistakes import mistake  # noqa: PLC0415  (only what fails needs it)

        code, evaluated = (
            _print_errors(mistake(error, words)),
            bool(wanted) and _is_evaluated(verb_of(wanted[0]), words),
        )
    else:
        code, evaluated = _run(verb, words), verb.evaluated
    if code and evaluated:
        print(REFUSAL)
    return code


def _is_evaluated(verb: type[Verb], words: Sequence[str]) -> bool:
    """Say whether a shell evaluates what a command prints, as far as its words tell."""
    return verb.evaluated or any(_is_evaluated(each, words) for name, each in verb.verbs.items() if name in words)


def _run(verb: Verb, words: Sequence[str]) -> int:
    goes_on = _GOES_ON if verb.resumes else ""
    try:
        for module in verb.loads:
            importlib.import_module(module)
        with working(), ExitStack() as stack:
            return int(verb(Context(verb, words, stack)))
    except KeyboardInterrupt:
        say(f"interrupted{goes_on}")
        return SIGNALLED + signal.SIGINT
    except Terminated as end:
        say(f"{end.said}{goes_on}")
        return SIGNALLED + end.number
    except OutputError:
        raise
    except Exception as error:  # noqa: BLE001  (the last resort: what nobody expected is reported as a bug)
        return _print_errors(error)


def _print_errors(error: Exception) -> int:
    """Print an error, or each of several that arose at the same time, and return the exit code."""
    # Only what fails needs it, and it brings what keeps records.
    from mcastlab.cli.crash import expected_in, report_bug  # noqa: PLC0415
    from mcastlab.cli.delivery import annotate_error  # noqa: PLC0415

    expected = expected_in(error)
    if not expected:
        return report_bug(error)
    for each in expected:
        annotate_error(each.text, each.hint or "")
        for number, line in enumerate(each.text.splitlines()):
            print(f"error: {line}" if number == 0 else f"       {line}", file=sys.stderr)
    for hint in dict.fromkeys(each.hint for each in expected if each.hint):
        print(f"hint:  {hint}", file=sys.stderr)
    return int(expected[0].exit_code)
