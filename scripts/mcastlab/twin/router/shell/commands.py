"""The exec commands: one row each, in user mode and in privileged mode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final, Protocol

from mcastlab.twin.router.config.interfaces import all_interfaces
from mcastlab.twin.router.config.passwords import is_secret
from mcastlab.twin.router.config.text import section
from mcastlab.twin.router.grammar.ghosts import GHOSTS
from mcastlab.twin.router.grammar.pattern import parse
from mcastlab.twin.router.grammar.trie import Grammar
from mcastlab.twin.router.shell import facts
from mcastlab.twin.router.show import crypto, interfaces, multicast, routing, system

if TYPE_CHECKING:
    from mcastlab.twin.router.device import Device

USER, PRIVILEGED = 1, 15
PING_TIMEOUT_S: Final = 2
ENABLE_TRIES: Final = 3


class Console(Protocol):
    """What a command may do to the session that it runs in."""

    device: Device
    level: int
    length: int
    width: int

    async def ask(self, prompt: str, *, echo: bool = True) -> str:
        """Ask the user."""

    def configure(self) -> None:
        """Enter configuration mode."""

    def leave(self) -> None:
        """End the session."""


Args = Mapping[str, str]
Run = Callable[[Console, Args], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Command:
    """An exec command."""

    pattern: str
    run: Run
    level: int = USER


async def _enable(console: Console, _args: Args) -> str:
    hashed = console.device.running.root.arg("enable secret", "secret")
    if console.level == PRIVILEGED:
        return ""
    if not hashed:
        return "% No password set\n"
    for _ in range(ENABLE_TRIES):
        if is_secret(await console.ask("Password: ", echo=False), hashed):
            console.level = PRIVILEGED
            return ""
    return "% Bad secrets\n\n"


async def _disable(console: Console, _args: Args) -> str:
    console.level = USER
    return ""


async def _leave(console: Console, _args: Args) -> str:
    console.leave()
    return ""


async def _length(console: Console, args: Args) -> str:
    console.length = int(args["lines"])
    return ""


async def _width(console: Console, args: Args) -> str:
    console.width = int(args["columns"])
    return ""


async def _nothing(_console: Console, _args: Args) -> str:
    return ""


async def _configure(console: Console, args: Args) -> str:
    if "terminal" not in args:
        answer = await console.ask("Configuring from terminal, memory, or network [terminal]? ")
        if answer.strip() and not "terminal".startswith(answer.strip().lower()):
            return '?Must be "terminal", "memory" or "network"\n'
    console.configure()
    return "Enter configuration commands, one per line.  End with CNTL/Z.\n"


async def _running(console: Console, args: Args) -> str:
    device = console.device
    if "interface" not in args:
        return system.running(device.running_text(), device.changed)
    node = all_interfaces(device.running).get(args["interface"])
    return system.running_part(section(node)) if node is not None else "% Invalid interface\n"


async def _startup(console: Console, _args: Args) -> str:
    return system.startup(console.device.startup)


async def _write(console: Console, _args: Args) -> str:
    console.device.save()
    return "Building configuration...\n[OK]\n"


async def _copy(console: Console, _args: Args) -> str:
    await console.ask("Destination filename [startup-config]? ")
    return await _write(console, {})


async def _version(console: Console, _args: Args) -> str:
    device = console.device
    up_s = (device.now() - device.booted_at).total_seconds()
    return system.version(device.image, device.hostname, up_s, device.booted_at)


async def _clock(console: Console, _args: Args) -> str:
    return system.clock(console.device.now())


async def _log(console: Console, _args: Args) -> str:
    lines = console.device.log
    head = f"Syslog logging: enabled\n\nLog Buffer ({len(lines)} messages):\n\n"
    return head + "".join(f"{line}\n" for line in lines)


async def _brief(console: Console, _args: Args) -> str:
    return interfaces.in_brief(await facts.ports(console.device))


async def _interfaces(console: Console, args: Args) -> str:
    every = await facts.ports(console.device)
    wanted = args.get("interface")
    return interfaces.in_full([port for port in every if wanted in {None, port.state.name}])


async def _route(console: Console, _args: Args) -> str:
    return routing.ip_route(await console.device.backend.routes())


async def _bgp(console: Console, _args: Args) -> str:
    running = next(console.device.running.root.every("router bgp"), None)
    if running is None:
        return "% BGP not active\n"
    peers = await console.device.backend.bgp_peers()
    return routing.bgp_summary(await facts.router_id(console.device), int(running.args["asn"]), peers)


async def _ikev2(console: Console, _args: Args) -> str:
    return crypto.ikev2_sa(await console.device.backend.ikev2_sas())


async def _pim_neighbor(console: Console, _args: Args) -> str:
    return multicast.pim_neighbor(await console.device.backend.pim_neighbors())


async def _pim_interface(console: Console, _args: Args) -> str:
    return multicast.pim_interface(await facts.pim_ports(console.device))


async def _rp_mapping(console: Console, _args: Args) -> str:
    own = {state.address.ip for state in await console.device.backend.interfaces() if state.address is not None}
    points = facts.points(console.device)
    return multicast.rp_mapping(points, is_rp=any(point.address in own for point in points))


async def _mroute(console: Console, args: Args) -> str:
    if not console.device.running.root.has("ip multicast-routing"):
        return "IP Multicast Forwarding is not enabled.\n"
    wanted = args.get("group")
    routes = await console.device.backend.mroutes()
    return multicast.mroute(route for route in routes if wanted in {None, str(route.group)})


async def _igmp_groups(console: Console, _args: Args) -> str:
    return multicast.igmp_groups(await console.device.backend.igmp_groups())


async def _rpf(console: Console, args: Args) -> str:
    address = IPv4Address(args["address"])
    return routing.ip_rpf(address, await console.device.backend.rpf(address))


async def _ping(console: Console, args: Args) -> str:
    source: IPv4Address | None = None
    if "interface" in args:
        source = await facts.own_address(console.device, args["interface"])
        if source is None:
            return "% Invalid source interface - IP not enabled or interface is down\n"
    elif "source" in args:
        source = IPv4Address(args["source"])
        own = {state.address.ip for state in await console.device.backend.interfaces() if state.address is not None}
        if source not in own:
            return "% Invalid source address- IP address not on any of our up interfaces\n"
    size = int(args.get("size", "100"))
    destination = IPv4Address(args["destination"])
    result = await console.device.backend.ping(
        destination, source=source, count=int(args.get("count", "5")), size=size, timeout_s=PING_TIMEOUT_S
    )
    return system.ping(destination, source, size, PING_TIMEOUT_S, result)


COMMANDS: Final = (
    Command("enable [<number:1-15>]", _enable),
    Command("disable [<number:0-15>]", _disable),
    Command("exit", _leave),
    Command("logout", _leave),
    Command("quit", _leave),
    Command("terminal length <lines:0-512>", _length),
    Command("terminal width <columns:0-512>", _width),
    Command("terminal monitor", _nothing, PRIVILEGED),
    Command("terminal no monitor", _nothing, PRIVILEGED),
    Command("configure [{terminal:terminal}]", _configure, PRIVILEGED),
    Command("write [memory]", _write, PRIVILEGED),
    Command("write terminal", _running, PRIVILEGED),
    Command("copy running-config startup-config", _copy, PRIVILEGED),
    Command("show running-config [interface <interface:interface>]", _running, PRIVILEGED),
    Command("show startup-config", _startup, PRIVILEGED),
    Command("show version", _version),
    Command("show clock", _clock),
    Command("show logging", _log, PRIVILEGED),
    Command("show ip interface brief", _brief),
    Command("show interfaces [<interface:interface>]", _interfaces),
    Command("show ip route", _route),
    Command("show ip bgp summary", _bgp),
    Command("show crypto ikev2 sa", _ikev2),
    Command("show ip pim neighbor", _pim_neighbor),
    Command("show ip pim interface", _pim_interface),
    Command("show ip pim rp mapping", _rp_mapping),
    Command("show ip mroute [<group:ip>]", _mroute),
    Command("show ip igmp groups", _igmp_groups),
    Command("show ip rpf <address:ip>", _rpf),
    Command(
        "ping [ip] <destination:ip> [repeat <count:1-2147483647>] [size <size:36-18024>]"
        " [source (<interface:interface> | <source:ip>)] [repeat <count:1-2147483647>] [size <size:36-18024>]",
        _ping,
    ),
)


@cache
def grammar(level: int) -> Grammar[Command]:
    """Return the commands that a privilege level may use."""
    found: Grammar[Command] = Grammar()
    for command in COMMANDS:
        if command.level <= level:
            for path in parse(command.pattern).set_paths():
                found.add(path, command)
    for prefix, words in GHOSTS["exec"].items():
        found.add_ghosts(prefix, words.split())
    return found
