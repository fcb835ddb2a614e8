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
        "% Bad passwords",
        "% Unknown command or computer name, or unable to find computer address",
        "% Unrecognized command",
        "% Connection timed out; remote host not responding",
        "'copy' returned error code 5",
        "% This command is not authorized",
        "% Login invalid",
        "% Policy-map QUEUES is being used",
        "% Profile OWN is in use",
        "% Proposal OWN is currently used by a policy",
        "%No matching route to delete",
        "%Inconsistent address and mask",
        "% Illegal RP address 239.1.1.1",
        "% Specify remote-as or peer-group commands first",
        "% 192.0.2.255 is assigned as a broadcast address",
        "%PIM: 10.1.1.1 is not a multicast address",
        "%% Low on memory; try again later",
        "% Configuration aborted",
        "% Host 192.0.2.1 not responding",
        "% BGP: Error initializing topology",
        "% Crypto Error: no room",
        "%SNMP agent not enabled",
        "% VRF INET is not configured",
        "%You must disable the old version before this",
        "% Profile OWN in use by Tunnel7",
        "%% List OWN is of the wrong type",
        "% Memory allocation failure",
        "% Protocol not in this image",
        "% Route not deleted",
        "% Please define a domain name first.",
        "% Addresses overlap",
        "% An entry can't be there twice",
    ],
)
def test_refusal_is_recognised(message: str) -> None:
    assert refusal_in(f"something\n{message}\n") == message


@pytest.mark.parametrize(
    "message",
    [
        "Connection timed out",
        "Access list 7 not found",
        "Bad mask /33 for address 10.0.0.1",
        "10.1.1.0 overlaps with Vlan7",
        "BGP is already running; AS is 65001",
        "This command is not authorized",
        "Permission denied",
        "VLAN 5000 is invalid",
        "Translation not permitted",
        "Unable to remove the profile",
        "IP address conflicts with Loopback0",
        "A named standard IP access list with this name already exists",
        "Not enough memory",
        "Interface Tunnel5 is not configured",
        "Tunnel mode cannot be changed while it is protected",
    ],
)
def test_a_line_is_refused_without_a_sign_too_and_what_is_shown_may_begin_so(message: str) -> None:
    assert refusal_in(f"{message}\n", of_line=True) == message
    assert refusal_in(f"banner motd ^C\n{message}\n^C\n") is None


@pytest.mark.parametrize(
    "said",
    [
        "IKEv2 profile MUST have:\n   1. A local and a remote authentication method.\n",
        "Warning: a name that is not found permits all\n",
        "Note: the profile OWN is invalid until it has a keyring\n",
        "% A profile is deemed incomplete until it has match identity statements\n",
        "%Informational: the list is used elsewhere\n",
        "% Not all config may be removed and may reappear after reactivating the sub-interface\n",
        "% QUEUES: informational: it is in use on Vlan9\n",
        "% Access VLAN does not exist. Creating vlan 9\n",
        "% MPLS tunnels are not enabled on this router\n",
        "Failed to generate persistent self-signed certificate.\n",
        "% The change will take effect after existing ones expire; it is not supported before\n",
    ],
)
def test_what_a_line_is_answered_is_no_refusal(said: str) -> None:
    assert refusal_in(said, of_line=True) is None


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
