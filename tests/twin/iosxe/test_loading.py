"""A router boots from somebody else's configuration: what it does not act on stays in it as text."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from twin.iosxe.screen import Lab, at_a_router

from iosxe.config.interfaces import all_interfaces
from iosxe.config.loading import load, summary_of
from iosxe.config.node import Config
from iosxe.config.text import configuration
from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from iosxe.shell.server import knows_password
from mcastlab.ios.configuration import parse, paths

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

INSIDE = "hostname HACKED\ninterface Loopback66\n ip address 10.66.6.6 255.255.255.255\n!\n"
TEXTS = {
    "a banner": f"banner motd ^C\n{INSIDE}^C\n",
    "a banner with the octet": f"banner login \x03\n{INSIDE}\x03\n",
    "a banner with a letter": f"banner exec Z Welcome\n{INSIDE}Z\n",
    "a banner of a kind that nobody knows": f"banner config-save ^C\n{INSIDE}^C\n",
    "a banner that ends in a line of text": f"banner incoming # Welcome\n{INSIDE}and good bye #\n",
    "a banner of aaa": f"aaa authentication banner ^C\n{INSIDE}^C\n",
    "a banner of aaa with a character": f"aaa authentication fail-message %\n{INSIDE}%\n",
    "a menu's title": f"menu OPS title ^C\n{INSIDE}^C\nmenu OPS text 1 Show ^C of routes\n",
    "a menu's prompt": f"menu OPS prompt ?\n{INSIDE}?\n",
    "a vacant message": f"line aux 0\n vacant-message ^C\n{INSIDE}^C\n",
    "a refusing line": f"line aux 0\n refuse-message !\n{INSIDE.replace('!', '')}!\n",
    "a host that is busy": f"busy-message host.example ~\n{INSIDE}~\n",
    "a macro": f"macro name ACCESS\n{INSIDE}@\n",
    "a certificate": f"crypto pki certificate chain TP\n certificate ca 01\n{INSIDE}  \tquit\n",
    "a public key": f"crypto key pubkey-chain rsa\n addressed-key 192.0.2.1\n  key-string\n{INSIDE}  quit\n",
    "a raw request": f"ip sla 9\n http raw http://192.0.2.1\n  http-raw-request\n{INSIDE}  exit\n",
    "a text of a command that nobody knows": f"frobnicate message ^C\n{INSIDE}^C\n",
}
ONE_LINE = (
    "alias exec crypto show running-config | section ^Crypto",
    " action 1.0 cli command ^C",
    "menu OPS text 1 ^C",
    "snmp-server contact ^C",
    " description ^C",
    " 10 remark ^C of the plant",
)
"""Lines in which the mark may stand and opens nothing."""


def booted(startup: str) -> VirtualRouter:
    router = VirtualRouter("r", "c8000v", ("GigabitEthernet1",), MemoryBackend())

    async def boot() -> None:
        await router.load(startup)
        await router.close()

    asyncio.run(boot())
    return router


@pytest.mark.parametrize("kind", TEXTS)
def test_text_that_looks_like_configuration_is_text(kind: str) -> None:
    startup = f"hostname OWNER\n{TEXTS[kind]}ip route 10.9.0.0 255.255.0.0 Null0\nend\n"
    device = booted(startup).device
    assert device.hostname == "OWNER"
    assert list(all_interfaces(device.running)) == ["GigabitEthernet1"]
    assert "ip route 10.9.0.0 255.255.0.0 Null0" in device.running_text()
    assert "HACKED" in device.running_text()
    for text in (startup, device.running_text()):
        found = {path[0] for path in paths(parse(text))}
        assert {"hostname OWNER", "ip route 10.9.0.0 255.255.0.0 Null0"} <= found
        assert not {"hostname HACKED", "interface Loopback66"} & found


@pytest.mark.parametrize("line", ONE_LINE)
def test_a_mark_in_a_line_of_its_own_opens_nothing(line: str) -> None:
    startup = f"interface GigabitEthernet1\n{line}\n!\nhostname OWNER\nbanner motd ^Cthe end^C\n"
    assert ("hostname OWNER",) in paths(parse(startup))
    assert booted(startup).device.hostname == "OWNER"


def test_channels_of_a_port_are_interfaces_and_may_have_parts() -> None:
    lines = (
        *("interface Serial0/1/0:15", " description signalling"),
        *("interface Serial0/1/1:0", " ip address 192.0.2.1 255.255.255.252"),
        *("interface Serial0/1/1:0.5", " description a part"),
        "ip route 10.9.0.0 255.255.0.0 Serial0/1/1:0 192.0.2.2",
    )
    router = booted("\n".join((*lines, "end\n")))
    assert router.boot_log == ()
    assert {"Serial0/1/0:15", "Serial0/1/1:0", "Serial0/1/1:0.5"} <= set(all_interfaces(router.device.running))
    assert set(lines) <= set(router.running_config.splitlines())


LINES = "line con 0\nline vty 0 4\n transport input ssh\nline vty 5 15\n login authentication OWNERS\nend\n"


@pytest.mark.parametrize("aaa", [False, True])
def test_lines_have_no_login_of_their_own_where_aaa_decides_and_users_get_in_all_the_same(aaa: bool) -> None:  # noqa: FBT001
    router = booted(f"{'aaa new-model' if aaa else ''}\nusername lab privilege 15 password 0 lab\n{LINES}")
    shown = router.running_config.splitlines()
    assert (" login" in shown) is not aaa
    assert " login authentication OWNERS" in shown
    assert knows_password(router.device, "lab", "lab") is aaa


OWNERS = """\
aaa new-model
aaa group server tacacs+ TAC
 server-private 192.0.2.9 key 7 0822455D0A16
ip cef
hostname OWNER
vrf definition PLANT
 rd 65000:1
 !
 address-family ipv4
 exit-address-family
archive
 path bootflash:saved
interface GigabitEthernet1
 ip address 192.0.2.1 255.255.255.0
 ip nbar protocol-discovery
 zone-member security OUTSIDE
 service-policy type inspect Q
interface GigabitEthernet0/0/2.100
 encapsulation dot1Q 100
 vrf forwarding PLANT
 ip address 192.0.2.1 255.255.255.0
interface Tunnel5
 ip unnumbered Dialer1
 tunnel source Dialer1
 tunnel destination 198.51.100.1
interface Dialer1
 ip address negotiated
router bgp 65001
 template peer-policy EDGE
  prefix-list IN in
 exit-peer-policy
 neighbor CORE peer-group
 neighbor 192.0.2.7 remote-as 65002
 !
 address-family ipv4
  neighbor CORE send-community both
  neighbor 192.0.2.7 activate
 exit-address-family
 !
 address-family ipv4 vrf PLANT
  redistribute connected
 exit-address-family
event manager applet LINK
 event syslog pattern "^%LINK"
 action 1.0 cli command "enable"
line vty 0 4
 login authentication OWNERS
end
"""


def with_a_lab(startup: str, work: Callable[[Lab], Awaitable[None]]) -> None:
    at_a_router(work, startup)


def test_what_is_kept_is_printed_where_it_stood_and_read_again_to_the_same() -> None:
    device = booted(OWNERS).device
    text = device.running_text()
    assert paths(parse(OWNERS)).keys() <= paths(parse(text)).keys()
    again = load(Config(), text, device.interfaces)
    assert configuration(again.config, device.image.version) == text
    # A VRF has a table of its own, and its address is none of the global one's.
    assert text.count("ip address 192.0.2.1 255.255.255.0") == 2
    assert "no aaa new-model" not in text


def test_what_is_not_acted_on_is_reported_once_and_by_kind_alone() -> None:
    router = booted(OWNERS)
    reported = summary_of(line.kind for line in router.boot_log)
    assert reported.startswith(("aaa ", "router: ", "interface: "))
    assert "event manager" in reported
    assert "0822455D0A16" not in reported
    assert "192.0.2.9" not in reported
    logged = [line for line in router.device.log if "kept as text" in line]
    assert len(logged) == 1
    assert "0822455D0A16" not in "".join(router.device.log)


def test_a_confirmed_change_that_is_not_confirmed_goes_back_to_the_text() -> None:
    async def work(lab: Lab) -> None:
        before = lab.running
        screen = await lab.type(
            "configure terminal revert timer 5", "interface Loopback9", "hostname NEW", "end", "configure revert now"
        )
        assert "Rollback Done" in screen
        assert lab.running == before
        # What was never there is refused in a file as well.
        other = before.replace("\nend\n", "\nfrobnicate\nend\n")
        lab.router.device.flash.write("other", other, lab.clock.now())
        screen = await lab.type("configure replace bootflash:other force")
        assert "frobnicate" in screen
        assert lab.running == before

    with_a_lab(OWNERS, work)


def test_a_reload_keeps_the_text() -> None:
    async def work(lab: Lab) -> None:
        before = lab.running
        await lab.router.reboot()
        assert lab.running == before

    with_a_lab(OWNERS, work)


def test_text_is_taken_out_by_its_first_line_and_nothing_else_is_taken() -> None:
    async def work(lab: Lab) -> None:
        screen = await lab.type("configure terminal", "no event manager applet LINK", "ip cef", "ip cef distributed")
        assert screen.count("% Invalid input") == 1
        assert "applet" not in lab.running
        assert "ip cef\n" in lab.running
        screen = await lab.type("configure terminal", "interface gi1", "no ip nbar protocol-discovery", "end")
        assert "% Invalid input" not in screen
        assert "nbar" not in lab.running

    with_a_lab(OWNERS, work)
