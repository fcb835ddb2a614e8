"""The verbs of the command line, and the one place that turns an error into words and an exit code."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.cli.process import SIGNALLED, OutputError, Terminated, say, working
from mcastlab.cli.shell_environment import REFUSAL
from mcastlab.command_line import PROGRAM, TARGETED
from mcastlab.places import DEFAULT_LAB
from mcastlab.traffic.options import PROFILES
from mcastlab.traffic.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESUMED: Final = frozenset({"configure", "demo", "down", "up"})
"""Verbs that look at what is true first, so that they go on where an earlier run ended."""
_GOES_ON: Final = "; the same command goes on from what is true"


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
    Verb(name="up", module="up", summary="from document to proven multicast in your AWS account; again to go on"),
    Verb(name="down", module="down", summary="take our lines out of the routers, destroy the stacks, end the twin"),
    Verb(name="configure", module="configure", summary="bring all routers to what the lab says, all or none"),
    Verb(name="drift", module="drift", summary="say what the routers run otherwise than the lab says"),
    Verb(name="verify", module="verify", summary="prove that multicast flows, and say why where it does not"),
    Verb(name="status", module="status", summary="say what there is, who has joined and what flows, now or on and on"),
    Verb(name="traffic", module="traffic", summary="prove with packets that multicast flows both ways"),
    Verb(
        name="twin",
        module="twin",
        summary="a local AWS region with far sites: up, status, env, shell, pcap, impair, down",
    ),
    Verb(name="region", module="region", summary="the local AWS region alone: up, status, env, down, fault"),
    Verb(name="run", module="run", summary="run a program in the target's environment: run -- aws ec2 describe-vpcs"),
    Verb(name="router", module="router", summary="virtual IOS-XE routers alone, to practise on: serve"),
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
            # Only before the CDK's own words: what comes after them is theirs.
            command.add_argument(
                "--lab", type=Path, metavar="FILE", help="the lab document, as -c lab=FILE says it too"
            )
            command.add_argument("--name", metavar="NAME", help="the lab's other name, as -c name=NAME says it too")
            _add_target_arguments(command)
            command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARG", help="passed on as they are")
            continue
        if verb.name == "init":
            command.add_argument("file", type=Path, metavar="FILE", help="where the document goes; it is not there yet")
        if verb.name in _OWN_ARGUMENTS:
            _OWN_ARGUMENTS[verb.name](command)
        if verb.name in {"init", *_OWN_ARGUMENTS}:
            continue
        command.add_argument(
            "--lab", type=Path, default=DEFAULT_LAB, metavar="FILE", help="the lab document (default: cdk.json's)"
        )
        command.add_argument("--name", metavar="NAME", help="another name for the same lab, to have it side by side")
        if verb.name in TARGETED:
            _add_target_arguments(command)
        if verb.name in {"configure", "drift"}:
            _add_push_arguments(command, sends=verb.name == "configure")
        if verb.name in _MORE_ARGUMENTS:
            _MORE_ARGUMENTS[verb.name](command)
    return top


def _add_target_arguments(command: argparse.ArgumentParser) -> None:
    choice = command.add_mutually_exclusive_group()
    for target, what in (("twin", "the lab's twin on this machine"), ("aws", "the AWS account of this environment")):
        choice.add_argument(f"--{target}", dest="target", action="store_const", const=target, help=f"act on {what}")


def _add_run_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("command", nargs="+", metavar="COMMAND", help="what to run, with its arguments, behind --")


def _add_up_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="do not ask before anything is deployed to AWS")


def _add_router_arguments(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    serve = actions.add_parser("serve", help="answer SSH on loopback until interrupted")
    serve.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1; 0 takes a free one")
    serve.add_argument("--config", type=Path, metavar="FILE", help="start-up configuration")
    serve.add_argument("--count", type=int, default=1, metavar="N", help="so many routers, on as many ports from PORT")
    serve.add_argument("--interfaces", type=int, default=3, metavar="N", help="GigabitEthernet interfaces (default: 3)")
    serve.add_argument("--platform", choices=("c8000v", "csr1000v"), default="c8000v")
    serve.add_argument("--user", default="lab", help="who may log in (default: lab)")
    serve.add_argument("--password", default="lab", help="with which password (default: lab)")
    serve.add_argument("--rtt", type=float, default=0, metavar="MS", help="delay every answer by so many milliseconds")
    serve.add_argument(
        "--fault", action="append", default=[], metavar="KIND@WHERE", help="a fault at a line or command: refuse@12"
    )


def _add_push_arguments(command: argparse.ArgumentParser, *, sends: bool) -> None:
    command.add_argument("--site", metavar="SITE", help="only this site's router and the AWS router")
    if sends:
        command.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
        command.add_argument("--remove", action="store_true", help="take exactly the lab's lines out again")
    command.add_argument("--json", action="store_true", help="for machines")


def _add_schema_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--report", action="store_true", help="the schema of what verify --json prints instead")


def _add_traffic_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--site", metavar="SITE", help="only this site and the cloud half")
    command.add_argument(
        "--profile", choices=PROFILES, default="matrix", help="who speaks when, and who listens (default: matrix)"
    )
    command.add_argument("--stream", choices=STREAMS, default="plain", help="what is sent (default: plain)")
    command.add_argument("--rate", type=int, metavar="PPS", help="look for a sustained rate, up to this one")
    command.add_argument("--json", action="store_true", help="for machines")


def _add_verify_arguments(command: argparse.ArgumentParser) -> None:
    _add_traffic_arguments(command)
    command.add_argument("--no-traffic", action="store_true", help="look only, and send no traffic")
    command.add_argument("--junit", type=Path, metavar="FILE", help="write a JUnit report there")
    command.add_argument("--html", type=Path, metavar="FILE", help="write a page there")


def _add_status_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--watch", action="store_true", help="again and again, in place, until interrupted")
    command.add_argument("--json", action="store_true", help="for machines: one object, with --watch one a line")


def _add_check_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="for machines")


def _add_demo_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--once", action="store_true", help="remove everything at the end")
    _add_quotas(command)


def _add_undo(command: argparse.ArgumentParser, action: str = "") -> None:
    command.add_argument("--undo", action="store_true", help=f"{action}set back what the shell had before")


def _add_quotas(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--quota", action="append", default=[], metavar="NAME=N", help="a quota that was raised, as route=100"
    )


def _add_down_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="do not ask before stacks in AWS are destroyed")
    command.add_argument("--force", action="store_true", help="destroy even if the routers keep our lines")
    command.add_argument(
        "--prove",
        action="store_true",
        help="destroy nothing and say what is left in the account and the far routers, 1 if anything is; with --yes "
        "after destroying",
    )
    command.add_argument("--json", action="store_true", help="with --prove, for machines")


def _add_twin_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("action", choices=("up", "status", "env", "shell", "pcap", "impair", "down"))
    command.add_argument(
        "words", nargs="*", metavar="WORD", help="shell NODE [-- COMMAND ...]; pcap NODE[:LINK] [FILE]; impair SITE"
    )
    command.add_argument("--delay", metavar="TIME", help="impair: each way, like 40ms")
    command.add_argument("--jitter", metavar="TIME", help="impair: the delay varies by so much, like 5ms")
    command.add_argument("--loss", metavar="SHARE", help="impair: packets that are lost each way, like 1%%")
    command.add_argument("--clear", action="store_true", help="impair: packets pass at once and whole again")
    _add_undo(command, "env: ")
    _add_quotas(command)


_OF_RESOURCES: Final = "a logical id or a resource type"
_STRIKES: Final = {
    **{what: (f"{what} of a resource fails", _OF_RESOURCES) for what in ("create", "update", "delete")},
    "throttle": ("a request is throttled", "an action"),
    "unsubscribe": ("a Marketplace image is not subscribed to", "an image's id, its product code, or *"),
}
"""What can be let fail, in words, and what each takes for its target."""


def _add_region_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name", metavar="NAME", help="which region, where there are several (default: default)")
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    up = actions.add_parser("up", help="start it in the background, or find the one that is up")
    up.add_argument("--region", default="us-east-1", help="what AWS calls it (default: us-east-1)")
    up.add_argument("--host", default="127.0.0.1", help="a loopback address")
    up.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    up.add_argument("--settle", type=float, default=0.02, metavar="S", help="seconds that states like pending last")
    _add_quotas(up)
    actions.add_parser("status", help="say which regions there are, or where the named one answers")
    _add_undo(actions.add_parser("env", help="print the environment for cdk, aws and boto3, for eval"))
    down = actions.add_parser("down", help="end it and remove its state")
    down.add_argument("--keep", action="store_true", help="keep the state for the next up")
    fault = actions.add_parser("fault", help="let something fail on demand").add_subparsers(
        dest="fault", metavar="FAULT", required=True
    )
    for what, (told, target) in _STRIKES.items():
        strike = fault.add_parser(what, help=told)
        strike.add_argument("target", help=target)
        strike.add_argument("--times", type=int, default=1, metavar="N", help="how often (default: once)")
        strike.add_argument("--always", action="store_true", help="until faults are cleared")
    delay = fault.add_parser("delay", help="the states of a resource type take longer")
    delay.add_argument("target", help="a resource type")
    delay.add_argument("seconds", type=float)
    fault.add_parser("lose", help="a gateway's attachment vanishes").add_argument("target", help="its id")
    fault.add_parser("list", help="say what is yet to fail")
    fault.add_parser("clear", help="let nothing fail any more")


_OWN_ARGUMENTS: Final = {
    "region": _add_region_arguments,
    "router": _add_router_arguments,
    "schema": _add_schema_arguments,
}
"""Verbs that are about no lab."""


_MORE_ARGUMENTS: Final = {
    "check": _add_check_arguments,
    "demo": _add_demo_arguments,
    "down": _add_down_arguments,
    "run": _add_run_arguments,
    "up": _add_up_arguments,
    "traffic": _add_traffic_arguments,
    "status": _add_status_arguments,
    "twin": _add_twin_arguments,
    "verify": _add_verify_arguments,
}
"""What a verb takes on top of a lab and its name."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = parser().parse_args(words)
    except SystemExit as end:
        if end.code and words[:1] in (["twin"], ["region"]) and "env" in words:
            print(REFUSAL)
        raise
    code = _run(arguments, words)
    if code and getattr(arguments, "action", None) == "env":
        print(REFUSAL)
    return code


def _run(arguments: argparse.Namespace, words: list[str]) -> int:
    verb = next(verb for verb in VERBS if verb.name == arguments.verb)
    goes_on = _GOES_ON if verb.name in _RESUMED else ""
    try:
        # A verb's module is imported when it runs: help and mistakes answer without the AWS SDK and netmiko.
        module = importlib.import_module(f"mcastlab.cli.{verb.module}")
        with working(), ExitStack() as stack:
            if verb.name in TARGETED:
                targeting = importlib.import_module("mcastlab.cli.targeting")
                arguments.enter = partial(targeting.enter, stack, arguments)
                arguments.words_given = words
            return int(module.run(arguments))
    except KeyboardInterrupt:
        say(f"interrupted{goes_on}")
        return SIGNALLED + signal.SIGINT
    except Terminated as end:
        say(f"{end.said}{goes_on}")
        return SIGNALLED + end.number
    except OutputError:
        raise
    except Exception as error:  # noqa: BLE001  (the last resort: what nobody expected is told as a bug)
        return _tell(error)


def _tell(error: Exception) -> int:
    """Print an error, or each of several that arose at the same time, and return the exit code."""
    # Only what fails needs it, and it brings what keeps records.
    from mcastlab.cli.crash import expected_in, report_bug  # noqa: PLC0415

    expected = expected_in(error)
    if not expected:
        return report_bug(error)
    for each in expected:
        for number, line in enumerate(each.text.splitlines()):
            print(f"error: {line}" if number == 0 else f"       {line}", file=sys.stderr)
    for hint in dict.fromkeys(each.hint for each in expected if each.hint):
        print(f"hint:  {hint}", file=sys.stderr)
    return int(expected[0].exit_code)
