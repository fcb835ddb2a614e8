"""The ways to a lab's AWS account, routers and hosts: adapters are made here and nowhere else."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import Clients
from mcastlab.aws.commands import SsmCommands, SsmShell
from mcastlab.aws.facts import read_facts, read_router
from mcastlab.aws.observe import observe_account, observe_cloud
from mcastlab.cli.logins import Logins, asker
from mcastlab.follow.follower_lock import observed_follower
from mcastlab.follow.reading import IgmpLine
from mcastlab.follow.router import FollowedRouter
from mcastlab.lab.design.names import AWS_INTERFACE, aws_router_name, remote_router_name
from mcastlab.routers.boot import await_prompt
from mcastlab.routers.router import Router
from mcastlab.routers.ssh.host_keys import know_at_first_use
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab.routers.ssh.shell import SshShell
from mcastlab.verify.observe.lab import Sources
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mcastlab.facts import Facts
    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab, Site
    from mcastlab.ports import RouterSession, Shell
    from mcastlab.routers.ssh.host_shell import HostLogin
    from mcastlab.routers.ssh.login import RouterLogin

    Progress = Callable[[str], None]

CAVEATS: Final = "MCASTLAB_CAVEATS"
"""The variable of the environment that holds sentences for the notes of every measurement."""


def caveats() -> tuple[str, ...]:
    """Return what the environment says that this target cannot vouch for, a sentence a line; any environment may."""
    lines = (line.strip() for line in os.environ.get(CAVEATS, "").splitlines())
    return tuple(line for line in lines if line)


class Connections:
    """The ways to what a lab consists of; of the remote sites, to those that were asked for and no other."""

    def __init__(self, lab: Lab, only: str | None = None) -> None:
        self.lab = lab
        self.sites = tuple(site for site in lab.sites if only in {None, site.name})
        self._asking = threading.Lock()

    @cached_property
    def clients(self) -> Clients:
        """The clients of AWS."""
        return Clients(self.lab.region)

    @cached_property
    def _commands(self) -> SsmCommands:
        return SsmCommands(self.clients.ssm)

    @cached_property
    def _logins(self) -> Logins:
        return Logins(self.lab, lambda: self.clients)

    def facts(self) -> Facts:
        """Return what deployment made of the lab and of these sites.

        Raises:
            RefusedError: AWS does not tell.
        """
        return read_facts(self.clients, self.lab, self.sites)

    def shells(self, facts: Facts | None) -> dict[str, Shell]:
        """Return a shell on each lab device and, where it is known what was deployed, on each EC2 host, by name."""
        ids = {} if facts is None else {name: facts.host_instance_ids[name] for name in self.lab.host_names}
        shells: dict[str, Shell] = {
            name: SsmShell(self._commands, host=name, instance_id=instance_id) for name, instance_id in ids.items()
        }
        return shells | {device.name: self.device(device.name) for site in self.sites for device in site.machines}

    def device(self, name: str) -> SshShell:
        """Return a shell on a device, whose host key is the lab file's where it has one."""
        keys = (device.host_key for site in self.lab.sites for device in site.machines if device.name == name)
        if (key := next(keys)) is not None:
            know_at_first_use(self._logins.ssh.lookup(name), None, key)
        return SshShell(self._logins.ssh.path, name)

    def login(self, router: str, progress: Progress) -> RouterLogin:
        """Return the login on a router, by its name in reports; the person at the terminal is asked for a new host key.

        Raises:
            RefusedError: AWS does not tell what is deployed.
        """
        sites = {remote_router_name(self.lab, site): site for site in self.lab.sites}
        if router in sites:
            return self._logins.remote_router(sites[router], progress, asker())
        return self._logins.aws_router(self.facts(), progress)

    def host_login(self, name: str, progress: Progress) -> HostLogin:
        """Return the login on an EC2 host, which takes a new key of ours for a minute.

        Raises:
            RefusedError: AWS does not tell what is deployed, or does not push the key; or the host does not answer.
        """
        return self._logins.host(name, self.facts().host_instance_ids[name], progress)

    def routers(self, facts: Facts, wanted: Mapping[str, Tree], progress: Progress) -> list[Router]:
        """Return the routers that something is wanted of, by their names in reports, each with a way to it."""
        return [
            Router(
                name=login.router,
                key=login.key,
                connect=partial(NetmikoSession, login),
                wanted=wanted[login.router],
            )
            for login in self._router_logins(facts, progress)
        ]

    def remote_routers(self, progress: Progress, *, asks: bool = False) -> list[Router]:
        """Return the remote routers, with nothing wanted of them; nothing need be deployed.

        Args:
            progress: receives word of a host key that was accepted.
            asks: whether the person at the terminal is asked for a new host key.
        """
        return [
            Router(
                name=remote_router_name(self.lab, site),
                key=site.router.ssh,
                connect=partial(self._remote_session, site, progress, asks=asks),
                wanted=(),
            )
            for site in self.sites
        ]

    def departed_routers(self, routers: Iterable[tuple[str, str]], progress: Progress) -> list[Router]:
        """Return routers of sites that the lab file has no more, with nothing wanted of them.

        Args:
            routers: their names in reports and in the SSH client configuration.
            progress: receives word of a host key that was accepted.
        """

        def connect(name: str, ssh: str) -> RouterSession:
            return NetmikoSession(self._logins.named(name, ssh, None, progress, None))

        return [Router(name=name, key=ssh, connect=partial(connect, name, ssh), wanted=()) for name, ssh in routers]

    @contextmanager
    def sessions(self, facts: Facts, progress: Progress) -> Iterator[dict[str, RouterSession]]:
        """Open a session on each router, by its name in reports, the AWS router's first.

        Raises:
            RefusedError: a router cannot be reached, offers another host key than the known one, or refuses the login.
        """
        with ExitStack() as stack:
            sessions: dict[str, RouterSession] = {}
            for login in self._router_logins(facts, progress):
                progress(f"{login.router}: logging in")
                session = NetmikoSession(login)
                stack.callback(session.close)
                sessions[login.router] = session
            yield sessions

    def sources(self, progress: Progress) -> Sources:
        """Return the ways to everything that a verification looks at; nobody is asked anything on the way."""
        sites = {remote_router_name(self.lab, site): site for site in self.sites}

        def router(name: str, facts: Facts | None) -> RouterSession:
            if name in sites:
                return self._remote_session(sites[name], progress)
            if facts is None:
                raise RefusedError(f"{name}: its instance is not known", hint="deploy the lab")
            return self.aws_router(facts, progress)

        return Sources(
            account=partial(observe_account, self.clients, self.lab),
            facts=self.facts,
            cloud=partial(observe_cloud, self.clients),
            router=router,
            shells=self.shells,
            follower=partial(observed_follower, self.lab),
        )

    def site_sessions(self, progress: Progress) -> Callable[[str], RouterSession]:
        """Return what opens a session on the router of a remote site, by the site's name; nobody is asked anything."""
        sites = {site.name: site for site in self.sites}
        return lambda name: self._remote_session(sites[name], progress)

    def aws_router(self, facts: Facts, progress: Progress) -> RouterSession:
        """Return a session on the AWS router.

        Raises:
            RefusedError: it cannot be reached, or refuses the login.
        """
        return NetmikoSession(self._logins.aws_router(facts, progress))

    def leave_groups(self, groups: Sequence[str], progress: Progress) -> None:
        """Have the AWS router leave groups that it joined by IGMP, whatever the rest of the lab is like.

        Raises:
            RefusedError: it cannot be reached, or refuses a line.
        """
        login = self._logins.aws_router(read_router(self.clients, self.lab), progress)
        router = FollowedRouter(
            partial(NetmikoSession, login), name=login.router, vpc_interface=AWS_INTERFACE, blocks=()
        )
        try:
            refused = router.change([IgmpLine(IPv4Address(group), "join") for group in groups], ())
        finally:
            router.close()
        if refused:
            raise RefusedError("\n".join(refused.values()), hint=f"take the lines out of {AWS_INTERFACE} by hand")

    def await_aws_router(self, facts: Facts, progress: Progress) -> None:
        """Wait until the AWS router, which boots for minutes, takes a login and shows its prompt.

        Raises:
            RefusedError: AWS does not tell its key, or the router shows another host key than the pinned one.
            TimedOutError: it does not in time.
        """
        await_prompt(
            aws_router_name(self.lab),
            facts.router_instance_id,
            partial(self.aws_router, facts, progress),
            progress=progress,
        )

    def _remote_session(self, site: Site, progress: Progress, *, asks: bool = False) -> RouterSession:
        if not asks:
            return NetmikoSession(self._logins.remote_router(site, progress, None))
        # Routers are tried at once, and a person is asked one thing at a time.
        with self._asking:
            login = self._logins.remote_router(site, progress, asker())
        return NetmikoSession(login)

    def _router_logins(self, facts: Facts, progress: Progress) -> Iterator[RouterLogin]:
        yield self._logins.aws_router(facts, progress)
        for site in self.sites:
            yield self._logins.remote_router(site, progress, asker())
