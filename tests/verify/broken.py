"""One thing broken at a time in what is seen of a sound lab: the cases of the checks and of the diagnoses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, Final

from verify import sound_cloud
from verify.sound import lab_of, sound, with_aws, with_lines, with_router

from mcastlab.ios.configuration import parse
from mcastlab.ios.show.multicast import Rpf
from mcastlab.ios.show.routing import RouteTo
from mcastlab.ios.show.system import Ping
from mcastlab.verify.snapshot.lab import Unseen
from mcastlab.verify.snapshot.routers import ObservedRouter

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.verify.snapshot.aws import ObservedRule
    from mcastlab.verify.snapshot.lab import Snapshot

    Change = Callable[[Snapshot], Snapshot]

SILENT: Final = Ping(sent=2, received=0, average_ms=None)


@dataclass(frozen=True)
class Case:
    """A break, the causes that it must give and no other, the checks that must fail, and words of the first cause."""

    name: str
    change: Change
    keys: tuple[str, ...]
    checks: tuple[str, ...]
    words: tuple[str, ...] = ()
    later: bool = False


def unseen(snapshot: Snapshot, what: str, why: str) -> Snapshot:
    """Return the snapshot in which something could not be looked at."""
    routers = {name: view for name, view in snapshot.routers.items() if name != what}
    hosts = {name: view for name, view in snapshot.hosts.items() if name != what}
    trouble = (*snapshot.unseen, Unseen(what=what, why=why, hint="try again"))
    return replace(snapshot, routers=routers, hosts=hosts, unseen=trouble)


def vpn_down(snapshot: Snapshot, site: str, *numbers: int) -> Snapshot:
    """Return the snapshot in which tunnels of a site are down at both ends, and what follows from it."""
    outside = {each.outside_address for each in snapshot.facts.sites[site].tunnels} if snapshot.facts else set()
    chosen = [address for number, address in enumerate(sorted(outside), start=1) if number in numbers]
    names = {f"Tunnel{100 + number}" for number in numbers}

    def change(view: ObservedRouter) -> ObservedRouter:
        view = replace(
            view,
            ikev2=tuple(each for each in view.ikev2 if each.remote not in chosen),
            interfaces=tuple(
                replace(each, protocol_up=False) if each.name in names else each for each in view.interfaces
            ),
        )
        return replace(view, underlay=SILENT, overlay=SILENT, full_size=SILENT) if len(numbers) > 1 else view

    vpns = dict(snapshot.aws.vpns)
    vpns[site] = replace(
        vpns[site],
        tunnels=tuple(
            replace(each, up=False, message="IPSEC IS DOWN") if each.outside_address in chosen else each
            for each in vpns[site].tunnels
        ),
    )
    return with_router(with_aws(snapshot, vpns=vpns), site, change)


def other_keys(snapshot: Snapshot, site: str, *, down: bool) -> Snapshot:
    """Return the snapshot in which a site's keys differ."""
    snapshot = vpn_down(snapshot, site, 1, 2) if down else snapshot
    return with_router(snapshot, site, lambda view: replace(view, keys=dict.fromkeys(view.keys, False)))


def cut(snapshot: Snapshot, *sites: str) -> Snapshot:
    """Return the snapshot in which nothing passes between the routers' loopbacks."""
    for site in sites:
        snapshot = with_router(
            snapshot, site, lambda view: replace(view, underlay=SILENT, overlay=SILENT, full_size=SILENT)
        )
    return snapshot


def bare(snapshot: Snapshot, site: str) -> Snapshot:
    """Return the snapshot in which a site's router was never configured."""
    running = "version 17.9\nhostname r\ninterface GigabitEthernet1\n ip address dhcp\nend\n"

    def change(view: ObservedRouter) -> ObservedRouter:
        return ObservedRouter(
            name=view.name,
            site=view.site,
            throughput_kbits=10_000,
            interfaces=tuple(each for each in view.interfaces if each.name.startswith("Gigabit")),
            underlay=SILENT,
            overlay=SILENT,
            full_size=SILENT,
            rpf=dict.fromkeys(view.rpf),
            running=running,
            tree=parse(running),
        )

    return with_router(vpn_down(snapshot, site, 1, 2), site, change)


def line_down(name: str) -> Callable[[ObservedRouter], ObservedRouter]:
    """Shut an interface down."""

    def change(view: ObservedRouter) -> ObservedRouter:
        interfaces = tuple(
            replace(each, admin_up=False, protocol_up=False) if each.name == name else each for each in view.interfaces
        )
        return replace(view, interfaces=interfaces)

    return change


def without_gre(view: ObservedRouter) -> ObservedRouter:
    """Remove the GRE tunnel, as ``no interface`` does: with the mroutes that name it."""
    start = view.running.index(f"interface {GRE}")
    end = view.running.index("interface", start + 9)
    kept = [line for line in (view.running[:start] + view.running[end:]).splitlines() if not line.endswith(f" {GRE}")]
    running = "\n".join(kept)
    return replace(
        view,
        running=running,
        tree=parse(running),
        interfaces=tuple(each for each in view.interfaces if each.name != GRE),
        pim_interfaces=tuple(each for each in view.pim_interfaces if each.interface != GRE),
        pim_neighbors=(),
        rpf={to: None if path is None or path.interface == GRE else path for to, path in view.rpf.items()},
        overlay=SILENT,
        full_size=SILENT,
    )


def line_protocol_down(name: str) -> Callable[[ObservedRouter], ObservedRouter]:
    """Let an interface be up and its line protocol be down."""

    def change(view: ObservedRouter) -> ObservedRouter:
        interfaces = tuple(replace(each, protocol_up=False) if each.name == name else each for each in view.interfaces)
        return replace(view, interfaces=interfaces)

    return change


def static_route(interface: str) -> Callable[[ObservedRouter], ObservedRouter]:
    """Give a remote router a static route to the AWS router's loopback."""

    def change(view: ObservedRouter) -> ObservedRouter:
        line = f"ip route {RP} 255.255.255.255 {interface}"
        view = with_lines(view.running, f"{view.running}{line}\n")(view)
        route = RouteTo(
            prefix=IPv4Network(f"{RP}/32"), known_via="static", distance=1, next_hops=(), interfaces=(interface,)
        )
        return replace(view, routes={IPv4Address(RP): route})

    return change


def without_pim(name: str) -> Callable[[ObservedRouter], ObservedRouter]:
    """Take PIM off an interface."""

    def change(view: ObservedRouter) -> ObservedRouter:
        running = view.running.replace(f"interface {name}\n ip pim sparse-mode", f"interface {name}")
        assert running != view.running
        view = with_lines(view.running, running)(view)
        return replace(view, pim_interfaces=tuple(each for each in view.pim_interfaces if each.interface != name))

    return change


def looks_back(address: str, interface: str) -> Callable[[ObservedRouter], ObservedRouter]:
    """Let a router look back to an address by another interface."""

    def change(view: ObservedRouter) -> ObservedRouter:
        found = Rpf(interface=interface, neighbor=None, prefix=IPv4Network("0.0.0.0/0"), kind="unicast (bgp 1)")
        assert IPv4Address(address) in view.rpf
        return replace(view, rpf={**view.rpf, IPv4Address(address): found})

    return change


def both(*changes: Callable[[ObservedRouter], ObservedRouter]) -> Callable[[ObservedRouter], ObservedRouter]:
    """Make several changes of a router."""

    def change(view: ObservedRouter) -> ObservedRouter:
        for each in changes:
            view = each(view)
        return view

    return change


def without_rules(snapshot: Snapshot, group: str, unwanted: Callable[[ObservedRule], bool]) -> Snapshot:
    """Take rules out of a security group."""
    groups = dict(snapshot.aws.security_groups)
    groups[group] = replace(groups[group], rules=tuple(each for each in groups[group].rules if not unwanted(each)))
    assert groups != snapshot.aws.security_groups
    return with_aws(snapshot, security_groups=groups)


def without_vpc_route(snapshot: Snapshot, network: str) -> Snapshot:
    """Take a route out of every table of the VPC."""
    tables = {
        table: tuple(route for route in routes if str(route.network) != network)
        for table, routes in snapshot.aws.route_tables.items()
    }
    assert tables != snapshot.aws.route_tables
    return with_aws(snapshot, route_tables=tables)


def gateway_table(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Change the gateway's route table."""
    table = snapshot.aws.gateway_tables[sound_cloud.TABLE]
    return with_aws(snapshot, gateway_tables={sound_cloud.TABLE: replace(table, **changes)})


def without_gateway_routes(snapshot: Snapshot, to: str, *, propagates: bool) -> Snapshot:
    """Take the routes to an attachment out of the gateway's table."""
    table = snapshot.aws.gateway_tables[sound_cloud.TABLE]
    return gateway_table(
        snapshot,
        routes=tuple(route for route in table.routes if to not in route.attachments),
        propagating=tuple(each for each in table.propagating if propagates or each != to),
    )


def domain(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Change the multicast domain."""
    assert snapshot.aws.domain is not None
    return with_aws(snapshot, domain=replace(snapshot.aws.domain, **changes))


def router_instance(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Change the AWS router's instance."""
    assert snapshot.aws.router is not None
    return with_aws(snapshot, router=replace(snapshot.aws.router, **changes))


def host_instance(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Change the first host's instance."""
    hosts = dict(snapshot.aws.hosts)
    hosts["buoy-1"] = replace(hosts["buoy-1"], **changes)
    return with_aws(snapshot, hosts=hosts)


SNAPSHOT: Final = sound(lab_of())
OSLO: Final = SNAPSHOT.lab.sites[0]
GRE: Final = OSLO.gre_interface
RP: Final = str(SNAPSHOT.lab.rendezvous_point)
FAR: Final = str(OSLO.router.loopback)
