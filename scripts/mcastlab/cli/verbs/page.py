"""``page``: what a person at the phone is to hear, sent to a group by a host or device of the lab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mcastlab.cli.arguments import TargetVerb, option, positional, switch
from mcastlab_base.errors import BadInputError, ExitCode

if TYPE_CHECKING:
    from mcastlab.cli.context import Context
    from mcastlab.traffic.media import Media


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
        from mcastlab.text import count
        from mcastlab.traffic.listen import group_named, milliseconds, page, unlisted

        if self.wav is not None and self.tone:
            raise BadInputError("--wav and --tone are two sounds", hint="leave one of them out")
        tone_ms = milliseconds(self.seconds)
        lab = context.lab
        group, (sound, for_ms) = group_named(lab, self.group), self._sound(tone_ms)
        context.enter()
        with context.stages.shown(), context.stages.stage(f"Page {group.name}") as note:
            connections = context.connections
            shells = connections.shells(connections.facts())
            with followed_meanwhile(context, choice_for(lab, unlisted(lab, group)), note):
                paged = page(lab, group, shells, sound=sound, for_ms=for_ms, sender=self.sender, progress=note)
        refused = f", {paged.refused} could not be sent" if paged.refused else ""
        where = f"{group.address}:{group.port}"
        print(f"{paged.sender} sent {count(paged.sent, 'packet')} of {sound.encoding} to {where}{refused}")
        return ExitCode.OK if paged.sent and not paged.refused else ExitCode.CHECK_FAILED

    def _sound(self, tone_ms: int) -> tuple[Media, int]:
        """Return what is sent, and for how many milliseconds.

        Raises:
            BadInputError: the file cannot be read, or holds no sound.
        """
        from mcastlab.traffic.media import media, speech_media
        from mcastlab.traffic.wav import speech

        if self.wav is None:
            return media("g711u", 1000), tone_ms
        try:
            octets = speech(self.wav.read_bytes())
        except OSError as error:
            raise BadInputError(f"{self.wav} cannot be read: {error.strerror}", hint="name a WAV file") from None
        except ValueError as error:
            hint = "write one with: ffmpeg -i FILE -ar 8000 -ac 1 page.wav"
            raise BadInputError(f"{self.wav} {error}", hint=hint) from None
        if not octets:
            raise BadInputError(f"{self.wav} holds no sound", hint="name another file")
        sound = speech_media(octets)
        return sound, len(sound.packets) * sound.interval_us // 1000
