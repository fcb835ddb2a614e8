"""A follower of a lab's blocks, composed: its session, its clients, its record, and the locks that it holds."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from mcastlab import private_files
from mcastlab.aws.clients import Clients
from mcastlab.aws.multicast_members import DomainMembers
from mcastlab.cli.exclusive import exclusively
from mcastlab.errors import BadInputError
from mcastlab.follow.follower import Follower, FollowPorts
from mcastlab.follow.record import FollowedLines
from mcastlab.follow.router import FollowedRouter
from mcastlab.lab.design.names import AWS_INTERFACE, aws_router_name
from mcastlab.places import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mcastlab.cli.context import Context, Target
    from mcastlab.follow.events import FollowEvent
    from mcastlab.lab.model import Lab


def refuse_without_blocks(lab: Lab) -> None:
    """Refuse a lab without a block of groups.

    Raises:
        BadInputError: no entry of its groups has ``bridge: follow``.
    """
    if not lab.blocks:
        raise BadInputError(
            f"{lab.name} has no block of groups to follow",
            hint="write one under groups: - {name: calls, address: 239.9.0.0/16, port: 5004-5999, bridge: follow}",
        )


@contextmanager
def only_follower(lab: Lab) -> Iterator[None]:
    """Keep a second follower from a lab for as long as this lasts.

    Raises:
        BusyError: one runs already.
    """
    with exclusively(_lock(lab), f"the followed groups of {lab.name}"):
        yield


def is_followed(lab: Lab) -> bool:
    """Say whether a follower of the lab runs."""
    return private_files.is_locked(_lock(lab))


def _lock(lab: Lab) -> Path:
    return state_folder() / lab.name / "follow.lock"


def snapshot_file(lab: Lab) -> Path:
    """Return the file from which `status` knows what a follower has joined."""
    return state_folder() / lab.name / "follow.json"


def follower_of(
    context: Context,
    target: Target,
    *,
    tell: Callable[[FollowEvent], None],
    progress: Callable[[str], None],
    after_step: Callable[[Follower], None] = lambda _: None,
) -> Follower:
    """Return a follower of a deployed lab's blocks.

    Raises:
        RefusedError: AWS does not tell what was deployed.
    """
    lab, connections = context.lab, context.connections
    facts = connections.facts()
    record = FollowedLines(context.records, key=facts.router_instance_id, vpc_interface=AWS_INTERFACE)

    @contextmanager
    def writing() -> Iterator[None]:
        with exclusively(target.lock, target.text, briefly=True):
            record.refuse_under_way()
            yield

    router = FollowedRouter(
        partial(connections.aws_router, facts, progress),
        name=aws_router_name(lab),
        vpc_interface=AWS_INTERFACE,
        blocks=lab.blocks,
    )
    members = DomainMembers(
        lambda: Clients(lab.region).ec2,
        domain_id=facts.multicast_domain_id,
        router_instance_id=facts.router_instance_id,
        host_instance_ids=facts.host_instance_ids,
        blocks=lab.blocks,
    )
    return Follower(
        blocks=lab.blocks,
        site_names={site.gre_interface: site.name for site in lab.sites},
        ports=FollowPorts(
            router=router, members=members, record=record, writing=writing, tell=tell, after_step=after_step
        ),
    )
