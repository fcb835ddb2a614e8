"""Results of all checks as they could come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import aws_router_name, remote_router_name, stack_names
from mcastlab.verify.findings import CheckResult, Finding, Layer, Subject, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mcastlab.lab.model import Lab


def subject(kind: str, name: str, site: str | None = None) -> Subject:
    return Subject(kind=kind, name=name, site=site)


def _stacks(lab: Lab) -> Iterator[Subject]:
    for name in stack_names(lab):
        yield subject("stack", name)


def _tunnels(lab: Lab) -> Iterator[Subject]:
    for site in lab.sites:
        for number in (101, 102):
            yield subject("vpn_tunnel", f"Tunnel{number}", site.name)


def _bgp(lab: Lab) -> Iterator[Subject]:
    for site in lab.sites:
        for network in site.tunnels:
            yield subject("bgp", str(next(network.hosts())), site.name)


def _gre(lab: Lab) -> Iterator[Subject]:
    for site in lab.sites:
        yield subject("gre_tunnel", site.gre_interface, site.name)


def _routers(lab: Lab) -> Iterator[Subject]:
    yield subject("router", aws_router_name(lab))
    for site in lab.sites:
        yield subject("router", remote_router_name(lab, site), site.name)


def _hosts(lab: Lab) -> Iterator[Subject]:
    for name in lab.host_names:
        yield subject("host", name)


def _groups(lab: Lab) -> Iterator[Subject]:
    for group in lab.groups:
        yield subject("group", group.name)


def _devices(lab: Lab) -> Iterator[Subject]:
    for site in lab.sites:
        for device in site.machines:
            yield subject("device", device.name, site.name)


LAYERS: Final = {
    **dict.fromkeys(("stacks", "domain", "security_groups"), Layer.AWS),
    **dict.fromkeys(("vpn", "bgp"), Layer.VPN),
    "routes": Layer.ROUTING,
    **dict.fromkeys(("gre", "mtu"), Layer.OVERLAY),
    **dict.fromkeys(("pim", "rendezvous_point", "rpf"), Layer.MULTICAST),
    **dict.fromkeys(("throughput", "igmp", "members", "far-members"), Layer.ENDPOINTS),
}

CHECKS: Final[tuple[tuple[str, str, str, Callable[[Lab], Iterator[Subject]], str, str], ...]] = (
    ("stacks", "Stacks are complete", "AWS CloudFormation, Stack status codes", _stacks,
     "The stack stands at CREATE_COMPLETE or UPDATE_COMPLETE", "CREATE_COMPLETE"),
    ("domain", "The multicast domain stands", "AWS Transit Gateway, Multicast",
     lambda lab: iter((subject("gateway", lab.name), subject("domain", lab.name))),
     "IGMPv2 is on, and every member subnet is associated", "Igmpv2Support enable, 1 of 1 subnets associated"),
    ("security_groups", "Security groups let it pass", "AWS Transit Gateway, Multicast routing",
     lambda lab: (subject("security_group", f"{lab.name}-{role}") for role in ("hosts", "router")),
     "IGMP queries from 0.0.0.0/32 and the groups' UDP may come in", "protocol 2 from 0.0.0.0/32, UDP 5004"),
    ("routes", "Routes lead to the loopbacks", "AWS Transit Gateway, Route tables",
     lambda lab: iter((subject("route_table", f"{lab.name}-members"), subject("route_table", "gateway"))),
     "10.255.0.10 leads to the router's interface", "10.255.0.0/28 to eni-0aaaaaaaaaaaaaaaa"),
    ("vpn", "VPN tunnels are up", "AWS Site-to-Site VPN, Tunnel status", _tunnels,
     "IKEv2 and ESP stand on both ends", "READY; inbound and outbound ESP; AWS says UP"),
    ("bgp", "BGP sessions are established", "RFC 4271, section 8", _bgp,
     "The session is established and the remote networks are learnt", "established for 00:14:22, 3 prefixes"),
    ("throughput", "Licensed throughput", "Cisco C8000V, Throughput configuration", _routers,
     "At least 250000 kb/s", "current throughput level is 250000 kb/s"),
    ("gre", "GRE is reachable", "RFC 2784", _gre,
     "The remote end answers from loopback to loopback", "5 of 5 answers, 3 ms"),
    ("mtu", "Sizes fit", "AWS Site-to-Site VPN, Best practices for a customer gateway device", _gre,
     "1380 octets pass whole, not one more", "1380 pass, 1381 do not"),
    ("pim", "PIM neighbours", "RFC 7761, section 4.3.1", _gre,
     "Each router sees the other on the GRE tunnel", "172.16.200.1 and 172.16.200.2, up 00:14:20"),
    ("rendezvous_point", "All agree on the rendezvous point", "RFC 7761, section 3.7", _routers,
     "10.255.0.10 for 224.0.0.0/4", "10.255.0.10, static"),
    ("rpf", "Reverse paths lead through GRE", "RFC 7761, section 4.1.6", _routers,
     "RPF for 10.255.0.10 and 10.10.1.0/24 is Tunnel200", "Tunnel200, 172.16.200.1, multicast (static)"),
    ("igmp", "Hosts speak IGMPv2", "AWS Transit Gateway, Multicast on Nitro instances", _hosts,
     "force_igmp_version is 2", "2"),
    ("members", "Members are in the domain", "AWS Transit Gateway, Multicast group membership", _groups,
     "The router's interface is a member and a source", "2 members, 1 source"),
    ("far-members", "Devices are heard on the LAN", "RFC 2236, section 6", _devices,
     "The remote router lists the group on its LAN interface", "239.1.1.1 on GigabitEthernet3"),
)  # fmt: skip


def check_results(
    lab: Lab, failing: dict[str, str] | None = None, *, stop_after: str | None = None, where: Sequence[str] = ()
) -> tuple[CheckResult, ...]:
    """Return the results: `failing` says what a failing check saw; after `stop_after` no check is reached."""
    failing = failing or {}
    found: list[CheckResult] = []
    stopped = False
    for key, title, source, subjects, expected, seen in CHECKS:
        if stopped:
            found.append(
                CheckResult(
                    key=key,
                    layer=LAYERS[key],
                    title=title,
                    source=source,
                    verdict=Verdict.NOT_REACHED,
                    reason=f"{stop_after} fails",
                )
            )
            continue
        findings = tuple(
            Finding(
                subject=each,
                expected=expected,
                seen=failing[key] if key in failing and (not where or each.site in where) else seen,
                verdict=Verdict.FAILS if key in failing and (not where or each.site in where) else Verdict.HOLDS,
                where=f"show {key}",
            )
            for each in subjects(lab)
        )
        verdict = Verdict.FAILS if any(each.verdict is Verdict.FAILS for each in findings) else Verdict.HOLDS
        found.append(
            CheckResult(
                key=key,
                layer=LAYERS[key],
                title=title,
                source=source,
                verdict=verdict,
                findings=findings,
                seconds=0.4,
            )
        )
        stopped = stopped or key == stop_after
    return tuple(found)
