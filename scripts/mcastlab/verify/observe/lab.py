"""Observe a whole lab once: AWS, all routers, all hosts, at the same time; what cannot be observed is a value too."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar

from mcastlab.command_line import LabCommand
from mcastlab.follow.snapshot import ObservedFollower
from mcastlab.lab.design import roles
from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.routers import designed_routers
from mcastlab.lab.design.sizes import budget_of
from mcastlab.verify.observe.hosts import observe_host
from mcastlab.verify.observe.routers import observe_router
from mcastlab.verify.snapshot.lab import AWS, FACTS, Snapshot, Unseen, asked_paths, host_addresses
from mcastlab_base.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from mcastlab.facts import Facts
    from mcastlab.lab.design.routers import RouterDesign
    from mcastlab.lab.model import Group, Lab, Site
    from mcastlab.ports import RouterSession, Shell
    from mcastlab.verify.snapshot.aws import ObservedAws
    from mcastlab.verify.snapshot.routers import ObservedRouter
    from mcastlab_base.secret import Secret

WORKERS: Final = 64
PINGS: Final = "repeat 2 timeout 1"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The ways to what is looked at; each may raise a `LabError`."""

    account: Callable[[], ObservedAws]
    """Who we are, and the stacks."""
    facts: Callable[[], Facts]
    cloud: Callable[[Facts, ObservedAws], ObservedAws]
    """The whole cloud half, added to what `account` found."""
    router: Callable[[str, Facts | None], RouterSession]
    """A session on a router, by its name in reports. The caller closes it."""
    shells: Callable[[Facts | None], Mapping[str, Shell]]
    """A shell on every host and device that can be had."""
    follower: Callable[[], ObservedFollower] = ObservedFollower


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
    command: LabCommand | None = None,
) -> Snapshot:
    """Observe a lab.

    Args:
        lab: the lab.
        sources: the ways to its parts.
        progress: receives what is being observed.
        site: leave the other sites' routers and devices alone.
        sends: let each sender send one datagram, so that its TTL is seen.
        light: only what answers at once: no host and no ping, but the GRE tunnels' packet rates.
        command: how a command says that it is about this lab; by default it names none.
    """
    notes = _Notes()
    progress("AWS: account, stacks and their outputs")
    with ThreadPoolExecutor(max_workers=2) as pool:
        account_asked = pool.submit(notes.look, AWS, sources.account)
        facts = pool.submit(notes.look, FACTS, sources.facts).result()
        account = account_asked.result()
    shells = {} if light else notes.look("shells", lambda: sources.shells(facts)) or {}
    routers = [each for each in designed_routers(lab) if each.site is None or site in {None, each.site.name}]
    hosts = [] if light else _hosts(lab, site)
    progress(f"AWS, {len(routers)} routers and {len(hosts)} hosts and devices at the same time")
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        cloud_asked = pool.submit(_cloud, notes, sources, facts, account)
        routers_asked = [
            pool.submit(
                notes.look, each.name, partial(_router, lab, sources, facts, each, cloud=cloud_asked, light=light)
            )
            for each in routers
            if each.site is not None or facts is not None
        ]
        hosts_asked = [
            pool.submit(notes.look, name, partial(observe_host, shells[name], of_site, group, sends=sends and sender))
            for name, of_site, group, sender in hosts
            if name in shells
        ]
        answered, of = count(1), len(routers_asked) + len(hosts_asked)

        def tell(_: object) -> None:
            progress(f"{next(answered)} of {of} routers, hosts and devices were asked")

        for router_asked in routers_asked:
            router_asked.add_done_callback(tell)
        for host_asked in hosts_asked:
            host_asked.add_done_callback(tell)
        observed_routers = [router for asked in routers_asked if (router := asked.result()) is not None]
        observed_hosts = [host for asked in hosts_asked if (host := asked.result()) is not None]
    for name in sorted(({each.name for each in routers} | {each[0] for each in hosts}) - set(notes.seconds)):
        notes.unseen.append(Unseen(what=name, why="its instance is not known: a stack's output is missing"))
    return Snapshot(
        lab=lab,
        facts=facts,
        cloud=cloud_asked.result(),
        routers={router.name: router for router in observed_routers},
        hosts={host.name: host for host in observed_hosts},
        follower=sources.follower(),
        unseen=tuple(sorted(notes.unseen, key=lambda each: each.what)),
        seconds=notes.seconds,
        only=site,
        command=command or LabCommand(found=True),
    )


def _cloud(notes: _Notes, sources: Sources, facts: Facts | None, account: ObservedAws | None) -> ObservedAws | None:
    if account is None or facts is None:
        return account
    return notes.look(AWS, lambda: sources.cloud(facts, account)) or account


def _router(
    lab: Lab,
    sources: Sources,
    facts: Facts | None,
    design: RouterDesign,
    *,
    cloud: Future[ObservedAws | None],
    light: bool,
) -> ObservedRouter:
    session, site = sources.router(design.name, facts), design.site
    try:
        # Who logs in meanwhile asks once AWS has returned the addresses.
        paths = asked_paths(lab, host_addresses(cloud.result()))
        return observe_router(
            session,
            site=None if site is None else site.name,
            rpf_of=[path.network.network_address for path in paths if path.router == design.name],
            routes_to=design.gre_ends,
            keys={} if site is None or facts is None else _keys(facts, site),
            pings={} if light or site is None else pings_of(lab, site),
            tunnels=[each.gre_interface for each in lab.sites if site in {None, each}] if light else (),
        )
    finally:
        session.close()


def pings_of(lab: Lab, site: Site) -> dict[str, str]:
    """Return what a remote router pings: the AWS router's loopback as GRE goes, and through GRE at full size."""
    near, size = gre_addresses(site)[0].ip, budget_of(lab, site).gre_mtu
    return {
        "underlay": f"ping {lab.router.loopback} source {site.router.loopback_interface} {PINGS}",
        "overlay": f"ping {near} {PINGS}",
        "full_size": f"ping {near} size {size} {PINGS} df-bit",
    }


def _keys(facts: Facts, site: Site) -> dict[str, Secret]:
    return {str(tunnel.outside_address): tunnel.pre_shared_key for tunnel in facts.sites[site.name].tunnels}


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
