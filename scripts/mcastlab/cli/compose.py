"""The composition root: adapters are made here and nowhere else."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import Clients
from mcastlab.aws.commands import SsmCommands
from mcastlab.aws.facts import read_facts
from mcastlab.aws.keys import read_private_key
from mcastlab.aws.observe import observe_account, observe_cloud
from mcastlab.aws.shell import SsmShell
from mcastlab.errors import RefusedError
from mcastlab.lab.design.names import aws_router_name, far_router_name
from mcastlab.routers.device import Router
from mcastlab.routers.ssh.client_config import SshClientConfig
from mcastlab.routers.ssh.host_keys import know_at_first_use, pin_at_first_use, pins_folder
from mcastlab.routers.ssh.login import RouterLogin
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab.routers.ssh.shell import SshShell
from mcastlab.verify.observe.lab import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mcastlab.facts import Facts
    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab, Site
    from mcastlab.ports import RouterSession, Shell

CAVEATS: Final = "MCASTLAB_CAVEATS"
"""The variable of the environment that holds sentences for the notes of every measurement."""

AWS_ROUTER_USER: Final = "ec2-user"
"""Whom a Catalyst 8000V's key pair logs in. Source: Cisco, Deploying Catalyst 8000V on AWS, SSH access."""


def caveats() -> tuple[str, ...]:
    """Return what the environment says that this world cannot vouch for, a sentence a line; any environment may."""
    lines = (line.strip() for line in os.environ.get(CAVEATS, "").splitlines())
    return tuple(line for line in lines if line)


def facts_of(lab: Lab) -> Facts:
    """Return what deployment made of a lab, by the environment's AWS credentials."""
    return read_facts(Clients(lab.region), lab)


def shells_of(lab: Lab, facts: Facts) -> dict[str, Shell]:
    """Return a shell on each EC2 host and each lab device, by name."""
    commands = SsmCommands(Clients(lab.region).ssm)
    shells: dict[str, Shell] = {
        name: SsmShell(commands, host=name, instance_id=facts.host_instance_ids[name]) for name in lab.host_names
    }
    shells.update(_far_shells(lab))
    return shells


def _far_shells(lab: Lab) -> dict[str, Shell]:
    ssh = SshClientConfig.of_environment()
    for device in (device for site in lab.sites for device in site.devices if device.host_key is not None):
        know_at_first_use(ssh.lookup(device.name), None, device.host_key)
    return {device.name: SshShell(ssh.path, device.name) for site in lab.sites for device in site.devices}


def routers_of(lab: Lab, facts: Facts, wanted: Mapping[str, Tree], *, progress: Callable[[str], None]) -> list[Router]:
    """Return the routers that something is wanted of, by their names in reports, each with a way to it."""
    return [
        Router(
            name=login.router,
            key=login.key,
            connect=partial(NetmikoSession, login),
            wanted=wanted[login.router],
        )
        for login in _logins(lab, facts, progress)
        if login.router in wanted
    ]


def far_routers_of(lab: Lab, *, progress: Callable[[str], None]) -> list[Router]:
    """Return the far routers alone, with nothing wanted of them; they are there whether or not anything is deployed."""
    return [
        Router(
            name=far_router_name(lab, site),
            key=site.router.ssh,
            connect=partial(_far_session, lab, site, progress),
            wanted=(),
        )
        for site in lab.sites
    ]


def _far_session(lab: Lab, site: Site, progress: Callable[[str], None]) -> RouterSession:
    return NetmikoSession(_far_login(lab, site, progress, None))


@contextmanager
def router_sessions(lab: Lab, facts: Facts, *, progress: Callable[[str], None]) -> Iterator[dict[str, RouterSession]]:
    """Open a session on each router of a lab, by its name in reports, the AWS router's first.

    Raises:
        RefusedError: a router cannot be reached, offers another host key than the known one, or refuses the login.
    """
    with ExitStack() as stack:
        sessions: dict[str, RouterSession] = {}
        for login in _logins(lab, facts, progress):
            progress(f"{login.router}: logging in")
            session = NetmikoSession(login)
            stack.callback(session.close)
            sessions[login.router] = session
        yield sessions


def _asker() -> Callable[[str], bool] | None:
    """Return what asks the person at the terminal, or None where there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> bool:
        print(f"\n{question} [yes/no] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() == "yes"

    return ask


def _logins(lab: Lab, facts: Facts, progress: Callable[[str], None]) -> Iterator[RouterLogin]:
    yield _aws_login(lab, facts, progress)
    for site in lab.sites:
        yield _far_login(lab, site, progress, _asker())


def _aws_login(lab: Lab, facts: Facts, progress: Callable[[str], None]) -> RouterLogin:
    host = SshClientConfig.of_environment().lookup(facts.router_instance_id)
    known_hosts, new = pin_at_first_use(host, facts.router_instance_id, pins_folder())
    if new:
        progress(f"{aws_router_name(lab)}: host key of {facts.router_instance_id} pinned at first use")
    return RouterLogin(
        router=aws_router_name(lab),
        key=facts.router_instance_id,
        host=host,
        user=AWS_ROUTER_USER,
        private_key=None
        if facts.router_key_pair_id is None
        else read_private_key(Clients(lab.region), facts.router_key_pair_id),
        known_hosts=known_hosts,
    )


def _far_login(
    lab: Lab, site: Site, progress: Callable[[str], None], asker: Callable[[str], bool] | None
) -> RouterLogin:
    far = SshClientConfig.of_environment().lookup(site.router.ssh)
    if know_at_first_use(far, asker, site.router.host_key):
        progress(f"{far_router_name(lab, site)}: host key accepted at first use")
    return RouterLogin(
        router=far_router_name(lab, site),
        key=site.router.ssh,
        host=far,
        user=far.user,
        private_key=None,
        known_hosts=far.known_hosts,
    )


def verify_sources(lab: Lab, progress: Callable[[str], None]) -> Sources:
    """Return the ways to everything that a verification looks at; nobody is asked anything on the way."""
    clients = Clients(lab.region)
    sites = {far_router_name(lab, site): site for site in lab.sites}

    def router(name: str, facts: Facts | None) -> RouterSession:
        if name in sites:
            return _far_session(lab, sites[name], progress)
        if facts is None:
            raise RefusedError(f"{name}: its instance is not known", hint="deploy the lab")
        return NetmikoSession(_aws_login(lab, facts, progress))

    def shells(facts: Facts | None) -> dict[str, Shell]:
        return _far_shells(lab) if facts is None else shells_of(lab, facts)

    return Sources(
        account=partial(observe_account, clients, lab),
        facts=partial(read_facts, clients, lab),
        cloud=partial(observe_cloud, clients),
        router=router,
        shells=shells,
    )
