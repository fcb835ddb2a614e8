"""What a refusal is."""

from __future__ import annotations

import pytest

from mcastlab.ios.refusals import refusal_in


@pytest.mark.parametrize(
    "message",
    [
        "% Invalid input detected at '^' marker.",
        "% Incomplete command.",
        '% Ambiguous command:  "ip pim s"',
        "% 10.0.0.0 overlaps with GigabitEthernet1",
        "%Tunnel0 used by PIM for Registering, configuration no allowed.",
        "% Bad mask /33 for address 10.0.0.1",
        "Command rejected: bad platform",
    ],
)
def test_refusal_is_recognised(message: str) -> None:
    assert refusal_in(f"something\n{message}\n") == message


@pytest.mark.parametrize("output", ["", "%Warning: this is only said\n", " description 100 % Invalid\n"])
def test_what_is_merely_said_is_no_refusal(output: str) -> None:
    assert refusal_in(output) is None
