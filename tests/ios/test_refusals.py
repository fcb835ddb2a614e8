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
        "Command Rejected: not on this port",
        "Command authorization failed.",
        "% Authorization failed.",
        "%Error opening tftp://192.0.2.1/x (Timed out)",
        "Error: the feature needs a licence",
        "% Bad secrets",
        "% Access VLAN 7 not found",
        "% VRF BLUE does not exist or is not configured",
        "%Tunnel interface must be deleted first",
        "% 192.0.2.1/24 Overlaps With Vlan9",
        "%BGP: neighbor cannot be a local address",
        "% Not all of it can be stored",
        "% invalid input detected at '^' marker.",
    ],
)
def test_refusal_is_recognised(message: str) -> None:
    assert refusal_in(f"something\n{message}\n") == message


@pytest.mark.parametrize(
    "output",
    [
        "",
        "%Warning: this is only said\n",
        "% Warning: the key is not found yet\n",
        "% Note: a name that does not exist permits all\n",
        "%LINK-3-UPDOWN: Interface Vlan9 failed\n",
        "% Interface Vlan9 IPv4 disabled and address(es) removed due to enabling VRF BLUE\n",
        "% Generating 2048 bit RSA keys, keys will be non-exportable...\n",
        " description 100 % Invalid\n",
    ],
)
def test_what_is_merely_said_is_no_refusal(output: str) -> None:
    assert refusal_in(output) is None
