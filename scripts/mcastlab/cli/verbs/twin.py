"""``twin``: start, show and end the local AWS region with its remote sites, and look into its nodes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import LabVerb, Verb, option, positional, quotas, slow, switch
from mcastlab.cli.shell_environment import entering, leaving
from mcastlab.lab_choice import VARIABLE, word_for
from mcastlab_base.errors import BadInputError, ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcastlab.cli.context import Context
    from mcastlab_twin.inspection import TwinStatus
    from mcastlab_twin.sandbox.run_folder import Twin


class TwinUpVerb(LabVerb):
    """Start the twin in the background, or show the running one."""

    examples: ClassVar = ("twin up --lab demo",)

    loads: ClassVar = ("mcastlab.cli.targeting",)

    quota: tuple[str, ...] = quotas()
    slow: str | None = slow()

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.exclusive import exclusively
        from mcastlab.cli.targeting import twin_target
        from mcastlab.cli.twins import find_or_start, refuse_other_region
        from mcastlab_twin import lifecycle

        lab = context.lab
        refuse_other_region(lab, self.quota, self.slow, context.command)
        twin = lifecycle.find(lab.name)
        if twin is None:
            target = twin_target(lab.name, None)
            with exclusively(target.lock, target.text):
                twin = find_or_start(context, self.quota, self.slow)
        _show(twin)
        return ExitCode.OK


class TwinDownVerb(LabVerb):
    """Stop the twin and remove its files."""

    examples: ClassVar = ("twin down --lab demo",)

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.exclusive import exclusively
        from mcastlab.cli.targeting import twin_target
        from mcastlab_twin import lifecycle

        target = twin_target(context.lab.name, None)
        with exclusively(target.lock, target.text):
            removed = lifecycle.down(context.lab.name)
        print(f"twin {removed.name}: {'removed' if removed.was_up or removed.had_files else 'there was none'}")
        return ExitCode.OK


def _found(context: Context) -> Twin:
    from mcastlab.cli.twins import find_standing

    return find_standing(context)


def _show(twin: Twin) -> None:
    print(f"twin {twin.name}: AWS API on {twin.endpoint}, {twin.way}, files in {twin.run_dir}")


class TwinStatusVerb(LabVerb):
    """Show what runs in the twin."""

    examples: ClassVar = ("twin status",)

    def __call__(self, context: Context) -> int:
        from mcastlab_twin import inspection

        twin = _found(context)
        status = inspection.read_status(twin)
        _show(twin)
        for kind, carrier in status.carriers.items():
            print(f"  {kind:<7} {carrier}")
        _print_wan(status, sorted(status.impairments))
        own = "latency, jitter and throughput measured here are this machine's; the twin vouches for none of them"
        print(f"  times   {own}")
        print(f"  memory  {inspection.memory_mib(twin):.0f} MiB")
        print(f"  runs    {len(status.running)} services, {'all' if status.settled else 'NOT all'} that are to run")
        print(f"  nodes   {', '.join(status.nodes)}")
        for name, crash in status.crashes.items():
            print(f"  crash   {name}: {crash}")
        for name, fault in status.faults.items():
            print(f"  fault   {name}: {fault}")
        return ExitCode.OK if status.settled else ExitCode.CHECK_FAILED


class TwinEnvVerb(LabVerb):
    """Print the environment of cdk, aws and boto3, for eval."""

    examples: ClassVar = ("twin env --lab demo", "twin env --undo")
    evaluated: ClassVar = True

    undo: bool = switch("--undo", help="Restore the previous environment of the shell")

    def __call__(self, context: Context) -> int:
        from mcastlab_twin import lifecycle
        from mcastlab_twin.foreign_environment import foreign

        if self.undo:
            lines = leaving(os.environ)
        else:
            values = lifecycle.environment(_found(context))
            if self.name is None:
                values[VARIABLE] = word_for(context.command.lab_file)
            lines = entering(values, foreign(os.environ), os.environ)
        print(*lines, sep="\n")
        return ExitCode.OK


class TwinImpairVerb(LabVerb):
    """Impair a remote site's WAN, or remove its impairments."""

    examples: ClassVar = ("twin impair lab --delay 40ms --jitter 5ms --loss 1%", "twin impair lab --clear")

    whose: str | None = positional(default=None, nargs="?", metavar="SITE", help="Remote site")
    delay: str | None = option("--delay", metavar="TIME", help="Delay each way, for example 40ms")
    jitter: str | None = option("--jitter", metavar="TIME", help="Variation of the delay, for example 5ms")
    loss: str | None = option("--loss", metavar="SHARE", help="Packets lost each way, for example 1%%")
    clear: bool = switch("--clear", help="Remove all impairments")

    def __call__(self, context: Context) -> int:
        from mcastlab_twin import impairing, inspection
        from mcastlab_twin.network.impairment import impairment_of

        twin, lab = _found(context), context.lab
        given = {"delay": self.delay, "jitter": self.jitter, "loss": self.loss}
        asked = {name: text for name, text in given.items() if text is not None}
        if self.whose is None or bool(asked) == self.clear:
            example = ("--delay", "40ms", "--jitter", "5ms", "--loss", "1%")
            raise BadInputError(
                "impair needs a site, and either --clear or some of --delay, --jitter and --loss",
                hint=context.command("twin impair", lab.sites[0].name, *example),
            )
        try:
            impairment = None if self.clear else impairment_of(**asked)
        except ValueError as error:
            hint = "a time like 40ms, a share like 1%, a jitter within the delay"
            raise BadInputError(str(error), hint=hint) from None
        impairing.impair(twin, lab, self.whose, impairment)
        _print_wan(inspection.read_status(twin), [self.whose])
        return ExitCode.OK


def _print_wan(status: TwinStatus, sites: Iterable[str]) -> None:
    for site in sites:
        print(f"  WAN     {site}: {status.impairments.get(site, 'packets pass at once and whole')}")


class TwinPcapVerb(LabVerb):
    """Print the packets of a node's links, or write them to a file."""

    examples: ClassVar = ("twin pcap phone-1", "twin pcap phone-1 phone-1.pcap")

    place: str | None = positional(
        default=None, nargs="?", metavar="NODE[:LINK]", help="Node and link (default: all links)"
    )
    file: Path | None = positional(
        default=None, nargs="?", type=Path, metavar="FILE", help="File to write, for Wireshark"
    )

    def __call__(self, context: Context) -> int:
        from mcastlab_twin.inspection import TwinNodes
        from mcastlab_twin.sandbox import machine

        twin, file = _found(context), self.file
        if self.place is None:
            raise BadInputError(
                "pcap needs NODE or NODE:LINK, and may take a FILE", hint=context.command("twin pcap", "internet")
            )
        if machine.find_program("tcpdump") is None:
            raise RefusedError("tcpdump is missing", hint="apt-get install tcpdump")
        node, _, link = self.place.partition(":")
        form = ("-n", "-l") if file is None else ("-U", "-w", "-")
        words = ("tcpdump", "--immediate-mode", "-Z", "root", "-i", link or "any", *form)
        try:
            if file is None:
                return TwinNodes(twin).enter(node, words)
            # Opened out here: inside, the machine's files are read-only.
            with file.open("wb") as stream:
                return TwinNodes(twin).enter(node, words, output=stream)
        except KeyboardInterrupt:
            return ExitCode.OK
        except OSError as error:
            raise BadInputError(f"{file} cannot be written: {error.strerror}", hint="name another file") from None


class TwinVerb(LabVerb):
    """Manage the twin: a local AWS region with remote sites."""

    rank: ClassVar = 120
    verbs: ClassVar[Mapping[str, type[Verb]]] = {
        "up": TwinUpVerb,
        "status": TwinStatusVerb,
        "env": TwinEnvVerb,
        "pcap": TwinPcapVerb,
        "impair": TwinImpairVerb,
        "down": TwinDownVerb,
    }
