"""The show commands: one row each."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from iosxe.config.interfaces import all_interfaces
from iosxe.config.text import section
from iosxe.shell import facts
from iosxe.shell.console import PRIVILEGED, Args, Command, Console
from iosxe.show import counts, crypto, igmp, interfaces, multicast, routing, system

DEFAULT_MBITS: Final = 10
"""What a C8000V forwards without a licence, Mbit/s. Source: Cisco, C8000V throughput levels."""


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


async def _brief(console: Console, _args: Args) -> str:
    return interfaces.in_brief(await facts.ports(console.device))


async def _interfaces(console: Console, args: Args) -> str:
    every = await facts.ports(console.device)
    wanted = args.get("interface")
    return interfaces.in_full([port for port in every if wanted in {None, port.state.name}])


async def _route(console: Console, _args: Args) -> str:
    return routing.ip_route(await console.device.backend.routes())


async def _route_to(console: Console, args: Args) -> str:
    address = IPv4Address(args["address"])
    backend, bgp = console.device.backend, next(console.device.running.root.every("router bgp"), None)
    routes = [route for route in await backend.routes() if address in route.prefix and route.prefix.prefixlen]
    # Of a local route and the connected one around it IOS names the local one, as it is the longer.
    best = max(routes, key=lambda route: route.prefix.prefixlen, default=None)
    return routing.ip_route_to(best, None if bgp is None else int(bgp.args["asn"]), await backend.bgp_peers())


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


async def _ipsec(console: Console, args: Args) -> str:
    return crypto.ipsec_sa(await facts.ipsec_ports(console.device), args.get("interface"))


async def _pim_tunnel(console: Console, _args: Args) -> str:
    return multicast.pim_tunnel(await facts.register_tunnels_of(console.device))


async def _mroute_count(console: Console, args: Args) -> str:
    if not console.device.running.root.has("ip multicast-routing"):
        return "IP Multicast Forwarding is not enabled.\n"
    wanted = args.get("group")
    routes = await console.device.backend.mroutes()
    return counts.mroute_count(route for route in routes if wanted in {None, str(route.group)})


async def _igmp_interface(console: Console, args: Args) -> str:
    every = await facts.igmp_ports(console.device)
    wanted = args.get("interface")
    return igmp.igmp_interface([port for port in every if wanted in {None, port.state.name}])


async def _throughput(console: Console, _args: Args) -> str:
    root = console.device.running.root
    level = root.arg("platform hardware throughput level MB", "level", str(DEFAULT_MBITS))
    return f"The current throughput level is {int(level) * 1000} kb/s\n"


COMMANDS: Final = (
    Command("write terminal", _running, PRIVILEGED),
    Command("show running-config [interface <interface:interface>]", _running, PRIVILEGED),
    Command("show running-config {all:all}", _running, PRIVILEGED),
    Command("show version", _version),
    Command("show clock", _clock),
    Command("show logging", _log, PRIVILEGED),
    Command("show ip interface brief", _brief),
    Command("show interfaces [<interface:interface>]", _interfaces),
    Command("show ip route", _route),
    Command("show ip route <address:ip>", _route_to),
    Command("show ip bgp summary", _bgp),
    Command("show crypto ikev2 sa", _ikev2),
    Command("show crypto ipsec sa [interface <interface:interface>]", _ipsec),
    Command("show ip pim neighbor", _pim_neighbor),
    Command("show ip pim interface", _pim_interface),
    Command("show ip pim rp mapping", _rp_mapping),
    Command("show ip pim tunnel", _pim_tunnel),
    Command("show ip mroute [<group:ip>]", _mroute),
    Command("show ip mroute [<group:ip>] count", _mroute_count),
    Command("show ip igmp groups", _igmp_groups),
    Command("show ip igmp interface [<interface:interface>]", _igmp_interface),
    Command("show ip rpf <address:ip>", _rpf),
    Command("show platform hardware throughput level", _throughput),
)
