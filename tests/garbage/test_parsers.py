"""Readers of routers' answers: any text is a value or an `UnreadableError`, and never anything else."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from garbage.heap import GARBAGE
from hypothesis import given, settings
from hypothesis import strategies as st
from ios.show.test_parsers import READERS, sample

from mcastlab.ios.configuration import as_text, parse
from mcastlab.ios.show import multicast, system, vpn
from mcastlab.ios.show.tables import UnreadableError
from mcastlab_base.as_numbers import as_number, in_asplain
from mcastlab_base.errors import ExitCode, LabError, error_of

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = {
    "show ip pim neighbor": sample("ip_pim_neighbor"),
    "show ip mroute": sample("ip_mroute"),
    "show crypto ikev2 sa": sample("crypto_ikev2_sa"),
}
BGP = """\
BGP router identifier 10.255.1.1, local AS number 65000.1000
BGP table version is 12, main routing table version 12
5 network entries using 1240 bytes of memory

Neighbor        V           AS MsgRcvd MsgSent   TblVer  InQ OutQ Up/Down  State/PfxRcd
100.127.255.1   4   65000.1000   46094   46090      458    0    0 4w1d            6
169.254.10.1    4        64512      42      45       12    0    0 00:12:33        3
"""


def read(reader: Callable[[str], Any], text: str) -> None:
    reported: UnreadableError | None = None
    try:
        reader(text)
    except UnreadableError as error:
        reported = error
    if reported is not None:
        assert "cannot read" in reported.text
        assert reported.hint
        assert len(reported.text) < 400
        assert reported.text.isprintable()


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_a_value_or_unreadable(command: str, kind: str) -> None:
    for answer in (*SAMPLES.values(), BGP):
        read(READERS[command], GARBAGE[kind](answer))


@settings(max_examples=300)
@given(command=st.sampled_from(sorted(READERS)), data=st.data())
def test_any_text_is_a_value_or_unreadable(command: str, data: Any) -> None:
    answer = data.draw(st.sampled_from([*SAMPLES.values(), BGP]))
    cut = data.draw(st.integers(0, len(answer)))
    text = answer[:cut] + data.draw(st.text(max_size=200)) + answer[data.draw(st.integers(cut, len(answer))) :]
    read(READERS[command], text)


@given(high=st.integers(0, 65535), low=st.integers(0, 65535))
def test_an_as_number_is_the_same_in_asdot_and_in_asplain(high: int, low: int) -> None:
    number = high * 65536 + low
    assert as_number(f"{high}.{low}") == as_number(str(number)) == number
    assert in_asplain(f"router bgp {high}.{low}") == f"router bgp {number}"
    assert in_asplain(f"router bgp {number}") == f"router bgp {number}"


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "65536.1", "1.65536", "4294967296", "-1", "1.", "٣", "1e3", " 1"])
def test_what_is_no_as_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an AS number"):
        as_number(text)


def test_neighbours_are_read_with_their_numbers_in_asdot() -> None:
    assert [(str(peer.address), peer.remote_as, peer.prefixes) for peer in vpn.bgp_peers(BGP)] == [
        ("100.127.255.1", 4259841000, 6),
        ("169.254.10.1", 64512, 3),
    ]


def test_a_running_configuration_in_asdot_is_the_one_in_asplain() -> None:
    dotted = "router bgp 65000.1000\n neighbor 10.0.0.1 remote-as 1.1\n neighbor 10.0.0.1 local-as 2.0 no-prepend\n"
    plain = "router bgp 4259841000\n neighbor 10.0.0.1 remote-as 65537\n neighbor 10.0.0.1 local-as 131072 no-prepend\n"
    assert parse(dotted) == parse(plain)
    assert as_text(parse(dotted)) == plain


def test_an_interface_in_reset_is_there_and_down() -> None:
    brief = """\
Interface              IP-Address      OK? Method Status                Protocol
GigabitEthernet1       10.0.0.1        YES DHCP   up                    up
Tunnel101              169.254.10.2    YES manual reset                 down
Tunnel102              unassigned      YES unset  administratively down down
"""
    assert [(each.name, each.admin_up, each.protocol_up) for each in system.interfaces_brief(brief)] == [
        ("GigabitEthernet1", True, True),
        ("Tunnel101", True, False),
        ("Tunnel102", False, False),
    ]
    assert system.interfaces_brief(brief)[1].address == IPv4Address("169.254.10.2")


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("said", ["Command authorization failed.\n", "% Authorization failed.\n"])
def test_a_command_that_the_user_may_not_run_is_not_read_as_nothing(command: str, said: str) -> None:
    with pytest.raises(UnreadableError, match="uthorization failed"):
        READERS[command](said)


def test_a_line_that_may_hold_a_key_is_not_shown() -> None:
    with pytest.raises(UnreadableError) as caught:
        multicast.pim_neighbors(" neighbor 10.0.0.1 password s3cr3t\n")
    assert "s3cr3t" not in caught.value.text + caught.value.hint
    assert "s3cr3t" not in caught.value.of("lab-router").text


def test_an_error_raised_anew_is_of_the_kind_of_its_exit_code() -> None:
    unreadable = UnreadableError("show version", "x").of("lab-router")
    again = error_of(unreadable.exit_code)(f"{unreadable.text}\nmore", hint=unreadable.hint)
    assert again.exit_code is ExitCode.REFUSED
    assert {error_of(code).exit_code for code in ExitCode if code is not ExitCode.OK} == set(ExitCode) - {ExitCode.OK}
    assert isinstance(again, LabError)
