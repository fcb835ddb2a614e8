"""What our readers and genie make of one answer, in one shape each: compared are the fields that our readers have."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Final

from mcastlab.ios.show import archive, igmp, multicast, routing, system, vpn
from mcastlab_base.as_numbers import as_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Values = dict[str, Any]
"""By a key of the row, its values as text."""


def _text(*values: object) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in values)


def _ours_version(found: system.Version) -> Values:
    return {"version": _text(found.hostname, found.release)}


def _genie_version(found: Any) -> Values:
    said = found["version"]
    return {"version": _text(said.get("hostname"), said.get("version"))}


def _ours_interfaces(found: Iterable[system.InterfaceCounts]) -> Values:
    return {each.name: _text(each.packets_in, each.packets_out) for each in found}


def _genie_interfaces(found: Any) -> Values:
    counters = {name: said.get("counters") or {} for name, said in found.items()}
    return {
        name: _text(each["in_pkts"], each["out_pkts"])
        for name, each in counters.items()
        if {"in_pkts", "out_pkts"} <= set(each)
    }


def _ours_brief(found: Iterable[system.InterfaceBrief]) -> Values:
    return {each.name: _text(each.address or "unassigned", each.admin_up, each.protocol_up) for each in found}


def _genie_brief(found: Any) -> Values:
    return {
        name: _text(said["ip_address"], "admin" not in said["status"], said["protocol"] == "up")
        for name, said in found["interface"].items()
    }


def _ours_ikev2(found: Iterable[vpn.Ikev2Sa]) -> Values:
    return {
        f"{each.local}/{each.local_port} {each.remote}/{each.remote_port} {each.active_s}": tuple(
            map(str.casefold, _text(each.status, each.encryption, each.key_bits, each.integrity, each.dh_group))
        )
        for each in found
    }


def _genie_ikev2(found: Any) -> Values:
    flat = []
    for said in (*found.get("ipv4", {}).values(), *found.get("tunnel_id", {}).values()):
        local = said.get("local") or f"{said['local_ip']}/{said['local_port']}"
        remote = said.get("remote") or f"{said['remote_ip']}/{said['remote_port']}"
        flat.append((f"{local} {remote} {said.get('active_time')}", said))
    return {
        key: tuple(
            map(
                str.casefold,
                _text(
                    said["status"],
                    said.get("encryption"),
                    said.get("keysize"),
                    said.get("hash"),
                    said.get("dh_group", said.get("dh_grp")),
                ),
            )
        )
        for key, said in flat
        if ":" not in key
    }


def _ours_ipsec(found: Iterable[vpn.IpsecSa]) -> Values:
    values: Values = {}
    for each in found:
        ident = sum(key.startswith(f"{each.interface} ") for key in values) + 1
        values[f"{each.interface} {ident}"] = _text(
            *(each.local, each.remote, each.packets_encrypted, each.packets_decrypted),
            *(each.send_errors, each.receive_errors, each.outbound_spi),
        )
    return values


def _genie_ipsec(found: Any) -> Values:
    return {
        f"{interface} {ident}": _text(
            *(said.get("local_crypto_endpt"), said.get("peer_ip"), said.get("pkts_encrypt"), said.get("pkts_decrypt")),
            *(said.get("send_errors"), said.get("recv_errors")),
            int(str(said["current_outbound_spi"]).partition("(")[0], 16),
        )
        for interface, each in found["interface"].items()
        for ident, said in each["ident"].items()
        if ":" not in str(said.get("peer_ip"))
    }


def _ours_bgp(found: Iterable[vpn.BgpPeer]) -> Values:
    return {
        str(each.address): _text(each.remote_as, each.state if each.prefixes is None else each.prefixes)
        for each in found
    }


def _genie_bgp(found: Any) -> Values:
    return {
        address: _text(as_number(str(family["as"])), family["state_pfxrcd"])
        for vrf in found["vrf"].values()
        for address, said in vrf["neighbor"].items()
        for family in said["address_family"].values()
        if ":" not in address
    }


def _ours_pim_interface(found: Iterable[multicast.PimInterface]) -> Values:
    return {each.interface: _text(each.address, each.neighbors, each.dr or "0.0.0.0", each.sparse) for each in found}  # noqa: S104  (none)


def _genie_pim_interface(found: Any) -> Values:
    return {
        name: _text(said["address"][0], said["neighbor_count"], said["dr_address"], "sparse" in said["mode"])
        for vrf in found["vrf"].values()
        for name, each in vrf["interfaces"].items()
        for said in each["address_family"].values()
    }


def _ours_pim_neighbor(found: Iterable[multicast.PimNeighbor]) -> Values:
    return {f"{each.address} {each.interface}": _text(each.dr_priority, each.is_dr) for each in found}


def _genie_pim_neighbor(found: Any) -> Values:
    return {
        f"{address} {name}": _text(said.get("dr_priority"), "designated_router" in said and said["designated_router"])
        for vrf in found["vrf"].values()
        for name, each in vrf["interfaces"].items()
        for family in each["address_family"].values()
        for address, said in family["neighbors"].items()
    }


def _ours_mappings(found: Iterable[multicast.RpMapping]) -> Values:
    return {f"{each.groups or each.access_list} {each.rp}": _text(each.static) for each in found}


def _genie_mappings(found: Any) -> Values:
    return {
        f"{said['group']} {said['rp_address']}": _text(said["protocol"] == "static")
        for vrf in found["vrf"].values()
        for family in vrf["address_family"].values()
        for said in family["rp"]["rp_mappings"].values()
    }


def _ours_tunnels(found: Iterable[multicast.PimTunnel]) -> Values:
    return {each.interface.removeprefix("Tunnel"): _text(each.decap, each.rp, each.source) for each in found}


def _genie_tunnels(found: Any) -> Values:
    return {
        number: _text("Decap" in said["type"], said["rp"].rstrip("*"), said["source"].replace("-", ""))
        for number, said in found["tunnels"].items()
        if re.fullmatch(r"[\d.]+\*?", said["rp"])
    }


def _ours_igmp(found: Iterable[igmp.IgmpInterface]) -> Values:
    return {
        each.interface: _text(
            *(each.address, each.version, each.query_interval_s, each.querier, *sorted(map(str, each.joined)))
        )
        for each in found
    }


def _genie_igmp(found: Any) -> Values:
    return {
        name: _text(
            *(said.get("interface_address"), said.get("router_version"), said.get("query_interval")),
            *(said.get("querier"), *sorted(said.get("joined_group", ()))),
        )
        for vrf in found["vrf"].values()
        for name, said in vrf["interface"].items()
        if said.get("enable")
    }


def _ours_groups(found: Iterable[igmp.IgmpGroup]) -> Values:
    return {f"{each.group} {each.interface}": _text(each.last_reporter) for each in found}


def _genie_groups(found: Any) -> Values:
    return {f"{group} {said['intf']}": _text(said["last_reporter"]) for group, said in found["igmp_groups"].items()}


def _ours_mroutes(found: Iterable[multicast.Mroute]) -> Values:
    return {
        f"{each.source or '*'} {each.group}": _text(
            *(each.rp or "", each.flags, each.incoming_interface or "Null"),
            *sorted(f"{out.interface} {out.forwarding}" for out in each.outgoing),
        )
        for each in found
    }


def _genie_mroutes(found: Any) -> Values:
    return {
        f"{source} {group}": _text(
            *(said.get("rp", "").replace("0.0.0.0", ""), said.get("flags", "").strip()),  # noqa: S104  (none)
            next(iter(said.get("incoming_interface_list", {})), "Null"),
            *sorted(
                f"{name} {out['state_mode'].startswith('forward')}"
                for name, out in said.get("outgoing_interface_list", {}).items()
            ),
        )
        for vrf in found["vrf"].values()
        for family in vrf["address_family"].values()
        for group, each in family.get("multicast_group", {}).items()
        for source, said in each["source_address"].items()
        if "/" not in group
    }


def _ours_counts(found: Iterable[multicast.MrouteCount]) -> Values:
    return {str(each.group): _text(each.packets) for each in found if each.source}


def _genie_counts(found: Any) -> Values:
    return {group: _text(said["pkt_forwarded"]) for group, said in found["group_id"].items() if said["source_count"]}


def _ours_rpf(found: multicast.Rpf | None) -> Values:
    return {} if found is None else {found.interface: _text(found.prefix, found.neighbor, found.kind.split()[0])}


def _genie_rpf(found: Any) -> Values:
    return {
        said["interface_name"]: _text(
            ip_network(said["route_mask"]),
            None if said.get("directly_connected") else said["neighbor_address"],
            said["table_type"],
        )
        for vrf in found["vrf"].values()
        for said in vrf.get("path", {}).values()
    }


def _ours_route(found: routing.RouteTo | None) -> Values:
    if found is None:
        return {}
    return {str(found.prefix): _text(found.known_via, found.distance, *map(str, found.next_hops), *found.interfaces)}


def _genie_route(found: Any) -> Values:
    return {
        str(ip_network(f"{entry['ip']}/{entry.get('mask', 32)}")): _text(
            *(entry["known_via"], entry["distance"]),
            *(each["nexthop"] for each in entry["paths"].values() if each.get("nexthop")),
            *(each["interface"] for each in entry["paths"].values() if each.get("interface")),
        )
        for entry in found["entry"].values()
    }


def _ours_archive(found: archive.ConfigArchive | None) -> Values:
    return {} if found is None else {"archive": _text(*found.files)}


def _genie_archive(found: Any) -> Values:
    said = found["archive"]
    if "error" in said:
        return {}
    return {"archive": _text(*(each["file"] for key, each in said.items() if key.isdecimal()))}


def _ours_throughput(found: int) -> Values:
    return {"level": _text("unthrottled" if found == system.UNTHROTTLED else found)}


def _genie_throughput(found: Any) -> Values:
    return {"level": _text(found["curr_throughput_level"].partition(" ")[0])}


def _ours_ping(found: system.Ping) -> Values:
    return {"ping": _text(found.sent, found.received, found.average_ms)}


def _genie_ping(found: Any) -> Values:
    said = found["ping"]["statistics"]
    return {"ping": _text(said["send"], said["received"], said.get("round_trip", {}).get("avg_ms"))}


Reader = tuple["Callable[[str], Any]", "Callable[[Any], Values]", "Callable[[Any], Values]", str]

COMMANDS: Final[dict[str, Reader]] = {
    "ping": (system.ping, _ours_ping, _genie_ping, "ping 10.0.0.1"),
    "show archive": (archive.archive, _ours_archive, _genie_archive, ""),
    "show crypto ikev2 sa": (vpn.ikev2_sas, _ours_ikev2, _genie_ikev2, ""),
    "show crypto ikev2 sa detail*": (vpn.ikev2_sas, _ours_ikev2, _genie_ikev2, "show crypto ikev2 sa detail"),
    "show crypto ipsec sa": (vpn.ipsec_sas, _ours_ipsec, _genie_ipsec, ""),
    "show crypto ipsec sa detail*": (vpn.ipsec_sas, _ours_ipsec, _genie_ipsec, "show crypto ipsec sa detail"),
    "show interfaces": (system.interface_counts, _ours_interfaces, _genie_interfaces, ""),
    "show ip bgp summary": (vpn.bgp_peers, _ours_bgp, _genie_bgp, ""),
    "show ip igmp groups": (igmp.igmp_groups, _ours_groups, _genie_groups, ""),
    "show ip igmp interface": (igmp.igmp_interfaces, _ours_igmp, _genie_igmp, ""),
    "show ip interface brief": (system.interfaces_brief, _ours_brief, _genie_brief, ""),
    "show ip mroute": (multicast.mroutes, _ours_mroutes, _genie_mroutes, ""),
    "show ip mroute count": (multicast.mroute_counts, _ours_counts, _genie_counts, ""),
    "show ip pim interface": (multicast.pim_interfaces, _ours_pim_interface, _genie_pim_interface, ""),
    "show ip pim neighbor": (multicast.pim_neighbors, _ours_pim_neighbor, _genie_pim_neighbor, ""),
    "show ip pim rp mapping": (multicast.rp_mappings, _ours_mappings, _genie_mappings, ""),
    "show ip pim tunnel": (multicast.pim_tunnels, _ours_tunnels, _genie_tunnels, ""),
    "show ip route ADDR": (routing.route_to, _ours_route, _genie_route, "show ip route 10.0.0.9"),
    "show ip rpf": (multicast.rpf, _ours_rpf, _genie_rpf, "show ip rpf 10.0.0.9"),
    "show platform hardware throughput level": (system.throughput_kbits, _ours_throughput, _genie_throughput, ""),
    "show version": (system.version, _ours_version, _genie_version, ""),
}
"""By the command of a capture: our reader, both shapes, and what genie calls it where that is another."""
