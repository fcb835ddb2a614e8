"""The ways to a lab's AWS account, routers and hosts: adapters are made here and nowhere else."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property, partial
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import Clients
from mcastlab.aws.commands import SsmCommands, SsmShell
from mcastlab.aws.facts import read_facts, read_private_key, read_router
from mcastlab.aws.observe import observe_account, observe_cloud
from mcastlab.aws.tunnel import Tunnels, push_key
from mcastlab.follow.follower_lock import observed_follower
from mcastlab.follow.reading import IgmpLine
from mcastlab.follow.router import FollowedRouter
from mcastlab.lab.design.names import AWS_INTERFACE, aws_router_name, remote_router_name
from mcastlab.routers.boot import await_prompt
from mcastlab.routers.device import Router
from mcastlab.routers.ssh.client_config import SshClientConfig
from mcastlab.routers.ssh.host_keys import know_at_first_use, pin_at_first_use, pins_folder
from mcastlab.routers.ssh.host_shell import HostLogin, new_key, public_text
from mcastlab.routers.ssh.login import RouterLogin
from mcastlab.routers.ssh.login_secrets import LoginSecrets
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab.routers.ssh.shell import SshShell
from mcastlab.verify.observe.lab import Sources
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mcastlab.aws.facts import RouterAccess
    from mcastlab.facts import Facts
    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab, Site
    from mcastlab.ports import RouterSession, Shell
    from mcastlab.routers.ssh.client_config import SshHost

    Progress = Callable[[str], None]

CAVEATS: Final = "MCASTLAB_CAVEATS"
"""The variable of the environment that holds sentences for the notes of every measurement."""

AWS_ROUTER_USER: Final = "ec2-user"
"""Whom a Catalyst 8000V's key pair logs in. Source: Cisco, Deploying Catalyst 8000V on AWS, SSH access."""


HOST_USER: Final = "ec2-user"
"""Whom Amazon Linux lets log in. Source: EC2 user guide, Default usernames for AMIs."""


def caveats() -> tuple[str, ...]:
    """Return what the environment says that this world cannot vouch for, a sentence a line; any environment may."""
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
    def _ssh(self) -> SshClientConfig:
        return SshClientConfig.of_environment()

    @cached_property
    def _tunnels(self) -> Tunnels:
        return Tunnels(self.clients)

    @cached_property
    def _secrets(self) -> LoginSecrets:
        return LoginSecrets(ask=getpass.getpass if _asker() is not None else None)

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
            know_at_first_use(self._ssh.lookup(name), None, key)
        return SshShell(self._ssh.path, name)

    def login(self, router: str, progress: Progress) -> RouterLogin:
        """Return the login on a router, by its name in reports; the person at the terminal is asked for a new host key.

        Raises:
            RefusedError: AWS does not tell what is deployed.
        """
        sites = {remote_router_name(self.lab, site): site for site in self.lab.sites}
        if router in sites:
            return self._remote_login(sites[router], progress, _asker())
        return self._aws_login(self.facts(), progress)

    def instance(self, instance_id: str) -> SshHost:
        """Return the way to an EC2 instance: the SSH configuration's, or a tunnel through its VPC's endpoint.

        Raises:
            BadInputError: the configuration cannot be read.
        """
        host = self._ssh.lookup(instance_id)
        if not host.is_plain:
            return host
        return replace(host, proxy_command=None, dial=partial(self._tunnels.open, instance_id, host.port))

    def host_login(self, name: str, progress: Progress) -> HostLogin:
        """Return the login on an EC2 host, which takes a new key of ours for a minute.

        Raises:
            RefusedError: AWS does not tell what is deployed, or does not push the key; or the host does not answer.
        """
        instance_id = self.facts().host_instance_ids[name]
        host = self.instance(instance_id)
        known_hosts, new = pin_at_first_use(host, instance_id, pins_folder())
        if new:
            progress(f"{name}: host key of {instance_id} pinned at first use")
        user, key = host.named_user or HOST_USER, new_key()
        push_key(self.clients, instance_id, user, public_text(key))
        return HostLogin(name=name, host=host, user=user, key=key, known_hosts=known_hosts)

    def routers(self, facts: Facts, wanted: Mapping[str, Tree], progress: Progress) -> list[Router]:
        """Return the routers that something is wanted of, by their names in reports, each with a way to it."""
        return [
            Router(
                name=login.router,
                key=login.key,
                connect=partial(NetmikoSession, login),
                wanted=wanted[login.router],
            )
            for login in self._logins(facts, progress)
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
            return NetmikoSession(self._ssh_login(name, ssh, None, progress, None))

        return [Router(name=name, key=ssh, connect=partial(connect, name, ssh), wanted=()) for name, ssh in routers]

    @contextmanager
    def sessions(self, facts: Facts, progress: Progress) -> Iterator[dict[str, RouterSession]]:
        """Open a session on each router, by its name in reports, the AWS router's first.

        Raises:
            RefusedError: a router cannot be reached, offers another host key than the known one, or refuses the login.
        """
        with ExitStack() as stack:
            sessions: dict[str, RouterSession] = {}
            for login in self._logins(facts, progress):
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
        return NetmikoSession(self._aws_login(facts, progress))

    def leave_groups(self, groups: Sequence[str], progress: Progress) -> None:
        """Have the AWS router leave groups that it joined by IGMP, whatever the rest of the lab is like.

        Raises:
            RefusedError: it cannot be reached, or refuses a line.
        """
        login = self._aws_login(read_router(self.clients, self.lab), progress)
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
            return NetmikoSession(self._remote_login(site, progress, None))
        # Routers are tried at once, and a person is asked one thing at a time.
        with self._asking:
            login = self._remote_login(site, progress, _asker())
        return NetmikoSession(login)

    def _logins(self, facts: Facts, progress: Progress) -> Iterator[RouterLogin]:
        yield self._aws_login(facts, progress)
        for site in self.sites:
            yield self._remote_login(site, progress, _asker())

    def _aws_login(self, facts: Facts | RouterAccess, progress: Progress) -> RouterLogin:
        name, instance_id = aws_router_name(self.lab), facts.router_instance_id
        host = self.instance(instance_id)
        known_hosts, new = pin_at_first_use(host, instance_id, pins_folder())
        if new:
            progress(f"{name}: host key of {instance_id} pinned at first use")
        key_pair = facts.router_key_pair_id
        return RouterLogin(
            router=name,
            key=instance_id,
            host=host,
            user=AWS_ROUTER_USER,
            private_key=None if key_pair is None else read_private_key(self.clients, key_pair),
            known_hosts=known_hosts,
        )

    def _remote_login(self, site: Site, progress: Progress, ask: Callable[[str], bool] | None) -> RouterLogin:
        name = remote_router_name(self.lab, site)
        return self._ssh_login(name, site.router.ssh, site.router.host_key, progress, ask)

    def _ssh_login(
        self, name: str, ssh: str, host_key: str | None, progress: Progress, ask: Callable[[str], bool] | None
    ) -> RouterLogin:
        remote = self._ssh.lookup(ssh)
        if know_at_first_use(remote, ask, host_key):
            progress(f"{name}: host key accepted at first use")
        return RouterLogin(
            router=name,
            key=ssh,
            host=remote,
            user=remote.user,
            private_key=None,
            known_hosts=remote.known_hosts,
            secrets=self._secrets,
        )


def _asker() -> Callable[[str], bool] | None:
    """Return what asks the person at the terminal, or None where there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> bool:
        print(f"\n{question} [yes/no] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() == "yes"

    return ask
