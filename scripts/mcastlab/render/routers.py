"""The configuration of a lab's routers as text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcastlab.lab.design.addresses import gre_addresses, loopback_block
from mcastlab.lab.design.names import RouterNames, aws_router_name, remote_router_name
from mcastlab.lab.design.router_routes import LabRoutes
from mcastlab.lab.design.routers import sender_interfaces
from mcastlab.lab.design.routes import site_networks
from mcastlab.lab.design.sizes import MtuBudget, budget_of
from mcastlab.render.engine import fill_in
from mcastlab.render.user_templates import refuse_all, with_own
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address, IPv4Interface, IPv4Network

    from mcastlab.facts import Facts, SiteFacts, TunnelFacts
    from mcastlab.lab.model import Lab, Site
    from mcastlab.lab.own_files import FileOfLab
    from mcastlab_base.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class GreLink:
    """One end of a GRE tunnel between the AWS router and a remote router."""

    interface: str
    peer: str
    address: IPv4Interface
    destination: IPv4Address
    mtu: MtuBudget
    remote_networks: tuple[IPv4Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vti:
    """An IPsec tunnel interface of a remote router."""

    interface: str
    outside_address: IPv4Address
    aws_address: IPv4Interface
    customer_address: IPv4Interface
    aws_asn: int
    pre_shared_key: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A router's configuration: `shown` with its keys masked, `text` to send; line for line the same.

    `origins` tells of each line where it stands in a template: ``parts/gre.j2:4``, or ``labs/mine.j2:7`` where it is
    the lab's own, whose lines come after ours.
    """

    router: str
    template: str
    shown: str
    text: Secret
    origins: tuple[str, ...]


def render_aws_router(lab: Lab) -> Rendered:
    """Return the AWS router's configuration.

    Raises:
        BadInputError: a template is broken; the text names file and line of each problem.
    """
    links = tuple(
        GreLink(
            interface=site.gre_interface,
            peer=site.name,
            address=gre_addresses(site)[0],
            destination=site.router.loopback,
            mtu=budget_of(lab, site),
            remote_networks=site_networks(site),
        )
        # IOS prints interfaces by number.
        for site in sorted(lab.sites, key=lambda site: site.gre_tunnel)
    )
    values = {"lab": lab, "links": links, "names": RouterNames(), "sender_interfaces": sender_interfaces(lab)}
    return _rendered(aws_router_name(lab), "aws_router.j2", values, lab.router.template)


def render_remote_router(lab: Lab, site: Site, facts: SiteFacts, routes: LabRoutes | None = None) -> Rendered:
    """Return a remote router's configuration; `routes` spares to derive the lab's for each site anew.

    Raises:
        BadInputError: as `render_aws_router`.
    """
    link = GreLink(
        interface=site.gre_interface,
        peer="AWS",
        address=gre_addresses(site)[1],
        destination=lab.router.loopback,
        mtu=budget_of(lab, site),
        remote_networks=tuple(route.network for route in (routes or LabRoutes(lab)).remote_router(site).mroutes.all),
    )
    values = {
        "lab": lab,
        "names": RouterNames(loopback=site.router.loopback_interface),
        "site": site,
        "link": link,
        "gre_block": loopback_block(lab),
        "tunnels": _vtis(site, facts.tunnels),
        "advertised": site_networks(site),
    }
    return _rendered(remote_router_name(lab, site), "remote_router.j2", values, site.router.template)


def render_all(lab: Lab, facts: Facts) -> tuple[Rendered, ...]:
    """Return the configuration of the AWS router, then of the routers of the sites that the facts are about.

    Raises:
        BadInputError: templates are broken; the text names all that is wrong in any of them.
    """
    found: list[Rendered] = []
    problems: list[BadInputError] = []
    for render in _renderers(lab, facts):
        try:
            found.append(render())
        except BadInputError as error:
            problems.append(error)
    refuse_all(problems)
    return tuple(found)


def _renderers(lab: Lab, facts: Facts) -> list[Callable[[], Rendered]]:
    routes = LabRoutes(lab)
    remote = [
        partial(render_remote_router, lab, site, facts.sites[site.name], routes)
        for site in lab.sites
        if site.name in facts.sites
    ]
    return [partial(render_aws_router, lab), *remote]


def _vtis(site: Site, tunnels: tuple[TunnelFacts, ...]) -> tuple[Vti, ...]:
    return tuple(
        Vti(
            interface=interface,
            outside_address=tunnel.outside_address,
            aws_address=tunnel.aws_address,
            customer_address=tunnel.customer_address,
            aws_asn=tunnel.aws_asn,
            pre_shared_key=tunnel.pre_shared_key,
        )
        for interface, tunnel in zip(site.router.vpn_interfaces, tunnels, strict=False)
    )


def _rendered(router: str, template: str, values: Mapping[str, object], own: FileOfLab | None) -> Rendered:
    filled = with_own(fill_in(template, values), own, values)
    return Rendered(router=router, template=template, shown=filled.shown, text=filled.text, origins=filled.origins)
