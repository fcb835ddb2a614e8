"""Samples of 16 bits as G.711 has them: eight bits each, by mu-law or A-law. Source: ITU-T G.711."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_MU_BIAS: Final = 33
_MU_LOUDEST: Final = 8159
"""Of 14 bits."""
_INVERTED_EVEN_BITS: Final = 0x55


def mu_law(samples: Iterable[int]) -> bytes:
    """Return signed samples of 16 bits by mu-law.

    >>> mu_law([0, 1000, -1000, 32767]).hex()
    'ffce4e80'
    """
    return bytes(map(_mu, samples))


def a_law(samples: Iterable[int]) -> bytes:
    """Return signed samples of 16 bits by A-law.

    >>> a_law([0, 1000, -1000, 32767]).hex()
    'd5fa7aaa'
    """
    return bytes(map(_a, samples))


def from_mu_law(octets: bytes) -> list[int]:
    """Return octets by mu-law as samples of 16 bits.

    >>> from_mu_law(mu_law([0, 1000, -1000, 32767]))
    [0, 988, -988, 32124]
    """
    return [_MU_SAMPLES[each] for each in octets]


def _mu(sample: int) -> int:
    value = min(abs(sample >> 2) + _MU_BIAS, _MU_LOUDEST + _MU_BIAS - 1)
    exponent = value.bit_length() - 6
    mantissa = value >> (exponent + 1) & 15
    return ~((0x80 if sample < 0 else 0) | exponent << 4 | mantissa) & 0xFF


def _of_mu(octet: int) -> int:
    turned = ~octet & 0xFF
    value = (((turned & 15) << 1 | _MU_BIAS) << (turned >> 4 & 7)) - _MU_BIAS
    return (-value if turned & 0x80 else value) << 2


_MU_SAMPLES: Final = tuple(map(_of_mu, range(256)))


def _a(sample: int) -> int:
    # Negative values begin one below those of the same step above.
    value = (sample if sample >= 0 else ~sample) >> 4
    exponent = max(0, value.bit_length() - 4)
    mantissa = value >> max(0, exponent - 1) & 15
    return ((0x80 if sample >= 0 else 0) | exponent << 4 | mantissa) ^ _INVERTED_EVEN_BITS
