"""``show ip interface brief`` and ``show interfaces``.

Source: Cisco, Interface and Hardware Component Command Reference, fields of ``show interfaces``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from iosxe.grammar.names import is_hardware, is_subinterface, numbers_of, short_name, split_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

    from iosxe.config.node import Node
    from iosxe.state import InterfaceState

KBITS: Final = {
    "Loopback": 8_000_000,
    "Tunnel": 100,
    "Dialer": 56,
    "Ethernet": 10_000,
    "FastEthernet": 100_000,
    "TenGigabitEthernet": 10_000_000,
    "TwentyFiveGigE": 25_000_000,
    "FortyGigabitEthernet": 40_000_000,
    "HundredGigE": 100_000_000,
}
GIGABIT: Final = 1_000_000
_HARDWARE: Final = {"Vlan": "EtherSVI", "BDI": "BDI", "Port-channel": "GEChannel"}
_POINT_TO_POINT: Final = ("Dialer", "Serial", "Cellular", "Virtual-Template")
NAME_WIDTH: Final = 23
BRIEF_ORDER: Final = {"GigabitEthernet": 0, "Loopback": 1, "Tunnel": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An interface: what the configuration says of it and how it runs. A register tunnel has no configuration."""

    state: InterfaceState
    node: Node | None
    source: IPv4Address | None = None
    """The address that a tunnel sends from."""
    saved: bool = True
    """Whether its address is in the start-up configuration too."""


def in_brief(ports: Sequence[Port]) -> str:
    """Return ``show ip interface brief``: physical interfaces first."""
    lines = ["Interface              IP-Address      OK? Method Status                Protocol"]
    for port in sorted(ports, key=lambda each: _brief_order(each.state.name)):
        state = port.state
        address = "unassigned" if state.address is None else str(state.address.ip)
        status = "up" if state.admin_up else "administratively down"
        protocol = "up" if state.protocol_up else "down"
        name = state.name if len(state.name) < NAME_WIDTH else short_name(state.name)
        lines.append(f"{name:<{NAME_WIDTH}}{address:<16}YES {_method(port):<7}{status:<22}{protocol:<8}")
    return "\n".join(lines) + "\n"


def _brief_order(name: str) -> tuple[int, tuple[int, ...]]:
    first = 0 if is_hardware(name) else len(BRIEF_ORDER)
    return BRIEF_ORDER.get(_kind(name), first), numbers_of(name)


def _kind(name: str) -> str:
    return split_name(name)[0]


def _method(port: Port) -> str:
    line = port.node.find("ip address") if port.node is not None else None
    if line is None:
        return "unset"
    if "address" not in line.args:
        return {"ip address dhcp": "DHCP", "ip address negotiated": "IPCP"}.get(line.line, "TFTP")
    return "NVRAM" if port.saved else "manual"


def in_full(ports: Sequence[Port]) -> str:
    """Return ``show interfaces``."""
    return "".join(_full(port) for port in sorted(ports, key=lambda each: _brief_order(each.state.name)))


def _full(port: Port) -> str:
    state, kind = port.state, _kind(port.state.name)
    status = "up" if state.admin_up else "administratively down"
    protocol = "up" if state.protocol_up else "down"
    lines = [f"{state.name} is {status}, line protocol is {protocol} ", *_hardware(port, kind)]
    if port.node is not None and port.node.has("description"):
        lines.append(f"  Description: {port.node.arg('description', 'text')}")
    if port.node is None:
        lines.append("  Description: Pim Register Tunnel (Encap) for RP")
    if state.address is not None:
        lines.append(f"  Internet address is {state.address}")
    lines += [
        f"  MTU {_mtu(state, kind)} bytes, BW {_bandwidth(port, kind)} Kbit/sec, DLY {_delay(kind)} usec, ",
        "     reliability 255/255, txload 1/255, rxload 1/255",
        f"  Encapsulation {_encapsulation(port, kind)}",
        f"  Keepalive {_keepalive(port, kind)}",
        *(_tunnel(port) if kind == "Tunnel" else ()),
        *(_ethernet(port, kind) if _is_ethernet(kind) else ()),
        *(_part_counters(state) if is_subinterface(state.name) else _counters(state, kind)),
    ]
    return "\n".join(lines) + "\n"


def _is_ethernet(kind: str) -> bool:
    return kind not in {"Loopback", "Tunnel", *_POINT_TO_POINT}


def _hardware(port: Port, kind: str) -> list[str]:
    if not _is_ethernet(kind):
        return [f"  Hardware is {'Unknown' if kind == 'Dialer' else kind}"]
    digits = (port.state.hardware_address or "00:00:00:00:00:00").replace(":", "")
    dotted = ".".join(digits[at : at + 4] for at in (0, 4, 8))
    return [f"  Hardware is {_HARDWARE.get(kind, 'vNIC')}, address is {dotted} (bia {dotted})"]


def _mtu(state: InterfaceState, kind: str) -> int:
    """Return the interface's own MTU; a tunnel's is fixed, and what it carries stands in its own line."""
    return {"Tunnel": 9976, "Loopback": 1514}.get(kind, state.mtu)


def _bandwidth(port: Port, kind: str) -> str:
    said = port.node.arg("bandwidth", "kbps") if port.node is not None else ""
    return said or str(KBITS.get(kind, GIGABIT))


def _delay(kind: str) -> int:
    return {"Tunnel": 50000, "Loopback": 5000}.get(kind, 10)


def _encapsulation(port: Port, kind: str) -> str:
    line = port.node.find("encapsulation dot1Q") if port.node is not None else None
    if line is not None:
        return f"802.1Q Virtual LAN, Vlan ID  {line.args['vlan']}."
    name = "PPP" if kind in _POINT_TO_POINT else {"Tunnel": "TUNNEL", "Loopback": "LOOPBACK"}.get(kind, "ARPA")
    return f"{name}, loopback not set"


def _keepalive(port: Port, kind: str) -> str:
    line = port.node.find("keepalive") if port.node is not None else None
    if kind == "Tunnel" and line is not None:
        return f"set ({line.args.get('period', '10')} sec), retries {line.args.get('retries', '3')}"
    if _is_ethernet(kind) and (line is None or not line.negative):
        return f"set ({line.args.get('period', '10') if line is not None else '10'} sec)"
    return "set (10 sec)" if kind == "Loopback" else "not set"


def _tunnel(port: Port) -> list[str]:
    node = port.node
    state = "up" if port.state.protocol_up else "down"
    lines = [f"  Tunnel linestate evaluation {state}"]
    if node is None:
        lines += [
            f"  Tunnel source {port.source or 'UNKNOWN'}, destination UNKNOWN",
            "  Tunnel protocol/transport PIM/IPv4",
            "  Tunnel TOS/Traffic Class 0xC0,  Tunnel TTL 255",
        ]
        return [*lines, f"  Tunnel transport MTU {port.state.mtu} bytes", "  Tunnel is transmit only"]
    name = node.arg("tunnel source", "interface")
    source = f"{port.source or 'UNKNOWN'} ({name})" if name else str(port.source or "UNKNOWN")
    destination = node.arg("tunnel destination", "address", "UNKNOWN")
    ipsec = node.arg("tunnel mode", "mode") == "ipsec"
    lines += [
        f"  Tunnel source {source}, destination {destination}",
        f"  Tunnel protocol/transport {'IPSEC/IP' if ipsec else 'GRE/IP'}",
    ]
    if not ipsec:
        lines += ["    Key disabled, sequencing disabled", "    Checksumming of packets disabled"]
    lines += [
        "  Tunnel TTL 255, Fast tunneling enabled",
        f"  Tunnel transport MTU {port.state.mtu} bytes",
        "  Tunnel transmit bandwidth 8000 (kbps)",
        "  Tunnel receive bandwidth 8000 (kbps)",
    ]
    profile = node.arg("tunnel protection ipsec profile", "profile")
    return [*lines, f'  Tunnel protection via IPSec (profile "{profile}")'] if profile else lines


def _ethernet(port: Port, kind: str) -> list[str]:
    arp = "  ARP type: ARPA, ARP Timeout 04:00:00"
    if not is_hardware(port.state.name):
        return [arp]
    return [
        f"  Full Duplex, {KBITS.get(kind, GIGABIT) // 1000}Mbps, link type is auto, media type is Virtual",
        "  output flow-control is unsupported, input flow-control is unsupported",
        arp,
    ]


def _part_counters(state: InterfaceState) -> list[str]:
    """Return the lines of a subinterface, which has no queues of its own."""
    return [
        f"     {state.packets_in} packets input, {state.bytes_in} bytes",
        f"     {state.packets_out} packets output, {state.bytes_out} bytes",
        '  Last clearing of "show interface" counters never',
    ]


def _counters(state: InterfaceState, kind: str) -> list[str]:
    lines = [
        "  Last input never, output never, output hang never",
        '  Last clearing of "show interface" counters never',
        "  Input queue: 0/375/0/0 (size/max/drops/flushes); Total output drops: 0",
        "  Queueing strategy: fifo",
        "  Output queue: 0/40 (size/max)",
        "  5 minute input rate 0 bits/sec, 0 packets/sec",
        "  5 minute output rate 0 bits/sec, 0 packets/sec",
        f"     {state.packets_in} packets input, {state.bytes_in} bytes, 0 no buffer",
        "     Received 0 broadcasts (0 IP multicasts)",
        "     0 runts, 0 giants, 0 throttles ",
        "     0 input errors, 0 CRC, 0 frame, 0 overrun, 0 ignored" + ("" if _is_ethernet(kind) else ", 0 abort"),
    ]
    if _is_ethernet(kind):
        lines.append("     0 watchdog, 0 multicast, 0 pause input")
    lines += [
        f"     {state.packets_out} packets output, {state.bytes_out} bytes, 0 underruns",
        "     0 output errors, 0 collisions, 0 interface resets",
        "     0 unknown protocol drops",
    ]
    if _is_ethernet(kind):
        lines += ["     0 babbles, 0 late collision, 0 deferred", "     0 lost carrier, 0 no carrier, 0 pause output"]
    return [*lines, "     0 output buffer failures, 0 output buffers swapped out"]
