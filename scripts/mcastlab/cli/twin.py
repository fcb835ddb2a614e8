"""``twin``: start, show and end the local AWS region with its far sites, and look into its nodes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mcastlab.cli.exclusive import exclusively
from mcastlab.cli.inside import find_or_start, refuse_other_quotas
from mcastlab.cli.shell_environment import entering, leaving
from mcastlab.cli.targeting import twin_target
from mcastlab.command_line import LabCommand
from mcastlab.errors import BadInputError, CheckFailedError, ExitCode, RefusedError
from mcastlab.lab_files import read_lab
from mcastlab_twin import impairing, inspection, lifecycle
from mcastlab_twin.foreign import foreign
from mcastlab_twin.network.impairment import impairment_of
from mcastlab_twin.sandbox import machine, terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from mcastlab.lab.model import Lab
    from mcastlab_twin.sandbox.run_folder import Twin


def run(arguments: argparse.Namespace) -> int:
    """Carry out an action on the twin of a lab."""
    command, words = LabCommand.of(arguments), arguments.words
    _refuse_unfit(arguments, command)
    if arguments.undo:
        print(*leaving(os.environ), sep="\n")
        return ExitCode.OK
    lab = read_lab(arguments.lab, arguments.name)
    match arguments.action:
        case "up":
            _up(lab, arguments.quota, command)
        case "down":
            _down(lab)
        case "status":
            return _status(found(lab.name, command))
        case "env":
            twin = found(lab.name, command)
            print(*entering(lifecycle.environment(twin), foreign(os.environ), os.environ), sep="\n")
        case "shell":
            return _shell(found(lab.name, command), words, command)
        case "impair":
            return _impair(found(lab.name, command), lab, arguments, command)
        case "pcap":
            return _capture(found(lab.name, command), words, command)
    return ExitCode.OK


def _refuse_unfit(arguments: argparse.Namespace, command: LabCommand) -> None:
    action = arguments.action
    if arguments.words and action in {"up", "status", "env", "down"}:
        raise BadInputError(f"twin {action} takes no {arguments.words[0]}", hint=command(f"twin {action}"))
    if arguments.quota and action != "up":
        raise BadInputError("quotas are given when a twin is started", hint=_with_quotas(arguments.quota, command))
    if arguments.undo and action != "env":
        raise BadInputError("--undo is for twin env", hint=command("twin env", "--undo"))


def _with_quotas(quotas: Sequence[str], command: LabCommand) -> str:
    return command("twin up", *(f"--quota={quota}" for quota in quotas))


def _up(lab: Lab, quotas: Sequence[str], command: LabCommand) -> None:
    refuse_other_quotas(lab, quotas, command)
    twin = lifecycle.find(lab.name)
    if twin is None:
        target = twin_target(lab.name, None)
        with exclusively(target.lock, target.text):
            twin = find_or_start(lab, quotas, command)
    _show(twin)


def _down(lab: Lab) -> None:
    target = twin_target(lab.name, None)
    with exclusively(target.lock, target.text):
        removed = lifecycle.down(lab.name)
    print(f"twin {removed.name}: {'removed' if removed.was_up or removed.had_files else 'there was none'}")


def found(name: str, command: LabCommand) -> Twin:
    """Return the running twin of that name.

    Raises:
        CheckFailedError: there is none.
    """
    twin = lifecycle.find(name)
    if twin is None:
        raise CheckFailedError(f"no twin called {name} is up", hint=f"start one: {command('twin up')}")
    return twin


def _show(twin: Twin) -> None:
    print(f"twin {twin.name}: AWS API on {twin.endpoint}, {twin.way}, files in {twin.run_dir}")


def _status(twin: Twin) -> int:
    """Say what runs; exit code 1 while something does not run as it should."""
    status = inspection.read_status(twin)
    _show(twin)
    for kind, carrier in status.carriers.items():
        print(f"  {kind:<7} {carrier}")
    _tell_wan(status, sorted(status.impairments))
    print(
        "  times   latency, jitter and throughput measured here are this machine's; the twin vouches for none of them"
    )
    print(f"  memory  {inspection.memory_mib(twin):.0f} MiB")
    print(f"  runs    {len(status.running)} services, {'all' if status.settled else 'NOT all'} that are to run")
    print(f"  nodes   {', '.join(status.nodes)}")
    for name, crash in status.crashes.items():
        print(f"  crash   {name}: {crash}")
    for name, fault in status.faults.items():
        print(f"  fault   {name}: {fault}")
    return ExitCode.OK if status.settled else ExitCode.CHECK_FAILED


def _impair(twin: Twin, lab: Lab, arguments: argparse.Namespace, command: LabCommand) -> int:
    """Impair the WAN of a site, or have it sound again."""
    words: list[str] = arguments.words
    given = {"delay": arguments.delay, "jitter": arguments.jitter, "loss": arguments.loss}
    asked = {name: text for name, text in given.items() if text is not None}
    if len(words) != 1 or bool(asked) == arguments.clear:
        raise BadInputError(
            "impair needs a site, and either --clear or some of --delay, --jitter and --loss",
            hint=command("twin impair", lab.sites[0].name, "--delay", "40ms", "--jitter", "5ms", "--loss", "1%"),
        )
    try:
        impairment = None if arguments.clear else impairment_of(**asked)
    except ValueError as error:
        raise BadInputError(str(error), hint="a time like 40ms, a share like 1%, a jitter within the delay") from None
    impairing.impair(twin, lab, words[0], impairment)
    _tell_wan(inspection.read_status(twin), [words[0]])
    return ExitCode.OK


def _tell_wan(status: inspection.TwinStatus, sites: Iterable[str]) -> None:
    for site in sites:
        print(f"  WAN     {site}: {status.impairments.get(site, 'packets pass at once and whole')}")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("TERM", "LANG") if name in os.environ}
    return {"PATH": machine.SEARCH_PATH, "HOME": "/root", **kept}


def _shell(twin: Twin, words: Sequence[str], command: LabCommand) -> int:
    """Run a command, or an interactive shell, in a node."""
    if not words:
        raise BadInputError("shell needs a node", hint=f"see which there are: {command('twin status')}")
    node, *program = words
    argv = inspection.command_in(twin, node, *(program or ("bash", "--norc")))
    return terminal.run(argv, _environment())


def _capture(twin: Twin, words: Sequence[str], command: LabCommand) -> int:
    """Print the packets of a node's link (all links where none is named), or write them to a file for Wireshark."""
    match list(words):
        case [place]:
            return _tcpdump(twin, place, None)
        case [place, file]:
            return _tcpdump(twin, place, file)
    raise BadInputError("pcap needs NODE or NODE:LINK, and may take a FILE", hint=command("twin pcap", "internet"))


def _tcpdump(twin: Twin, place: str, file: str | None) -> int:
    if machine.find_program("tcpdump") is None:
        raise RefusedError("tcpdump is missing", hint="apt-get install tcpdump")
    node, _, link = place.partition(":")
    options = (
        "--immediate-mode",
        "-Z",
        "root",
        "-i",
        link or "any",
        *(("-n", "-l") if file is None else ("-U", "-w", "-")),
    )
    argv = inspection.command_in(twin, node, "tcpdump", *options)
    try:
        if file is None:
            return terminal.run(argv, _environment())
        # Opened out here: inside, the machine's files are read-only.
        with open(file, "wb") as stream:  # noqa: PTH123  (a name as the user wrote it)
            return terminal.run(argv, _environment(), output=stream)
    except KeyboardInterrupt:
        return ExitCode.OK
    except OSError as error:
        raise BadInputError(f"{file} cannot be written: {error.strerror}", hint="name another file") from None
