"""The configuration is printed as IOS prints it, and what is printed can be typed again."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twin.iosxe.typist import Typist

from iosxe.config.modes import mode
from iosxe.config.node import Row
from iosxe.config.passwords import is_secret
from iosxe.grammar.names import BUNDLES, HARDWARE, NUMBERED
from iosxe.grammar.pattern import Keyword, Stop

if TYPE_CHECKING:
    from iosxe.grammar.arguments import Argument
    from iosxe.grammar.pattern import Path as Way

pytestmark = pytest.mark.process

HERE = Path(__file__).parent
NAMES = ("ALPHA", "BETA", "10", "130")
HOSTS = ("10.1.0.1", "10.2.0.1", "172.16.5.5")
PEERS = ("192.0.2.1", "192.0.2.2")
GROUPS = ("239.1.1.1", "239.2.2.2")
NETWORKS = ("10.0.0.0", "172.16.0.0", str(IPv4Address(0)))
MASKS = ("255.0.0.0", "255.255.0.0", "255.255.255.252", "255.255.255.255", str(IPv4Address(0)))
WILDCARDS = ("0.0.0.255", str(IPv4Address(0)), "255.255.255.255", "0.15.255.255")
BY_NAME = {
    "mask": MASKS,
    "prefix": NETWORKS,
    "group": GROUPS,
    "neighbor": PEERS,
    "next": PEERS,
    "source_bits": WILDCARDS,
    "destination_bits": WILDCARDS,
    "hash": ("0123456789ABCDEF0123456789ABCDEF", "F" * 32),
    "secret": ("$9$salt$hash",),
    "plain": ("9abc",),
    "interface": ("Loopback0", "GigabitEthernet2", "Loopback1"),
}
BY_KIND = {
    "ip": HOSTS,
    "word": NAMES,
    "line": ("some text", "more  of it"),
    "prefix": ("10.0.0.0/8", "172.16.0.0/12"),
    "GigabitEthernet": ("GigabitEthernet1", "Gi2", "gigabitethernet 3"),
    "Loopback": ("Loopback0", "lo1"),
    "Tunnel": ("Tunnel0", "Tunnel 1", "Tu200"),
    **{kind: (f"{kind}0/0/1", f"{kind} 0") for kind in HARDWARE[1:]},
    **{kind: (f"{kind}7", f"{kind} 1") for kind in (*BUNDLES, *NUMBERED)},
    "asn": ("65000", "65000.1", "4200000000"),
    "slot": ("GigabitEthernet0/0/1", "gi 0/0/0"),
    "subinterface": ("GigabitEthernet1.100", "gi2.7", "Port-channel7.20"),
}


def values(argument: Argument) -> st.SearchStrategy[str]:
    if argument.name in BY_NAME:
        return st.sampled_from(BY_NAME[argument.name])
    if argument.kind in BY_KIND:
        return st.sampled_from(BY_KIND[argument.kind])
    low, high = (int(bound) for bound in argument.kind.split("-"))
    return st.sampled_from((low, min(low + 1, high), high)).map(str)


def lines_of(way: Way) -> st.SearchStrategy[str]:
    words = [
        st.just(step.text) if isinstance(step, Keyword) else values(step) for step in way if not isinstance(step, Stop)
    ]
    return st.tuples(*words).map(" ".join)


def rows_of(name: str) -> list[Row]:
    return [row for row in mode(name).rows if isinstance(row, Row)]


def line_in(name: str, *, sections: bool) -> st.SearchStrategy[str]:
    ways = [
        way
        for row in rows_of(name)
        if bool(row.enters) == sections and row.enters != "ssh-pubkey-data"
        for way in row.parsed.set_paths()
    ]
    return st.sampled_from(ways).flatmap(lines_of) if ways else st.nothing()


def negated(line: str, *, no: bool) -> str:
    return f"no {line}" if no else line


@st.composite
def section(draw: st.DrawFn, name: str) -> list[str]:
    rows = [row for row in rows_of(name) if row.enters and row.enters != "ssh-pubkey-data"]
    row = draw(st.sampled_from(rows))
    lines = [draw(st.sampled_from(row.parsed.set_paths()).flatmap(lines_of))]
    inside = [each for each in rows_of(row.enters) if not each.enters]
    if inside:
        plain = st.tuples(line_in(row.enters, sections=False), st.sampled_from((False, False, False, True)))
        lines += [negated(line, no=no) for line, no in draw(st.lists(plain, max_size=8))]
    if (
        any(each.enters and each.enters != "ssh-pubkey-data" for each in rows_of(row.enters))
        and row.enters != "router-bgp"
    ):
        lines += draw(section(row.enters))
    return lines


BLOCKS = st.lists(
    st.one_of(line_in("config", sections=False).map(lambda line: [line]), section("config"), section("config")),
    min_size=1,
    max_size=12,
)


@settings(max_examples=120, deadline=None)
@given(BLOCKS)
def test_what_is_printed_gives_the_same_when_it_is_typed_into_a_blank_router(blocks: list[list[str]]) -> None:
    first = Typist(["interface Loopback0", "exit", "interface Loopback1", "exit"])
    for block in blocks:
        first.type(*block, "end")
    second = Typist(first.text.splitlines())
    assert second.refused == []
    assert second.text == first.text


@pytest.mark.parametrize("name", ["remote_router", "aws_router"])
def test_a_whole_configuration_is_taken_and_printed_the_same_twice(name: str) -> None:
    first = Typist((HERE / f"{name}.cfg").read_text().splitlines())
    assert first.refused == []
    second = Typist(first.text.splitlines())
    assert second.refused == []
    assert second.text == first.text


def test_sections_stand_in_the_order_of_ios_whatever_the_order_of_entry(typist: Typist) -> None:
    typist.type(
        "line vty 0 4",
        "login local",
        "ip route 10.9.0.0 255.255.0.0 192.0.2.1",
        "interface Tunnel5",
        "interface Loopback7",
        "router bgp 65000",
        "crypto ikev2 keyring K",
        "hostname ZED",
    )
    headers = [line for line in typist.text.splitlines() if line[0] not in " !"]
    wanted = [
        "hostname ZED",
        "crypto ikev2 keyring K",
        "interface Loopback7",
        "interface Tunnel5",
        "interface GigabitEthernet1",
        "router bgp 65000",
        "ip route 10.9.0.0 255.255.0.0 192.0.2.1",
        "line vty 0 4",
        "end",
    ]
    assert [line for line in headers if line in wanted] == wanted


@pytest.mark.parametrize(
    ("section", "typed", "printed"),
    [
        ("interface Tunnel5", ["tunnel mode gre ip"], ["no ip address"]),
        ("interface Tunnel5", ["tunnel mode ipsec ipv4"], ["no ip address", "tunnel mode ipsec ipv4"]),
        ("interface Tunnel5", ["keepalive"], ["no ip address", "keepalive 10 3"]),
        ("interface Loopback5", ["ip igmp version 2"], ["no ip address"]),
        ("interface Loopback5", ["ip igmp version 3"], ["no ip address", "ip igmp version 3"]),
        ("interface Loopback5", ["ip igmp version 3", "default ip igmp version"], ["no ip address"]),
        ("interface Loopback5", ["ip igmp query-interval 60"], ["no ip address"]),
        ("interface Loopback5", ["no ip redirects"], ["no ip address", "no ip redirects"]),
        ("interface Loopback5", ["description a b", "description c"], ["description c", "no ip address"]),
        ("interface Loopback5", ["shut", "no shut"], ["no ip address"]),
        (
            "interface Loopback5",
            ["ip pim sparse-mode", "ip pim dense-mode proxy-register list SENDERS"],
            ["no ip address", "ip pim dense-mode proxy-register list SENDERS"],
        ),
        (
            "interface Loopback5",
            ["ip pim dense-mode proxy-register route-map M", "ip pim dense-mode"],
            ["no ip address", "ip pim dense-mode"],
        ),
        ("interface Loopback5", ["ip pim dense-mode proxy-register list A", "no ip pim dense-mode"], ["no ip address"]),
        (
            "interface Loopback5",
            ["ip igmp join-group 239.1.1.2", "ip igmp join-group 239.1.1.1"],
            ["no ip address", "ip igmp join-group 239.1.1.2", "ip igmp join-group 239.1.1.1"],
        ),
        (
            "interface GigabitEthernet2",
            ["no negotiation auto", "no keepalive"],
            ["no ip address", "no keepalive", "no negotiation auto", "no mop enabled", "no mop sysid"],
        ),
        ("crypto ikev2 profile P", ["lifetime 86400"], []),
        ("crypto ipsec profile P", ["set security-association lifetime seconds 3600"], []),
        ("crypto ipsec transform-set T esp-aes 128 esp-sha-hmac", [], None),
        ("router bgp 65000", ["no bgp log-neighbor-changes"], ["no bgp log-neighbor-changes"]),
        ("router bgp 65000", ["network 10.0.0.0 mask 255.0.0.0"], ["bgp log-neighbor-changes", "network 10.0.0.0"]),
        (
            "router bgp 65000",
            ["neighbor 10.9.9.9 remote-as 1", "no neighbor 10.9.9.9 activate"],
            ["bgp log-neighbor-changes", "neighbor 10.9.9.9 remote-as 1", "no neighbor 10.9.9.9 activate"],
        ),
        (
            "router bgp 65000",
            ["neighbor 10.9.9.9 remote-as 1", "address-family ipv4"],
            [
                "bgp log-neighbor-changes",
                "neighbor 10.9.9.9 remote-as 1",
                "!",
                "address-family ipv4",
                " neighbor 10.9.9.9 activate",
                "exit-address-family",
            ],
        ),
        (
            "ip access-list standard A",
            ["permit host 10.0.0.1", "permit 10.0.0.9 0.0.0.255", "permit 10.0.0.1"],
            ["10 permit 10.0.0.1", "20 permit 10.0.0.0 0.0.0.255"],
        ),
        ("ip access-list standard A", ["permit any", "5 deny 10.0.0.1"], ["5 deny 10.0.0.1", "10 permit any"]),
        ("ip access-list standard A", ["permit any", "deny 10.0.0.1", "no 10"], ["20 deny 10.0.0.1"]),
        (
            "ip access-list extended B",
            ["permit udp any eq 5 host 10.0.0.1 eq 6", "deny ip any any", "no deny ip any any"],
            ["10 permit udp any eq 5 host 10.0.0.1 eq 6"],
        ),
    ],
)
def test_lines_replace_add_and_disappear_as_on_ios(
    typist: Typist, section: str, typed: list[str], printed: list[str] | None
) -> None:
    typist.type(section, *typed)
    if printed is None:
        assert "crypto ipsec transform-set T esp-aes esp-sha-hmac " in typist.text.splitlines()
        return
    assert typist.refused == []
    assert typist.section(section) == printed


@pytest.mark.parametrize(
    ("typed", "kept", "gone"),
    [
        (
            [
                "ip route 10.9.0.0 255.255.0.0 192.0.2.1",
                "ip route 10.9.0.0 255.255.0.0 192.0.2.2",
                "no ip route 10.9.0.0 255.255.0.0 192.0.2.1",
            ],
            "ip route 10.9.0.0 255.255.0.0 192.0.2.2",
            "ip route 10.9.0.0 255.255.0.0 192.0.2.1",
        ),
        (
            ["ip pim rp-address 10.0.0.1", "ip pim rp-address 10.0.0.2"],
            "ip pim rp-address 10.0.0.2",
            "ip pim rp-address 10.0.0.1",
        ),
        (
            ["ip pim rp-address 10.0.0.1 A", "ip pim rp-address 10.0.0.1 B override"],
            "ip pim rp-address 10.0.0.1 B override",
            "ip pim rp-address 10.0.0.1 A",
        ),
        (
            ["access-list 10 permit 239.0.0.0 0.255.255.255"],
            "ip access-list standard 10",
            "access-list 10 permit 239.0.0.0 0.255.255.255",
        ),
        (
            ["username a privilege 15", "username a password 0 b"],
            "username a privilege 15 password 0 b",
            "username a privilege 15",
        ),
        (
            ["username a password 0 b", "username a secret 9 $9$x$y"],
            "username a secret 9 $9$x$y",
            "username a password 0 b",
        ),
        (
            ["interface Loopback9", "exit", "ip route 10.9.0.0 255.255.0.0 Loopback9", "no interface Loopback9"],
            "hostname Router",
            "ip route 10.9.0.0 255.255.0.0 Loopback9",
        ),
        (
            ["ip route 10.9.0.0 255.255.0.0 192.0.2.1 5 name x", "no ip route 10.9.0.0 255.255.0.0"],
            "hostname Router",
            "ip route 10.9.0.0 255.255.0.0 192.0.2.1 5 name x",
        ),
        (["ip domain-name lab.example"], "ip domain name lab.example", "ip domain-name lab.example"),
    ],
)
def test_global_lines_replace_and_merge(typist: Typist, typed: list[str], kept: str, gone: str) -> None:
    typist.type(*typed)
    lines = typist.text.splitlines()
    assert kept in lines
    assert gone not in lines


def test_a_key_string_is_kept_as_its_hash(typist: Typist) -> None:
    data = "AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7"
    typist.type("username ops", "ip ssh pubkey-chain", "username ops", "key-string", data[:16], data[16:], "exit")
    assert typist.mode == "conf-ssh-pubkey-user"
    assert typist.section("ip ssh pubkey-chain") == [
        " username ops",
        "  key-hash ssh-rsa 66EABF78EE220B7D3F4849547DC74CE2",
    ]
    assert data[:16] not in typist.text


def test_a_type_9_secret_is_that_of_ios() -> None:
    """The pair is the one that hashcat publishes for its mode 9300."""
    assert is_secret("hashcat", "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6")
    assert not is_secret("hashcatt", "$9$2MJBozw/9R3UsU$2lFhcKvpghcyw8deP25GOfyZaagyUOGBymkryvOdfo6")


def test_a_plain_secret_is_kept_hashed(typist: Typist) -> None:
    typist.type("username ops secret hunter22")
    assert "hunter22" not in typist.text
    assert "username ops secret 9 $9$" in typist.text
