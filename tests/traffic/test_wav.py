"""WAV files against ffmpeg: what is written it plays, and what it writes is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from traffic.ears import decoded, made, share_of_tone

from mcastlab.traffic.g711 import a_law
from mcastlab.traffic.media import media, speech_media
from mcastlab.traffic.wav import CODECS, SoundPacket, sound, speech, wav

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process


@pytest.mark.parametrize("name", ["g711u", "g711a", "g722", "l16"])
def test_what_was_heard_is_played_by_ffmpeg_with_silence_where_nothing_came(name: str, tmp_path: Path) -> None:
    stream = media(name, 1352)
    codec, turn = CODECS[stream.payload_type], len(stream.packets)
    ticks = stream.interval_us * codec.clock_hz // 1_000_000
    packets = [
        # Timestamps that begin anew on the way, and half a second that did not come.
        SoundPacket(stamp=(2**32 - 999 + each * ticks) % 2**32, payload=stream.packets[each % turn].payload)
        for each in range(3_000_000 // stream.interval_us)
        if not 2_000_000 <= each * stream.interval_us < 2_500_000
    ]
    file = tmp_path / "heard.wav"
    file.write_bytes(wav(codec, sound(codec, packets)))
    samples = decoded(file)
    assert len(samples) == pytest.approx(24_000, abs=400)
    assert share_of_tone(samples) > 0.9
    quiet = samples[16_400:19_600]
    assert max(map(abs, quiet)) < 400 < max(map(abs, samples[20_400:]))


@pytest.mark.parametrize(
    "options",
    [
        ("-c:a", "pcm_s16le"),
        ("-c:a", "pcm_s16le", "-ar", "44100", "-ac", "2"),
        ("-c:a", "pcm_u8", "-ar", "11025"),
        ("-c:a", "pcm_s24le"),
        ("-c:a", "pcm_f32le"),
        ("-c:a", "pcm_mulaw", "-ar", "8000"),
    ],
    ids=" ".join,
)
def test_a_file_of_any_kind_becomes_what_a_phone_sends(options: tuple[str, ...], tmp_path: Path) -> None:
    octets = speech(made(tmp_path / "page.wav", 2, *options).read_bytes())
    assert len(octets) == pytest.approx(16_000, abs=2)
    again = tmp_path / "again.wav"
    again.write_bytes(wav(CODECS[0], octets))
    assert share_of_tone(decoded(again)) > 0.9


@pytest.mark.parametrize("options", [("-c:a", "pcm_s16le", "-ar", "16000"), ("-c:a", "pcm_mulaw", "-ar", "8000")])
def test_a_file_becomes_a_law_where_that_is_what_is_played(options: tuple[str, ...], tmp_path: Path) -> None:
    sent = speech_media(speech(made(tmp_path / "page.wav", 1.99, *options).read_bytes(), a_law), "g711a")
    assert (sent.payload_type, sent.encoding, len(sent.packets)) == (8, "PCMA/8000", 100)
    octets = b"".join(each.payload for each in sent.packets)
    assert octets.endswith(CODECS[8].silence * 80)
    again = tmp_path / "again.wav"
    again.write_bytes(wav(CODECS[8], octets))
    assert share_of_tone(decoded(again)) > 0.9


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-c:a", "adpcm_ms"), "has sound of format 2 with 4 bits; PCM, float of 32 bits and mu-law"),
        (("-c:a", "pcm_u8", "-ar", "8000", "-t", "61"), "is longer than 60 s"),
    ],
)
def test_what_is_not_read_is_refused_in_words(options: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        speech(made(tmp_path / "page.wav", 62, *options).read_bytes())


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff", b"ID3 no sound"])
def test_what_is_no_wav_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="is no WAV file"):
        speech(content)
