"""How well a listener hears speech: the E-model's rating and the mean opinion score (MOS) that it stands for.

A stream to a group flows one way, so that nobody hears an echo: of the delay only what hinders a conversation counts.
Sources: ITU-T G.107 (narrow band), G.107.1 (wide band), G.113 (what codecs cost).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechCodec:
    """What a codec costs."""

    best: float
    """The rating of a connection that nothing impairs: 93.2 in narrow band, 129 in wide band."""
    impairment: float
    """Ie: what it costs without loss."""
    robustness: float
    """Bpl: the larger, the less a loss costs."""


SPEECH: Final = {
    # With concealment of losses, as phones have it. Source: G.113, appendix I.
    "g711u": SpeechCodec(best=93.2, impairment=0, robustness=25.1),
    "g711a": SpeechCodec(best=93.2, impairment=0, robustness=25.1),
    # G.113, appendix IV, has its impairment; of its robustness the low one of G.711 without concealment is taken.
    "g722": SpeechCodec(best=129, impairment=13, robustness=4.3),
}
"""Streams that have a score; others have none."""
PACKET_MS: Final = 20
"""What is spoken into a packet before it leaves."""
_WORST_IMPAIRMENT: Final = 95
_FREE_DELAY_MS: Final = 100
_NARROW_BEST: Final = 100
_WIDE_SHARE: Final = 1.29


def burst_ratio(missing: Sequence[bool]) -> float:
    """Return how much longer losses are than losses at random would be; 1 of none. Source: G.107, section 7.7.

    Four packets of eight lost in one piece: at random a loss of one half is two packets long.

    >>> burst_ratio([False, False, True, True, True, True, False, False])
    2.0
    """
    number = sum(missing)
    runs = sum(one and not before for before, one in pairwise((False, *missing)))
    if not number or number == len(missing):
        return 1.0
    return max(1.0, number / runs * (1 - number / len(missing)))


def rating(codec: SpeechCodec, *, delay_ms: float, loss: float, burst_ratio: float = 1) -> float:
    """Return the rating R, on the narrow band's scale of 0 to 100.

    Args:
        codec: what is heard.
        delay_ms: from mouth to ear, with the jitter buffer.
        loss: the share of packets that the listener had to do without.
        burst_ratio: the mean length of a loss, to that of losses at random; 1 is at random.

    >>> round(rating(SPEECH["g711u"], delay_ms=0, loss=0), 1)
    93.2
    """
    percent = 100 * loss
    lost = (_WORST_IMPAIRMENT - codec.impairment) * percent / (percent / max(1, burst_ratio) + codec.robustness)
    found = codec.best - _delay_impairment(delay_ms) - codec.impairment - lost
    return found / _WIDE_SHARE if codec.best > _NARROW_BEST else found


def _delay_impairment(delay_ms: float) -> float:
    """Return Idd. Source: G.107, equations 7-27 and 7-28."""
    if delay_ms <= _FREE_DELAY_MS:
        return 0
    x = math.log2(delay_ms / _FREE_DELAY_MS)
    sixth: float = (1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2
    return 25 * sixth


def mos(found: float) -> float:
    """Return the mean opinion score of a rating, 1 to 4.5. Source: G.107, annex B.

    >>> round(mos(93.2), 2), mos(-5), mos(100)
    (4.41, 1.0, 4.5)
    """
    if found <= 0:
        return 1.0
    if found >= _NARROW_BEST:
        return 4.5
    return 1 + 0.035 * found + found * (found - 60) * (100 - found) * 7e-6
