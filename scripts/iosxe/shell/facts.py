"""What show commands need to know, asked of the backend and the configuration together."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from iosxe.config.interfaces import (
    PIM_MODE,
    all_interfaces,
    own_addresses,
    register_tunnels,
    static_address,
    vrf_of,
)
from iosxe.derive import intent_of
from iosxe.grammar.names import split_name
from iosxe.show.crypto import IpsecPort
from iosxe.show.igmp import IgmpPort
from iosxe.show.interfaces import Port
from iosxe.show.multicast import Mapping as RpMapping
from iosxe.show.multicast import PimPort, RegisterTunnel
from iosxe.state import InterfaceState, LiveIgmpGroup, LiveMroute, LiveOutgoingInterface

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iosxe.device import RouterDevice

NO_DR: Final = IPv4Address(0)
AUTO_RP: Final = IPv4Address("224.0.1.40")
REGISTER_MTU: Final = 1472


async def ports(device: RouterDevice) -> list[Port]:
    """Return every interface, PIM's register tunnels among them; an interface that the backend lacks is down."""
    states = {state.name: state for state in await device.backend.interfaces()}
    configured = all_interfaces(device.running)
    addresses = {name: state.address.ip for name, state in states.items() if state.address is not None}
    found: list[Port] = []
    for name, node in configured.items():
        state = states.get(name) or InterfaceState(
            name=name, address=None, admin_up=not node.has("shutdown"), protocol_up=False, mtu=1500
        )
        if vrf_of(node):
            # No backend has VRFs.
            state = replace(state, address=static_address(node))
        line = node.find("tunnel source")
        source = None if line is None else line.args.get("address") or addresses.get(line.args["interface"])
        found.append(
            Port(
                state=state,
                node=node,
                source=IPv4Address(source) if source is not None else None,
                saved=_is_saved(device, name, node.line),
            )
        )
    return [*found, *_register_ports(device, states)]


def _is_saved(device: RouterDevice, name: str, line: str) -> bool:
    """Say whether an interface's address stands in the start-up configuration as it does in the running one."""
    address = all_interfaces(device.running)[name].find("ip address")
    section = (device.startup or "").partition(f"\n{line}\n")[2].partition("\n!")[0]
    return address is not None and f" {address.line}" in section.splitlines()


def _register_ports(device: RouterDevice, states: dict[str, InterfaceState]) -> Iterable[Port]:
    source = device.running.root.arg("ip pim register-source", "interface")
    state = states.get(source)
    address = state.address if state is not None else None
    for name in register_tunnels(device.running):
        running = InterfaceState(name=name, address=address, admin_up=True, protocol_up=True, mtu=REGISTER_MTU)
        yield Port(state=running, node=None, source=address.ip if address is not None else None)


async def pim_ports(device: RouterDevice) -> list[PimPort]:
    """Return the interfaces that run PIM, with the designated router as PIM elects it.

    Source: RFC 7761, section 4.3.2: the highest priority, then the highest address.
    """
    neighbors = await device.backend.pim_neighbors()
    found: list[PimPort] = []
    for state in await device.backend.interfaces():
        node = all_interfaces(device.running).get(state.name)
        if node is None or not node.has(PIM_MODE) or state.address is None:
            continue
        beside = [neighbor for neighbor in neighbors if neighbor.interface == state.name]
        elected = max([(1, state.address.ip), *((each.dr_priority, each.address) for each in beside)])[1]
        found.append(
            PimPort(
                name=state.name,
                address=state.address.ip,
                neighbors=len(beside),
                designated_router=NO_DR if split_name(state.name)[0] == "Tunnel" else elected,
            )
        )
    return found


def points(device: RouterDevice) -> list[RpMapping]:
    """Return the static rendezvous points as configured."""
    intent = intent_of(device.running)
    names = {
        IPv4Address(line.args["address"]): line.args.get("acl", "")
        for line in device.running.root.every("ip pim rp-address")
    }
    return [
        RpMapping(
            address=point.address,
            groups=point.groups,
            access_list=names[point.address],
            override=point.override,
        )
        for point in intent.rendezvous_points
    ]


async def router_id(device: RouterDevice) -> IPv4Address | None:
    """Return the BGP router id: as configured, else the highest loopback, else the highest address."""
    bgp = intent_of(device.running).bgp
    if bgp is not None and bgp.router_id is not None:
        return bgp.router_id
    states = [state for state in await device.backend.interfaces() if state.address is not None]
    loopbacks = [state for state in states if state.name.startswith("Loopback")]
    return max((state.address.ip for state in loopbacks or states if state.address is not None), default=None)


async def own_address(device: RouterDevice, interface: str) -> IPv4Address | None:
    """Return the address that an interface has."""
    states = {state.name: state for state in await device.backend.interfaces()}
    state = states.get(interface)
    return state.address.ip if state is not None and state.address is not None else None


async def register_tunnels_of(device: RouterDevice) -> list[RegisterTunnel]:
    """Return the tunnels that PIM made for registering, each with its RP."""
    names = iter(register_tunnels(device.running))
    own = own_addresses(device.running)
    age_s = (device.now() - device.booted_at).total_seconds()
    register_source = device.running.root.arg("ip pim register-source", "interface")
    found: list[RegisterTunnel] = []
    for point in dict.fromkeys(
        IPv4Address(line.args["address"]) for line in device.running.root.every("ip pim rp-address")
    ):
        path = await device.backend.rpf(point)
        through = register_source or (path.interface if path is not None else "")
        source = point if point in own else await own_address(device, through)
        for decap, name in zip((False, True) if point in own else (False,), names, strict=False):
            found.append(
                RegisterTunnel(name=name, decap=decap, point=point, is_own=point in own, source=source, age_s=age_s)
            )
    return found


def auto_rp_port(device: RouterDevice) -> str | None:
    """Return the interface on which the router itself has joined Auto-RP's discovery, as it does by default.

    The configuration tells: to ask the backend for every route that is shown would take long.

    Source: Cisco, Configuring Auto-RP: a router that runs PIM listens to 224.0.1.40; captures show it on one interface.
    """
    root = device.running.root
    off = root.find("ip pim autorp")
    if not root.has("ip multicast-routing") or (off is not None and off.negative):
        return None
    every = all_interfaces(device.running).items()
    return next(
        (name for name, node in every if node.has(PIM_MODE) and node.has("ip address") and not node.has("shutdown")),
        None,
    )


def auto_rp_times(device: RouterDevice, name: str) -> tuple[float, float]:
    """Return how old the router's own membership is, and when it expires: queries renew it, seconds."""
    up_s = (device.now() - device.booted_at).total_seconds()
    interval = int(all_interfaces(device.running)[name].arg("ip igmp query-interval", "seconds", "60"))
    return up_s, 2 * interval + 10 - up_s % interval


async def igmp_groups(device: RouterDevice) -> list[LiveIgmpGroup]:
    """Return the groups with members, the router's own among them."""
    found = list(await device.backend.igmp_groups())
    name = auto_rp_port(device)
    address = await own_address(device, name) if name is not None else None
    if name is not None and address is not None:
        up_s, expires_s = auto_rp_times(device, name)
        found.append(
            LiveIgmpGroup(group=AUTO_RP, interface=name, uptime_s=up_s, expires_s=expires_s, last_reporter=address)
        )
    return found


async def mroutes(device: RouterDevice, *, counted: bool) -> list[LiveMroute]:
    """Return the multicast routes, that of Auto-RP's group among them: it has no rendezvous point and no source."""
    found = list(await device.backend.mroutes(counted=counted))
    name = auto_rp_port(device)
    if name is not None and not any(route.group == AUTO_RP for route in found):
        up_s, expires_s = auto_rp_times(device, name)
        found.append(
            LiveMroute(
                source=None,
                group=AUTO_RP,
                rendezvous_point=None,
                flags="DCL",
                uptime_s=up_s,
                expires_s=expires_s,
                incoming_interface=None,
                rpf_neighbor=None,
                rpf_is_mroute=False,
                registering=False,
                outgoing=(LiveOutgoingInterface(interface=name, uptime_s=up_s, expires_s=expires_s),),
            )
        )
    return found


async def igmp_ports(device: RouterDevice) -> list[IgmpPort]:
    """Return the interfaces, those that run IGMP with what it does there: it runs where PIM does."""
    queriers = await device.backend.igmp_queriers()
    groups = await device.backend.igmp_groups()
    running = {port.name: port for port in await pim_ports(device)}
    every = [port for port in await ports(device) if port.node is not None]
    discovering = auto_rp_port(device)
    return [_igmp_port(port, running.get(port.state.name), queriers, groups, discovering) for port in every]


def _igmp_port(
    port: Port,
    running: PimPort | None,
    queriers: Mapping[str, IPv4Address],
    groups: Sequence[LiveIgmpGroup],
    discovering: str | None,
) -> IgmpPort:
    name, node = port.state.name, port.node
    if node is None:
        raise AssertionError(f"{name}: only what is configured runs IGMP")
    interval = int(node.arg("ip igmp query-interval", "seconds", "60"))
    joined = {IPv4Address(line.args["group"]) for line in node.every("ip igmp join-group")}
    if name == discovering:
        joined.add(AUTO_RP)
    elected = running.designated_router if running is not None else NO_DR
    return IgmpPort(
        state=port.state,
        enabled=running is not None,
        version=int(node.arg("ip igmp version", "version", "2")),
        query_interval_s=interval,
        querier_timeout_s=int(node.arg("ip igmp querier-timeout", "seconds", str(2 * interval))),
        max_response_s=int(node.arg("ip igmp query-max-response-time", "seconds", "10")),
        last_member_ms=int(node.arg("ip igmp last-member-query-interval", "milliseconds", "1000")),
        access_group=node.arg("ip igmp access-group", "acl"),
        querier=queriers.get(name) if running is not None else None,
        designated_router=None if elected == NO_DR else elected,
        joined=sorted(joined) if running is not None else (),
        activity=sum(group.interface == name for group in groups) + (name == discovering),
    )


async def ipsec_ports(device: RouterDevice) -> list[IpsecPort]:
    """Return the tunnels that IPsec protects, each with its IKEv2 association."""
    every = {port.state.name: port for port in await ports(device)}
    associations = {sa.remote: sa for sa in await device.backend.ikev2_sas()}
    intent = intent_of(device.running)
    tunnels = {each.name: each.tunnel for each in intent.interfaces if each.tunnel is not None}
    found: list[IpsecPort] = []
    for each in intent.ipsec_tunnels:
        port, tunnel = every[each.interface], tunnels[each.interface]
        cipher, _, bits = each.esp_encryption.partition(" ")
        shown = f"{cipher.replace('esp-', f'esp-{bits}-')}" if bits else cipher
        found.append(
            IpsecPort(
                state=port.state,
                local=port.source or NO_DR,
                outside=tunnel.source if isinstance(tunnel.source, str) else "",
                remote=tunnel.destination,
                transform=" ".join(filter(None, (shown, each.esp_integrity))),
                pfs_group=each.pfs_group,
                lifetime_s=each.esp_lifetime_s,
                association=associations.get(tunnel.destination),
            )
        )
    return found
