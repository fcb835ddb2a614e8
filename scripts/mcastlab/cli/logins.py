"""The logins on a lab's routers and EC2 hosts: by which way, user and key, and whose host key is known."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from mcastlab.aws.facts import read_private_key
from mcastlab.aws.tunnel import Tunnels, push_key
from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.routers.ssh.client_config import SshClientConfig
from mcastlab.routers.ssh.host_keys import know_at_first_use, pin_at_first_use, pins_folder
from mcastlab.routers.ssh.host_shell import HostLogin, new_key, public_text
from mcastlab.routers.ssh.login import RouterLogin
from mcastlab.routers.ssh.login_secrets import LoginSecrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcastlab.aws.clients import Clients
    from mcastlab.aws.facts import RouterAccess
    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab, Site
    from mcastlab.routers.ssh.client_config import SshHost

    Progress = Callable[[str], None]

AWS_ROUTER_USER: Final = "ec2-user"
"""Whom a Catalyst 8000V's key pair logs in. Source: Cisco, Deploying Catalyst 8000V on AWS, SSH access."""
HOST_USER: Final = "ec2-user"
"""Whom Amazon Linux lets log in. Source: EC2 user guide, Default usernames for AMIs."""


class Logins:
    """The logins of a lab."""

    def __init__(self, lab: Lab, clients: Callable[[], Clients]) -> None:
        self._lab, self._clients = lab, clients

    @cached_property
    def ssh(self) -> SshClientConfig:
        """The user's SSH client configuration."""
        return SshClientConfig.of_environment()

    @cached_property
    def _tunnels(self) -> Tunnels:
        return Tunnels(self._clients())

    @cached_property
    def _secrets(self) -> LoginSecrets:
        return LoginSecrets(ask=getpass.getpass if asker() is not None else None)

    def _instance(self, instance_id: str) -> SshHost:
        """Return the way to an EC2 instance: the SSH configuration's, or a tunnel through its VPC's endpoint.

        Raises:
            BadInputError: the configuration cannot be read.
        """
        host = self.ssh.lookup(instance_id)
        if not host.is_plain:
            return host
        return replace(host, proxy_command=None, dial=partial(self._tunnels.open, instance_id, host.port))

    def host(self, name: str, instance_id: str, progress: Progress) -> HostLogin:
        """Return the login on an EC2 host, which takes a new key of ours for a minute.

        Raises:
            RefusedError: AWS does not push the key, or the host does not answer.
        """
        host = self._instance(instance_id)
        known_hosts, new = pin_at_first_use(host, instance_id, pins_folder())
        if new:
            progress(f"{name}: host key of {instance_id} pinned at first use")
        user, key = host.named_user or HOST_USER, new_key()
        push_key(self._clients(), instance_id, user, public_text(key))
        return HostLogin(name=name, host=host, user=user, key=key, known_hosts=known_hosts)

    def aws_router(self, facts: Facts | RouterAccess, progress: Progress) -> RouterLogin:
        """Return the login on the AWS router, by the key pair that AWS keeps for it.

        Raises:
            RefusedError: AWS does not tell the key, or the router does not answer.
        """
        name, instance_id = aws_router_name(self._lab), facts.router_instance_id
        host = self._instance(instance_id)
        known_hosts, new = pin_at_first_use(host, instance_id, pins_folder())
        if new:
            progress(f"{name}: host key of {instance_id} pinned at first use")
        key_pair = facts.router_key_pair_id
        return RouterLogin(
            router=name,
            key=instance_id,
            host=host,
            user=AWS_ROUTER_USER,
            private_key=None if key_pair is None else read_private_key(self._clients(), key_pair),
            known_hosts=known_hosts,
        )

    def remote_router(self, site: Site, progress: Progress, ask: Callable[[str], bool] | None) -> RouterLogin:
        """Return the login on the router of a remote site; `ask` asks a person for a new host key."""
        name = remote_router_name(self._lab, site)
        return self.named(name, site.router.ssh, site.router.host_key, progress, ask)

    def named(
        self, name: str, ssh: str, host_key: str | None, progress: Progress, ask: Callable[[str], bool] | None
    ) -> RouterLogin:
        """Return the login on a router by its names in reports and in the SSH client configuration."""
        remote = self.ssh.lookup(ssh)
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


def asker() -> Callable[[str], bool] | None:
    """Return what asks the person at the terminal, or None where there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> bool:
        print(f"\n{question} [yes/no] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() == "yes"

    return ask
