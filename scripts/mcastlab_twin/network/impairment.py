"""What a site's way to the internet is made to do to packets: be late, be late unevenly, lose some. Pure.

The same holds each way, so that a round trip has twice the delay. Words are those of tc-netem(8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, ValidationError, model_validator

from mcastlab_base.frozen import Frozen

LONGEST_MS: Final = 10_000
_MS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Impairment(Frozen):
    """An impairment, each way. With a jitter wider than the gap between two packets, they overtake each other."""

    delay_ms: Annotated[float, Field(ge=0, le=LONGEST_MS)] = 0
    jitter_ms: Annotated[float, Field(ge=0, le=LONGEST_MS)] = 0
    """A packet is late by the delay, give or take so much, evenly spread."""
    loss_percent: Annotated[float, Field(ge=0, le=100)] = 0

    @model_validator(mode="after")
    def _jitter_is_within_delay(self) -> Impairment:
        if self.jitter_ms > self.delay_ms:
            raise ValueError("a jitter is at most the delay: no packet arrives before it is sent")
        return self

    def __str__(self) -> str:
        late = f"{self.delay_ms:g} ms"
        late += f" ± {self.jitter_ms:g} ms" if self.jitter_ms else ""
        return f"{late} late and {self.loss_percent:g} % lost each way"

    def netem(self) -> tuple[str, ...]:
        """Return the arguments of the kernel's qdisc."""
        words = ["netem", "delay", f"{self.delay_ms:g}ms"]
        words += [f"{self.jitter_ms:g}ms"] if self.jitter_ms else []
        words += ["loss", f"{self.loss_percent:g}%"] if self.loss_percent else []
        return tuple(words)


class ActiveImpairment(Frozen):
    """An impairment that holds, and who does it."""

    impairment: Impairment
    in_kernel: bool

    def __str__(self) -> str:
        who = "the kernel's netem" if self.in_kernel else "a program, because this kernel has no netem"
        return f"{self.impairment}, by {who}"


class RequestedImpairments(Frozen):
    """What was asked for from outside, by site; the file that hands it in."""

    impaired: Mapping[str, Impairment] = {}


def impairment_of(*, delay: str = "0ms", jitter: str = "0ms", loss: str = "0%") -> Impairment:
    """Return the impairment that the words ask for.

    >>> str(impairment_of(delay="40ms", jitter="5ms", loss="1%"))
    '40 ms ± 5 ms late and 1 % lost each way'

    Raises:
        ValueError: a word is no time or share, or they do not go together.
    """
    values = {"delay_ms": milliseconds(delay), "jitter_ms": milliseconds(jitter), "loss_percent": percent(loss)}
    try:
        return Impairment.model_validate(values)
    except ValidationError as error:
        said = (f"{'.'.join(str(word) for word in each['loc'])} {each['msg']}".strip() for each in error.errors())
        raise ValueError("; ".join(said)) from None


def milliseconds(text: str) -> float:
    """Return a time with its unit (``40ms``, ``0.1s``, ``500us``) in milliseconds.

    >>> milliseconds("40ms"), milliseconds("0.1s")
    (40.0, 100.0)

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(us|ms|s)", text)
    if found is None:
        raise ValueError(f"{text!r} is no time with a unit: write it like 40ms")
    return float(found[1]) * _MS[found[2]]


def percent(text: str) -> float:
    """Return a share (``1%``) in percent.

    >>> percent("0.5%")
    0.5

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)%", text)
    if found is None:
        raise ValueError(f"{text!r} is no share: write it like 1%")
    return float(found[1])
