"""When groups are joined and left: the rules hold whatever devices do, on a clock that is a number."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mcastlab.follow.demand import Demand
from mcastlab.follow.events import Kind
from mcastlab.follow.policy import READ_BACK_S, RETRY_S, FollowedGroup, adopt, after_change, decide, read_back
from mcastlab.follow.reading import GatewayReading
from mcastlab.follow.schedule import PollSchedule, retry_pause, router_pause
from mcastlab.lab.blocks import AddressBlock, GroupBlock

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = IPv4Address("239.9.0.0")
BY = frozenset({"berlin"})
Groups = "Mapping[IPv4Address, FollowedGroup]"


def block(*, hold: int = 210, ceiling: int = 1000, address: str = "239.9.0.0/16", name: str = "calls") -> GroupBlock:
    return GroupBlock(name=name, address=AddressBlock.of(address), hold=hold, ceiling=ceiling)


def wanting(*groups: IPv4Address) -> Demand:
    return Demand(wanted=dict.fromkeys(groups, BY))


def joined(group: IPv4Address, now: float, blocks: list[GroupBlock]) -> Mapping[IPv4Address, FollowedGroup]:
    decision = decide({}, wanting(group), blocks, now)
    return after_change(decision.groups, joined=decision.joins, now=now)[0]


def test_what_is_wanted_is_joined_at_once_and_reported_with_its_delay() -> None:
    decision = decide({}, wanting(FIRST), [block()], 10.0)
    assert decision.joins == (FIRST,)
    assert [event.kind for event in decision.events] == [Kind.WANTED]
    groups, events = after_change(decision.groups, joined=decision.joins, now=10.25)
    assert [(event.kind, event.seconds, event.by) for event in events] == [(Kind.JOINED, 0.25, BY)]
    assert decide(groups, wanting(FIRST), [block()], 11.0).changes is False


def test_what_is_not_wanted_any_more_is_left_after_the_hold_time_and_not_before() -> None:
    blocks = [block(hold=210)]
    groups = joined(FIRST, 0.0, blocks)
    first = decide(groups, wanting(), blocks, 5.0)
    assert (first.leaves, [event.kind for event in first.events]) == ((), [Kind.UNWANTED])
    assert decide(first.groups, wanting(), blocks, 214.9).leaves == ()
    assert decide(first.groups, wanting(), blocks, 215.0).leaves == (FIRST,)
    again = decide(first.groups, wanting(FIRST), blocks, 100.0)
    assert (again.joins, again.leaves) == ((), ())
    assert decide(decide(again.groups, wanting(), blocks, 200.0).groups, wanting(), blocks, 400.0).leaves == ()


def test_no_hold_time_leaves_at_once() -> None:
    blocks = [block(hold=0)]
    assert decide(joined(FIRST, 0.0, blocks), wanting(), blocks, 5.0).leaves == (FIRST,)


def test_ceiling_refuses_who_came_last_and_says_so_once() -> None:
    blocks = [block(ceiling=2)]
    decision = decide({}, wanting(*(FIRST + n for n in range(3))), blocks, 0.0)
    assert decision.joins == (FIRST, FIRST + 1)
    refused = [event for event in decision.events if event.kind is Kind.REFUSED]
    assert [(event.group, event.text) for event in refused] == [
        (FIRST + 2, "calls has 2 live groups, as many as its ceiling allows")
    ]
    groups, _ = after_change(decision.groups, joined=decision.joins, now=0.1)
    second = decide(groups, wanting(*(FIRST + n for n in range(3))), blocks, 1.0)
    assert (second.joins, second.events) == ((), ())
    third = decide(groups, wanting(FIRST, FIRST + 2), blocks, 2.0)
    assert (third.joins, third.leaves) == ((FIRST + 2,), (FIRST + 1,)), "what is held makes room"


def test_line_of_somebody_else_is_never_taken_out() -> None:
    blocks = [block(hold=0)]
    groups = adopt({}, ours=[], foreign=[FIRST], blocks=blocks, now=0.0).groups
    assert decide(groups, wanting(), blocks, 1e6).changes is False
    assert decide(groups, wanting(FIRST), blocks, 1e6).changes is False


def test_adopted_group_that_nobody_wants_is_left_and_a_lost_one_is_joined_again() -> None:
    blocks = [block(hold=30)]
    taken = adopt({}, ours=[FIRST, FIRST + 1], foreign=[], blocks=blocks, now=0.0)
    assert [event.kind for event in taken.events] == [Kind.ADOPTED, Kind.ADOPTED]
    first = decide(taken.groups, wanting(FIRST), blocks, 1.0)
    assert (first.joins, first.leaves) == ((), ())
    second = decide(first.groups, wanting(FIRST), blocks, 31.0)
    assert second.leaves == (FIRST + 1,)
    reloaded = adopt(second.groups, ours=[], foreign=[], blocks=blocks, now=40.0)
    assert {event.kind for event in reloaded.events} == {Kind.LOST}
    assert decide(reloaded.groups, wanting(FIRST), blocks, 41.0).joins == (FIRST,)


def test_what_a_router_refuses_is_tried_again_later() -> None:
    blocks = [block()]
    decision = decide({}, wanting(FIRST), blocks, 0.0)
    groups, events = after_change(decision.groups, refused={FIRST: "no"}, now=0.0)
    assert [(event.kind, event.text) for event in events] == [(Kind.REFUSED, "no")]
    assert decide(groups, wanting(FIRST), blocks, RETRY_S - 1).joins == ()
    assert decide(groups, wanting(FIRST), blocks, RETRY_S).joins == (FIRST,)


def test_membership_that_does_not_show_is_reported_after_five_seconds_with_the_reason() -> None:
    blocks = [block()]
    groups = joined(FIRST, 0.0, blocks)
    nobody, full = GatewayReading(), GatewayReading(members={FIRST: frozenset(map(str, range(100)))})
    assert read_back(groups, nobody, READ_BACK_S - 0.1, 5.0).events == ()
    late = read_back(groups, nobody, READ_BACK_S, 5.0)
    assert [(event.kind, event.group) for event in late.events] == [(Kind.NOT_A_MEMBER, FIRST)]
    assert "may be lost" in late.events[0].text
    assert late.again == (FIRST,)
    assert "100 members a group" in read_back(groups, full, READ_BACK_S, 5.0).events[0].text
    crowded = GatewayReading(total=10_000)
    assert "10,000 members of all groups" in read_back(groups, crowded, READ_BACK_S, 5.0).events[0].text
    assert read_back(late.groups, nobody, 20.0, 20.0).events == (), "it is reported once"
    found = read_back(late.groups, GatewayReading(own=frozenset({FIRST})), 21.0, 21.0)
    assert [event.kind for event in found.events] == [Kind.MEMBER]
    assert found.groups[FIRST].member_since == 21.0


def test_reading_taken_before_the_join_says_nothing_of_it() -> None:
    groups = joined(FIRST, 100.0, [block()])
    assert read_back(groups, GatewayReading(), 99.0, 200.0).events == ()


@given(st.floats(min_value=0, max_value=1e3))
def test_router_is_spared_for_four_times_the_duration_of_a_reading(duration: float) -> None:
    assert router_pause(duration) >= 4 * duration


@given(st.lists(st.sampled_from(["ok", "fail", "change"]), max_size=30), st.floats(min_value=0, max_value=1e6))
def test_gateway_is_asked_at_most_twice_a_second_and_less_often_while_it_fails(steps: list[str], now: float) -> None:
    schedule = PollSchedule()
    before = schedule.pause(now)
    assert before == 2.0, "idle"
    for step in steps:
        if step == "change":
            schedule.changed(now)
        elif step == "fail":
            schedule.failed()
        else:
            schedule.succeeded()
        pause = schedule.pause(now)
        assert 0.5 <= pause <= 60
        if schedule.failures:
            assert pause >= 4.0 or pause == 60
    schedule.succeeded()
    schedule.changed(now)
    assert (schedule.pause(now + 29.9), schedule.pause(now + 30)) == (0.5, 2.0)
    assert retry_pause(1) < retry_pause(3) <= retry_pause(100) == 15.0


GROUPS = [FIRST + n for n in range(6)]
OUTSIDE = [IPv4Address("239.1.1.1"), IPv4Address("239.10.0.0")]


class Devices(RuleBasedStateMachine):
    """Devices want groups and lose interest, the router is configured or reloads, and time passes."""

    @initialize(
        hold=st.sampled_from([0, 7, 210]),
        ceiling=st.integers(min_value=1, max_value=7),
        by_hand=st.sets(st.sampled_from(GROUPS), max_size=2),
    )
    def begin(self, hold: int, ceiling: int, by_hand: set[IPv4Address]) -> None:
        self.blocks = [block(hold=hold, ceiling=ceiling)]
        self.now = 0.0
        self.by_hand = frozenset(by_hand)
        self.on_router = set(by_hand)
        self.wanted: frozenset[IPv4Address] = frozenset()
        self.unwanted_since: dict[IPv4Address, float] = {}
        self.groups: Mapping[IPv4Address, FollowedGroup] = adopt(
            {}, ours=[], foreign=by_hand, blocks=self.blocks, now=0.0
        ).groups

    @rule(
        wanted=st.frozensets(st.sampled_from([*GROUPS, *OUTSIDE])),
        after=st.floats(min_value=0.1, max_value=300),
        carried_out=st.booleans(),
    )
    def look(self, wanted: frozenset[IPv4Address], after: float, carried_out: bool) -> None:  # noqa: FBT001
        self.now += after
        self.wanted = wanted - set(OUTSIDE)
        decision = decide(self.groups, wanting(*wanted), self.blocks, self.now)
        self.check(decision.joins, decision.leaves)
        self.groups = decision.groups
        if carried_out:
            self.on_router |= set(decision.joins)
            self.on_router -= set(decision.leaves)
            self.groups, _ = after_change(self.groups, joined=decision.joins, left=decision.leaves, now=self.now)

    def check(self, joins: tuple[IPv4Address, ...], leaves: tuple[IPv4Address, ...]) -> None:
        (only,) = self.blocks
        ours = self.on_router - self.by_hand
        assert set(joins) <= self.wanted
        assert not set(joins) & self.on_router
        assert set(leaves) <= ours - self.wanted
        assert max(Counter((*joins, *leaves)).values(), default=1) == 1
        live = (ours | set(joins)) - set(leaves)
        assert len(live) <= only.ceiling
        waiting = self.wanted - self.on_router - set(joins)
        assert not waiting or len(live) == only.ceiling, "nobody waits while there is room"
        if len(live) < only.ceiling:
            for group in leaves:
                since = self.groups[group].unwanted_since
                # One that was wanted until now has a hold time that begins now.
                assert only.hold == 0 or (since is not None and self.now - since >= only.hold)

    @rule()
    def reload(self) -> None:
        self.on_router = set(self.by_hand)
        self.adopt()

    @rule(groups=st.frozensets(st.sampled_from(GROUPS)))
    def start_anew(self, groups: frozenset[IPv4Address]) -> None:
        del groups
        self.groups = {}
        self.adopt()

    def adopt(self) -> None:
        ours = self.on_router - self.by_hand
        self.groups = adopt(self.groups, ours=ours, foreign=self.by_hand, blocks=self.blocks, now=self.now).groups

    @invariant()
    def state_is_what_the_router_has(self) -> None:
        assert {group for group, each in self.groups.items() if each.live} == self.on_router
        assert not set(self.groups) & set(OUTSIDE)

    @rule()
    def settle(self) -> None:
        """With nobody wanting anything for long enough, only what is somebody else's stays."""
        for _ in range(2):
            self.now += 1000
            self.look(frozenset(), 1000, carried_out=True)
        assert self.on_router == set(self.by_hand)


def test_rules_hold_whatever_devices_do() -> None:
    run_state_machine_as_test(Devices, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
