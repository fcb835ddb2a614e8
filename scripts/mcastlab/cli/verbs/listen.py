"""``listen``: what real devices send to a group, measured where it is received."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import TargetVerb, json_switch, option, positional, switch
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.cli.context import Context
    from mcastlab.traffic.device_rtp import Recording


DEFAULT_S: Final = 10


class ListenVerb(TargetVerb):
    """Listen to a group and measure the RTP that devices send to it."""

    examples: ClassVar = ("listen paging --for 5", "listen paging --live --at phone-1 --for 5 > heard.au")
    rank: ClassVar = 114
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.connections")

    group: str = positional(metavar="GROUP", help="Name or address of a group, or an address in a followed block")
    seconds: int | None = option(
        "--for", type=int, metavar="SECONDS", help="For how long, 1 to 60 (default: 10); live, until Ctrl-C"
    )
    wav: Path | None = option("--wav", type=Path, metavar="FILE", help="Write what the first listener heard")
    live: bool = switch("--live", help="Write what one listener hears to standard output (.au), for a player")
    at: str | None = option("--at", metavar="NODE", help="Live: host or device that listens (default: the first)")
    json: bool = json_switch()

    def __call__(self, context: Context) -> int:
        from rich.console import Console

        from mcastlab.cli.delivery import refuse_unwritable_file
        from mcastlab.cli.following import choice_for, followed_meanwhile
        from mcastlab.report.terminal_listen import heard_table
        from mcastlab.traffic.device_rtp import Heard
        from mcastlab.traffic.listen import group_named, listen, milliseconds, unlisted

        if self.live:
            return self._live(context)
        if self.at is not None:
            raise BadInputError("--at is for --live: all receivers listen else", hint="add --live, or leave --at out")
        for_ms = milliseconds(DEFAULT_S if self.seconds is None else self.seconds)
        if self.wav is not None:
            refuse_unwritable_file("--wav", self.wav)
        lab = context.lab
        group = group_named(lab, self.group)
        context.enter()
        with context.stages.shown(), context.stages.stage(f"Listening to {group.name}") as note:
            connections = context.connections
            shells = connections.shells(connections.facts())
            record = self.wav is not None
            with followed_meanwhile(context, choice_for(lab, unlisted(lab, group)), note):
                heard = listen(lab, group, shells, for_ms=for_ms, record=record, progress=note)
        streams = heard.streams
        if self.wav is not None and streams:
            print(self._written(self.wav, heard.recordings), file=sys.stderr)
        if self.json:
            print(Heard(lab=lab.name, group=group.name, streams=streams).model_dump_json(indent=2))
        else:
            Console().print(heard_table(streams), crop=False, highlight=False)
        return ExitCode.OK if streams else ExitCode.CHECK_FAILED

    def _live(self, context: Context) -> int:
        """Write sound to standard output; everything else goes to standard error.

        Raises:
            BadInputError: nobody listens so, or nothing could play it.
        """
        from mcastlab.cli.following import choice_for, followed_meanwhile
        from mcastlab.cli.live_listening import listener_of, output_at, pass_on
        from mcastlab.traffic.listen import group_named, milliseconds, unlisted

        if self.wav is not None or self.json:
            raise BadInputError("--live writes sound alone", hint="leave out --wav and --json")
        if self.seconds is not None:
            milliseconds(self.seconds)
        lab = context.lab
        group = group_named(lab, self.group)
        name = listener_of(lab, group, self.at)
        if sys.stdout.isatty():
            hint = f"{context.command('listen', self.group, '--live')} | ffplay -i -"
            raise BadInputError("standard output is a terminal, which plays no sound", hint=hint)
        context.enter()
        tell = partial(print, file=sys.stderr, flush=True)
        choice = choice_for(lab, unlisted(lab, group))
        with followed_meanwhile(context, choice, tell), output_at(context, name, group, tell) as output:
            tell(f"{name} listens to {group.address}:{group.port}; sound begins with the first packet")
            heard = pass_on(name, output, sys.stdout.fileno(), tell=tell, seconds=self.seconds)
        if not heard:
            tell("no sound was heard")
        return ExitCode.OK if heard else ExitCode.CHECK_FAILED

    @staticmethod
    def _written(file: Path, recorded: Sequence[Recording]) -> str:
        """Write the longest of what was recorded, and return what was written.

        Raises:
            BadInputError: no file can hold it, or none can be written.
        """
        from mcastlab.cli.delivery import write
        from mcastlab.traffic.wav import CODECS, sound, wav

        held = [each for each in recorded if each.payload_type in CODECS]
        if not held:
            heard = ", ".join(sorted({f"payload type {each.payload_type}" for each in recorded}))
            raise BadInputError(f"{file} is not written: no sound was heard but {heard}", hint="listen without --wav")
        longest = max(held, key=lambda each: len(each.packets))
        codec = CODECS[longest.payload_type]
        octets = sound(codec, longest.packets)
        write(file, wav(codec, octets))
        seconds = len(octets) / codec.octets / codec.clock_hz
        more = f"; {len(recorded) - 1} more not written" if len(recorded) > 1 else ""
        return f"{file}: {seconds:.1f} s from {longest.source} as {longest.listener} heard it{more}"
