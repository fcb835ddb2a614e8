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
from iosxe.show.multicast import Mapping, PimPort, RegisterTunnel
from iosxe.state import InterfaceState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iosxe.device import RouterDevice

NO_DR: Final = IPv4Address(0)
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


def points(device: RouterDevice) -> list[Mapping]:
    """Return the static rendezvous points as configured."""
    intent = intent_of(device.running)
    names = {
        IPv4Address(line.args["address"]): line.args.get("acl", "")
        for line in device.running.root.every("ip pim rp-address")
    }
    return [
        Mapping(
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


async def igmp_ports(device: RouterDevice) -> list[IgmpPort]:
    """Return the interfaces that run IGMP: those that run PIM."""
    states = {state.name: state for state in await device.backend.interfaces()}
    queriers = await device.backend.igmp_queriers()
    groups = await device.backend.igmp_groups()
    configured = all_interfaces(device.running)
    return [
        IgmpPort(
            state=states[port.name],
            version=int(configured[port.name].arg("ip igmp version", "version", "2")),
            query_interval_s=int(configured[port.name].arg("ip igmp query-interval", "seconds", "60")),
            querier=queriers.get(port.name),
            designated_router=None if port.designated_router == NO_DR else port.designated_router,
            joined=sorted(
                IPv4Address(line.args["group"]) for line in configured[port.name].every("ip igmp join-group")
            ),
            activity=sum(group.interface == port.name for group in groups),
        )
        for port in await pim_ports(device)
    ]


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
