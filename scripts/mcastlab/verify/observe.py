"""Look at a whole lab once: AWS, all routers, all hosts, at the same time; what cannot be seen is a value too."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from mcastlab.errors import LabError
from mcastlab.lab.design import roles
from mcastlab.lab.design.routers import designed_routers
from mcastlab.verify import needs
from mcastlab.verify.host_view import observe_host
from mcastlab.verify.observations import AwsView, Observations, RouterView, Unseen
from mcastlab.verify.router_view import observe_router

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from ipaddress import IPv4Address

    from mcastlab.facts import Facts
    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.lab.model import Group, Lab, Site
    from mcastlab.ports import RouterSession, Shell
    from mcastlab.secret import Secret

WORKERS: Final = 64
AWS: Final = "aws"
FACTS: Final = "facts"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The ways to what is looked at; each may raise a `LabError`."""

    account: Callable[[], AwsView]
    """Who we are, and the stacks."""
    facts: Callable[[], Facts]
    cloud: Callable[[Facts, AwsView], AwsView]
    """The whole cloud half, added to what `account` found."""
    router: Callable[[str, Facts | None], RouterSession]
    """A session on a router, by its name in reports. The caller closes it."""
    shells: Callable[[Facts | None], Mapping[str, Shell]]
    """A shell on every host and device that can be had."""


class _Notes:
    """What could not be seen, and how long each look took."""

    def __init__(self) -> None:
        self.unseen: list[Unseen] = []
        self.seconds: dict[str, float] = {}

    def look(self, what: str, act: Callable[[], _T]) -> _T | None:
        """Do it and return its value; an error is noted instead."""
        begin = time.monotonic()
        try:
            return act()
        except LabError as error:
            self.unseen.append(Unseen(what=what, why=error.text, hint=error.hint))
            return None
        finally:
            self.seconds[what] = time.monotonic() - begin


def observe(
    lab: Lab,
    sources: Sources,
    *,
    progress: Callable[[str], None],
    site: str | None = None,
    sends: bool = True,
    light: bool = False,
) -> tuple[Facts | None, Observations]:
    """Look at a lab.

    Args:
        lab: the lab.
        sources: the ways to its parts.
        progress: told what is being looked at.
        site: leave the other sites' routers and devices alone.
        sends: let each sender send one datagram, so that its TTL is seen.
        light: only what answers at once: no host and no ping, but the GRE tunnels' packet rates.

    Returns:
        What deployment made of it, where that can be told, and what was seen.
    """
    notes = _Notes()
    progress("AWS: account, stacks and their outputs")
    with ThreadPoolExecutor(max_workers=2) as pool:
        account_asked = pool.submit(notes.look, AWS, sources.account)
        facts = pool.submit(notes.look, FACTS, sources.facts).result()
        account = account_asked.result()
    shells = {} if light else notes.look("shells", lambda: sources.shells(facts)) or {}
    places = [place for place in designed_routers(lab) if place.site is None or site in {None, place.site.name}]
    hosts = [] if light else _hosts(lab, site)
    progress(f"AWS, {len(places)} routers and {len(hosts)} hosts and devices at the same time")
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        cloud_asked = pool.submit(_cloud, notes, sources, facts, account)
        routers_asked = [
            pool.submit(
                notes.look, place.name, partial(_router, lab, sources, facts, place, cloud=cloud_asked, light=light)
            )
            for place in places
            if place.site is not None or facts is not None
        ]
        hosts_asked = [
            pool.submit(notes.look, name, partial(observe_host, shells[name], of_site, group, sends=sends and sender))
            for name, of_site, group, sender in hosts
            if name in shells
        ]
        routers = [view for view in (asked.result() for asked in routers_asked) if view is not None]
        seen = [view for view in (asked.result() for asked in hosts_asked) if view is not None]
    for name in sorted(({place.name for place in places} | {each[0] for each in hosts}) - set(notes.seconds)):
        notes.unseen.append(Unseen(what=name, why="its instance is not known: a stack's output is missing"))
    return facts, Observations(
        aws=cloud_asked.result(),
        routers={view.name: view for view in routers},
        hosts={view.name: view for view in seen},
        unseen=tuple(sorted(notes.unseen, key=lambda each: each.what)),
        seconds=notes.seconds,
    )


def _cloud(notes: _Notes, sources: Sources, facts: Facts | None, account: AwsView | None) -> AwsView | None:
    if account is None or facts is None:
        return account
    return notes.look(AWS, lambda: sources.cloud(facts, account)) or account


def _router(
    lab: Lab,
    sources: Sources,
    facts: Facts | None,
    place: RouterDesign,
    *,
    cloud: Future[AwsView | None],
    light: bool,
) -> RouterView:
    session = sources.router(place.name, facts)
    try:
        # Who logs in meanwhile asks once AWS has told the addresses.
        paths = needs.reverse_paths(lab, addresses_of(cloud.result()))
        return observe_router(
            session,
            site=None if place.site is None else place.site.name,
            rpf_of=[path.address for path in paths if path.router == place.name],
            routes_to=place.gre_ends,
            keys={} if place.site is None or facts is None else _keys(facts, place.site),
            pings={} if light or place.site is None else needs.pings_of(lab, place.site),
            tunnels=[each.gre_interface for each in lab.sites if place.site in {None, each}] if light else (),
        )
    finally:
        session.close()


def _keys(facts: Facts, site: Site) -> dict[str, Secret]:
    return {str(tunnel.outside_address): tunnel.pre_shared_key for tunnel in facts.sites[site.name].tunnels}


def addresses_of(aws: AwsView | None) -> dict[str, IPv4Address]:
    """Return the address of each EC2 host that has one, by name."""
    return {} if aws is None else {name: each.address for name, each in aws.hosts.items() if each.address is not None}


def _hosts(lab: Lab, site: str | None) -> list[tuple[str, str | None, Group, bool]]:
    """Return each host and device with its site, a group that it has to do with, and whether it sends."""
    found: list[tuple[str, str | None, Group, bool]] = []
    for hosts in lab.hosts:
        groups = roles.sends(lab, hosts) or roles.receives(lab, hosts)
        found += [(name, None, groups[0], bool(roles.sends(lab, hosts))) for name in hosts.names if groups]
    for each in lab.sites:
        groups = roles.sends(lab, each) or roles.receives(lab, each)
        if site in {None, each.name}:
            found += [
                (device.name, each.name, groups[0], bool(roles.sends(lab, each))) for device in each.devices if groups
            ]
    return found
