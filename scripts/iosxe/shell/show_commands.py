"""The show commands: one row each."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final, TypeVar

from iosxe.config.bgp import written_asn
from iosxe.config.interfaces import all_interfaces
from iosxe.config.text import section
from iosxe.shell import facts
from iosxe.shell.console import PRIVILEGED, Args, Console, ExecCommand
from iosxe.show import counts, crypto, igmp, interfaces, multicast, routing, system

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from iosxe.device import RouterDevice
    from iosxe.shell.console import Run
    from iosxe.state import LiveMroute

Shown = TypeVar("Shown")
AnyPort = TypeVar("AnyPort", interfaces.Port, igmp.IgmpPort)

DEFAULT_MBITS: Final = 10
"""What a C8000V forwards without a licence, Mbit/s. Source: Cisco, C8000V throughput levels."""


def _shows(tell: Callable[[Shown], str], ask: Callable[[RouterDevice], Awaitable[Shown]]) -> Run:
    """Return the command that prints what somebody tells of the router."""

    async def run(console: Console, _args: Args) -> str:
        return tell(await ask(console.device))

    return run


def _shows_of_interface(
    tell: Callable[[list[AnyPort]], str], ask: Callable[[RouterDevice], Awaitable[list[AnyPort]]]
) -> Run:
    """Return the command that prints interfaces: all of them, or the one that is named."""

    async def run(console: Console, args: Args) -> str:
        wanted = args.get("interface")
        return tell([port for port in await ask(console.device) if wanted in {None, port.state.name}])

    return run


def _shows_mroutes(tell: Callable[[Iterable[LiveMroute]], str], *, counted: bool = False) -> Run:
    """Return the command that prints multicast routes: all of them, or those of the group that is named."""

    async def run(console: Console, args: Args) -> str:
        if not console.device.running.root.has("ip multicast-routing"):
            return "IP Multicast Forwarding is not enabled.\n"
        wanted = args.get("group")
        routes = await facts.mroutes(console.device, counted=counted)
        return tell(one for one in routes if wanted in {None, str(one.group)})

    return run


async def _running(console: Console, args: Args) -> str:
    device = console.device
    if "interface" not in args:
        return system.running(device.running_text(everything="all" in args), device.changed)
    node = all_interfaces(device.running).get(args["interface"])
    return system.running_part(section(node)) if node is not None else "% Invalid interface\n"


async def _version(console: Console, _args: Args) -> str:
    device = console.device
    up_s = (device.now() - device.booted_at).total_seconds()
    return system.version(device.image, device.hostname, up_s, device.booted_at)


async def _clock(console: Console, _args: Args) -> str:
    return system.clock(console.device.now())


async def _log(console: Console, _args: Args) -> str:
    return system.logging(list(console.device.log))


async def _route_to(console: Console, args: Args) -> str:
    address = IPv4Address(args["address"])
    backend, bgp = console.device.backend, next(console.device.running.root.every("router bgp"), None)
    routes = [route for route in await backend.routes() if address in route.prefix and route.prefix.prefixlen]
    # Of a local route and the connected one around it IOS names the local one, as it is the longer.
    best = max(routes, key=lambda route: route.prefix.prefixlen, default=None)
    asn = "" if bgp is None else written_asn(console.device.running, int(bgp.args["asn"]))
    peers = await backend.bgp_peers()
    remote = next((each.remote_as for each in peers if best is not None and each.address == best.next_hop), None)
    return routing.ip_route_to(best, asn, asn if remote is None else written_asn(console.device.running, remote))


async def _routes_of(console: Console, args: Args) -> str:
    routes = await console.device.backend.routes()
    return routing.ip_route(route for route in routes if route.source == args["source"])


async def _isakmp(_console: Console, _args: Args) -> str:
    return crypto.NO_ISAKMP_SA


async def _bgp(console: Console, _args: Args) -> str:
    running = next(console.device.running.root.every("router bgp"), None)
    if running is None:
        return "% BGP not active\n"
    peers = await console.device.backend.bgp_peers()
    return routing.bgp_summary(
        await facts.router_id(console.device),
        int(running.args["asn"]),
        peers,
        partial(written_asn, console.device.running),
    )


async def _rp_mapping(console: Console, _args: Args) -> str:
    own = {state.address.ip for state in await console.device.backend.interfaces() if state.address is not None}
    points = facts.points(console.device)
    return multicast.rp_mapping(points, is_rp=any(point.address in own for point in points))


async def _rpf(console: Console, args: Args) -> str:
    address = IPv4Address(args["address"])
    running = next(console.device.running.root.every("router bgp"), None)
    found = await console.device.backend.rpf(address)
    asn = None if running is None else written_asn(console.device.running, int(running.args["asn"]))
    return routing.ip_rpf(address, found, asn)


async def _ipsec(console: Console, args: Args) -> str:
    return crypto.ipsec_sa(await facts.ipsec_ports(console.device), args.get("interface"))


async def _throughput(console: Console, _args: Args) -> str:
    root = console.device.running.root
    level = root.arg("platform hardware throughput level MB", "level", str(DEFAULT_MBITS))
    return f"The current throughput level is {int(level) * 1000} kb/s\n"


COMMANDS: Final = (
    ExecCommand("write terminal", _running, PRIVILEGED),
    ExecCommand("show running-config [interface <interface:interface>]", _running, PRIVILEGED),
    ExecCommand("show running-config {all:all}", _running, PRIVILEGED),
    ExecCommand("show version", _version),
    ExecCommand("show clock", _clock),
    ExecCommand("show logging", _log, PRIVILEGED),
    ExecCommand("show ip interface brief", _shows(interfaces.in_brief, facts.ports)),
    ExecCommand("show interfaces [<interface:interface>]", _shows_of_interface(interfaces.in_full, facts.ports)),
    ExecCommand("show ip route", _shows(routing.ip_route, lambda device: device.backend.routes())),
    ExecCommand("show ip route {source!:static|connected|bgp}", _routes_of),
    ExecCommand("show ip route <address:ip>", _route_to),
    ExecCommand("show ip bgp summary", _bgp),
    ExecCommand("show crypto ikev2 sa", _shows(crypto.ikev2_sa, lambda device: device.backend.ikev2_sas())),
    ExecCommand("show crypto isakmp sa", _isakmp),
    ExecCommand("show crypto ipsec sa [interface <interface:interface>]", _ipsec),
    ExecCommand("show ip pim neighbor", _shows(multicast.pim_neighbor, lambda device: device.backend.pim_neighbors())),
    ExecCommand("show ip pim interface", _shows(multicast.pim_interface, facts.pim_ports)),
    ExecCommand("show ip pim rp mapping", _rp_mapping),
    ExecCommand("show ip pim tunnel", _shows(multicast.pim_tunnel, facts.register_tunnels_of)),
    ExecCommand("show ip mroute [<group:ip>]", _shows_mroutes(multicast.mroute)),
    ExecCommand("show ip mroute [<group:ip>] count", _shows_mroutes(counts.mroute_count, counted=True)),
    ExecCommand("show ip igmp groups", _shows(multicast.igmp_groups, facts.igmp_groups)),
    ExecCommand(
        "show ip igmp interface [<interface:interface>]", _shows_of_interface(igmp.igmp_interface, facts.igmp_ports)
    ),
    ExecCommand("show ip rpf <address:ip>", _rpf),
    ExecCommand("show platform hardware throughput level", _throughput),
)
