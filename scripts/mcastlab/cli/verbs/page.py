"""``page``: what a person at the phone is to hear, sent to a group by a host or device of the lab."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from mcastlab.cli.arguments import TargetVerb, option, positional, switch
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context
    from mcastlab.lab.types import Stream
    from mcastlab.traffic.media import Media


TONES: Final[tuple[Stream, ...]] = ("g711u", "g711a", "g722", "l16")
"""What is sent, the most usual first; of files, only the first two can be made."""
LARGEST_OCTETS: Final = 1000


class PageVerb(TargetVerb):
    """Send a tone or a recording to a group, as a phone does."""

    examples: ClassVar = ("page paging --tone --for 3",)
    rank: ClassVar = 113
    loads: ClassVar = ("mcastlab.cli.targeting", "mcastlab.cli.connections")

    group: str = positional(metavar="GROUP", help="Name or address of a group, or an address in a followed block")
    sender: str | None = option("--from", metavar="DEVICE", help="Host or device that sends (default: the first)")
    wav: Path | None = option("--wav", type=Path, metavar="FILE", help="Send this WAV file, 60 s at most")
    tone: bool = switch("--tone", help="Send a tone of 1000 Hz (default)")
    seconds: int = option("--for", type=int, default=10, metavar="SECONDS", help="Tone: 1 to 60 (default: 10)")

    def __call__(self, context: Context) -> int:
        from mcastlab.cli.following import choice_for, followed_meanwhile
        from mcastlab.lab.appliances import played_by_most
        from mcastlab.text import count
        from mcastlab.traffic.listen import group_named, milliseconds, page, unlisted

        if self.wav is not None and self.tone:
            raise BadInputError("--wav and --tone are two sounds", hint="leave one of them out")
        tone_ms = milliseconds(self.seconds)
        lab = context.lab
        group = group_named(lab, self.group)
        stream, deaf = played_by_most(lab, group, TONES if self.wav is None else TONES[:2])
        sound, for_ms = self._sound(stream, tone_ms)
        context.enter()
        if deaf:
            print(f"{', '.join(deaf)} cannot play {sound.encoding}", file=sys.stderr)
        with context.stages.shown(), context.stages.stage(f"Page {group.name}") as note:
            connections = context.connections
            shells = connections.shells(connections.facts())
            with followed_meanwhile(context, choice_for(lab, unlisted(lab, group)), note):
                paged = page(lab, group, shells, sound=sound, for_ms=for_ms, sender=self.sender, progress=note)
        refused = f", {paged.refused} could not be sent" if paged.refused else ""
        where = f"{group.address}:{group.port}"
        print(f"{paged.sender} sent {count(paged.sent, 'packet')} of {sound.encoding} to {where}{refused}")
        return ExitCode.OK if paged.sent and not paged.refused else ExitCode.CHECK_FAILED

    def _sound(self, stream: Stream, tone_ms: int) -> tuple[Media, int]:
        """Return what is sent, and for how many milliseconds.

        Raises:
            BadInputError: the file cannot be read, or holds no sound.
        """
        from mcastlab.traffic.g711 import a_law, mu_law
        from mcastlab.traffic.media import media, speech_media
        from mcastlab.traffic.wav import speech

        if self.wav is None:
            return media(stream, LARGEST_OCTETS), tone_ms
        try:
            octets = speech(self.wav.read_bytes(), a_law if stream == "g711a" else mu_law)
        except OSError as error:
            raise BadInputError(f"{self.wav} cannot be read: {error.strerror}", hint="name a WAV file") from None
        except ValueError as error:
            hint = "write one with: ffmpeg -i FILE -ar 8000 -ac 1 page.wav"
            raise BadInputError(f"{self.wav} {error}", hint=hint) from None
        if not octets:
            raise BadInputError(f"{self.wav} holds no sound", hint="name another file")
        sound = speech_media(octets, stream)
        return sound, len(sound.packets) * sound.interval_us // 1000
