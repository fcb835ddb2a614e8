"""The verbs of the command line, and the one place that turns an error into words and an exit code."""

from __future__ import annotations

import argparse
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.errors import LabError
from mcastlab.places import DEFAULT_LAB

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED: Final = 130
"""128 and SIGINT's number, as shells have it."""

PROGRAM: Final = "./scripts/lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb: its module below `mcastlab.cli` has `add_arguments(parser)` and `run(arguments) -> int`."""

    name: str
    module: str
    summary: str


VERBS: Final = (
    Verb(name="demo", module="demo", summary="the whole job on this machine: deploy, configure, prove"),
    Verb(name="init", module="init", summary="write a commented lab document to start from"),
    Verb(name="check", module="check", summary="say what a lab is and whether its design is sound"),
    Verb(name="schema", module="schema", summary="print the JSON schema of lab documents, for editors"),
    Verb(name="down", module="down", summary="remove what demo left up, or a crash left behind"),
    Verb(name="configure", module="configure", summary="render the routers' configuration and push it"),
    Verb(name="traffic", module="traffic", summary="prove with packets that multicast flows both ways"),
    Verb(name="twin", module="twin", summary="the local AWS region and far sites: up, status, env, down"),
    Verb(name="cdk", module="cdk", summary="run the pinned AWS CDK command line"),
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Hybrid multicast test labs as code: AWS Transit Gateway multicast, GRE and PIM to a far lab.",
        epilog="exit codes: 0 fine, 1 a check failed, 2 bad input, 3 AWS or a device refused, 4 timed out",
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        command = verbs.add_parser(verb.name, help=verb.summary, description=verb.summary)
        if verb.name == "cdk":
            command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARG", help="passed on as they are")
            continue
        if verb.name == "init":
            command.add_argument("file", type=Path, metavar="FILE", help="where the document goes; it is not there yet")
        if verb.name in {"init", "schema"}:
            continue
        command.add_argument(
            "--lab", type=Path, default=DEFAULT_LAB, metavar="FILE", help="the lab document (default: cdk.json's)"
        )
        command.add_argument("--name", metavar="NAME", help="another name for the same lab, to have it side by side")
        if verb.name == "check":
            command.add_argument("--json", action="store_true", help="for machines")
        if verb.name == "demo":
            command.add_argument("--once", action="store_true", help="remove everything at the end")
        if verb.name == "twin":
            command.add_argument("action", choices=("up", "status", "env", "down"))
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code."""
    arguments = parser().parse_args(argv)
    verb = next(verb for verb in VERBS if verb.name == arguments.verb)
    # A verb's module is imported when it runs: help and mistakes answer without the AWS SDK and netmiko.
    module = importlib.import_module(f"mcastlab.cli.{verb.module}")
    try:
        return int(module.run(arguments))
    except LabError as error:
        for number, line in enumerate(error.text.splitlines()):
            print(f"error: {line}" if number == 0 else f"       {line}", file=sys.stderr)
        if error.hint:
            print(f"hint:  {error.hint}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
