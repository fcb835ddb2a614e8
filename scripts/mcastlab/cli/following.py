"""A follower of a lab's blocks, composed: its session, its clients, its record, and the locks that it holds."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import randbelow
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from mcastlab.aws.clients import PATIENT, Clients
from mcastlab.aws.multicast_members import DomainMembers
from mcastlab.cli.connections import Connections
from mcastlab.cli.exclusive import exclusively
from mcastlab.follow.drawn_groups import drawn, with_groups
from mcastlab.follow.follower import Follower
from mcastlab.follow.follower_lock import follow_lock, is_followed, observed_follower
from mcastlab.follow.ports import FollowPorts
from mcastlab.follow.record import FollowedLines
from mcastlab.follow.router import FollowedRouter
from mcastlab.follow.trace import FollowLog, trace_of
from mcastlab.lab.design.names import AWS_INTERFACE, aws_router_name
from mcastlab_base.errors import BadInputError, LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mcastlab.cli.context import Context, Target
    from mcastlab.facts import Facts
    from mcastlab.follow.events import FollowEvent
    from mcastlab.follow.trace import FollowTrace
    from mcastlab.lab.model import Group, Lab
    from mcastlab.ports import RouterSession

ASKED_BY_FOLLOWER: Final = 2
"""How often a follower asks AWS in a row what is throttled: it says so then, and asks less and less often itself."""
_SEEDS: Final = 1 << 32
_END_S: Final = 30.0
"""How long a follower may take to leave what it joined."""


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
    with exclusively(follow_lock(lab), f"the followed groups of {lab.name}"):
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowChoice:
    """What a verification does about the groups that nobody listed."""

    lab: Lab | None = None
    """The lab with groups drawn from its blocks; None where none are."""
    starts: bool = False
    """Whether it follows them itself."""
    notes: tuple[str, ...] = ()


UNFOLLOWED: Final = FollowChoice()


def choice_for(lab: Lab, groups: Sequence[Group]) -> FollowChoice:
    """Return what a test does that names groups of blocks: it follows them itself where nobody does."""
    return FollowChoice(lab=with_groups(lab, tuple(groups)), starts=not is_followed(lab)) if groups else UNFOLLOWED


def choose(context: Context, *, follows: bool) -> FollowChoice:
    """Return what a verification does: it draws groups where somebody follows them, or it may do so itself."""
    lab = context.lab
    if not lab.blocks:
        return UNFOLLOWED
    runs = is_followed(lab)
    if not (runs or follows):
        command = context.command("follow")
        return FollowChoice(notes=(f"not followed: the blocks of groups are not verified, as nobody runs {command}",))
    seed = randbelow(_SEEDS)
    groups = drawn(lab, seed)
    listed = ", ".join(str(group.address) for group in groups)
    who = "a follower that runs already" if runs else "this verification, for as long as it lasts"
    return FollowChoice(
        lab=with_groups(lab, groups),
        starts=not runs,
        notes=(f"drawn from the blocks with seed {seed}, and followed by {who}: {listed}",),
    )


@contextmanager
def followed_meanwhile(context: Context, choice: FollowChoice, progress: Callable[[str], None]) -> Iterator[FollowLog]:
    """Follow the lab's devices for as long as this lasts, where it was so chosen; what was joined is left at the end.

    The log has what this follower did, and nothing where another one follows.

    Raises:
        LabError: the AWS router does not let itself be configured, or another follower has just been started.
    """
    log = FollowLog()
    if not choice.starts or context.target is None:
        yield log
        return
    with only_follower(context.lab):
        started = Event()
        failures: list[LabError] = []

        def tell(event: FollowEvent) -> None:
            log.tell(event)
            started.set()

        follower = follower_of(context, context.target, tell=tell, progress=progress)
        follower.leaves_at_end = True

        def follow() -> None:
            try:
                follower.run()
            except LabError as error:
                failures.append(error)
            finally:
                started.set()

        thread = Thread(target=follow, name="follower", daemon=True)
        thread.start()
        try:
            started.wait()
            if failures:
                raise failures[0]
            yield log
        finally:
            follower.stop()
            thread.join(_END_S)


@dataclass(slots=True)
class FollowedTime:
    """What a follower did in a time that is over."""

    trace: FollowTrace | None = None


@contextmanager
def traced_meanwhile(context: Context, choice: FollowChoice, progress: Callable[[str], None]) -> Iterator[FollowedTime]:
    """Do as `followed_meanwhile`; afterwards its value has what a follower did, be it this one or another process's.

    Raises:
        LabError: as `followed_meanwhile`.
    """
    begun, found = datetime.now(UTC), FollowedTime()
    with followed_meanwhile(context, choice, progress) as log:
        yield found
    if choice.starts:
        found.trace = log.trace()
    elif choice.lab is not None and (shown := observed_follower(context.lab).shown) is not None:
        found.trace = trace_of(shown, begun)


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
    lab, ways = context.lab, context.connections
    facts = ways.facts()
    record = FollowedLines(context.records, key=facts.router_instance_id, vpc_interface=AWS_INTERFACE)
    members = _members(lab, facts, ASKED_BY_FOLLOWER)

    def connect() -> RouterSession:
        nonlocal facts, ways
        if router.generation or router.failed:
            # Credentials may have been renewed since, and the router replaced.
            ways = Connections(lab)
            with suppress(LabError):
                facts = ways.facts()
        if facts.router_instance_id != record.key:
            record.keep(())
            record.key = facts.router_instance_id
            members.use(facts.router_instance_id, facts.host_instance_ids)
        return ways.aws_router(facts, progress)

    @contextmanager
    def writing() -> Iterator[None]:
        with exclusively(target.lock, target.text, briefly=True):
            record.refuse_under_way()
            yield

    router = FollowedRouter(
        connect,
        name=aws_router_name(lab),
        vpc_interface=AWS_INTERFACE,
        blocks=lab.blocks,
    )
    return Follower(
        blocks=lab.blocks,
        site_names={site.gre_interface: site.name for site in lab.sites},
        ports=FollowPorts(
            router=router,
            members=members,
            record=record,
            writing=writing,
            tell=tell,
            after_step=after_step,
        ),
    )


def _members(lab: Lab, facts: Facts, attempts: int) -> DomainMembers:
    return DomainMembers(
        lambda: Clients(lab.region, attempts=attempts).ec2,
        domain_id=facts.multicast_domain_id,
        router_instance_id=facts.router_instance_id,
        host_instance_ids=facts.host_instance_ids,
        blocks=lab.blocks,
    )


def end_registrations(lab: Lab, facts: Facts) -> int:
    """Deregister the AWS router from the groups of blocks in which a follower registered it; return how many they were.

    Raises:
        RefusedError: AWS refuses.
    """
    if all(block.via != "static" for block in lab.blocks):
        return 0
    members = _members(lab, facts, PATIENT)
    registered = sorted(members.read().registered)
    members.deregister(registered)
    return len(registered)
