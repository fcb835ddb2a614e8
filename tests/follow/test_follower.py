"""A follower with the real virtual router: what it joins, leaves and records, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from documents import lab_with
from facts_sample import facts_for
from follow.world import FollowWorld
from routers.rig import Rig, by_hand

from mcastlab.follow.events import Kind
from mcastlab.follow.follower import JOINS_AT_ONCE
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.ownership import Ledger
from mcastlab.routers.push_report import Side
from mcastlab.routers.records import Entry
from mcastlab.routers.router import Pace
from mcastlab.routers.transaction import compare
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab

COUNTS = "show ip mroute count"
JOIN = "ip igmp join-group"


def lab_of(**block: object) -> Lab:
    return lab_with({"groups.1": {"name": "calls", "address": "239.9.0.0/16", "bridge": "follow", "hold": 10, **block}})


def world_of(folder: Path, lab: Lab) -> FollowWorld:
    rig = Rig(lab=lab, folder=folder)
    assert {router.side for router in rig.push().routers} == {Side.NEW}
    return FollowWorld(rig)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FollowWorld]:
    made = world_of(tmp_path, lab_of())
    yield made
    made.close()


def test_wanted_groups_are_joined_in_one_write_and_left_after_the_hold_time(world: FollowWorld) -> None:
    world.want("239.9.9.9", "239.9.9.10", hosts=["239.9.1.1"])
    world.step()
    assert world.lines() == [f"{JOIN} {group}" for group in ("239.9.1.1", "239.9.9.9", "239.9.9.10")]
    assert world.box.calls.count("configure terminal") == 1
    assert {str(event.group): sorted(event.by) for event in world.events if event.kind is Kind.JOINED} == {
        "239.9.1.1": ["doppel-1"],
        "239.9.9.9": ["oslo"],
        "239.9.9.10": ["oslo"],
    }
    world.want("239.9.9.9")
    world.step()
    world.step(9.0)
    assert len(world.lines()) == 3, "held"
    world.step(2.0)
    assert world.lines() == [f"{JOIN} 239.9.9.9"]
    assert not any(call.startswith(("write", "copy")) for call in world.box.calls), "no save"


def test_own_membership_is_no_demand(world: FollowWorld) -> None:
    world.want("239.9.9.9")
    world.step()
    world.want()
    for _ in range(12):
        world.step()
    assert world.lines() == []


def test_killed_between_record_and_router_the_next_one_cleans_up(world: FollowWorld) -> None:
    world.want("239.9.9.9", "239.9.9.10")
    world.step()
    world.new_follower()
    world.want("239.9.9.10")
    world.step()
    assert world.reported(Kind.ADOPTED) == ["239.9.9.9", "239.9.9.10"]
    assert len(world.lines()) == 2
    world.step(11.0)
    assert world.lines() == [f"{JOIN} 239.9.9.10"]


@pytest.mark.parametrize("at", ["before the write", "after the write"])
def test_whatever_moment_it_is_killed_at_nothing_of_it_stays(world: FollowWorld, at: str) -> None:
    real = world.router.change

    def struck(gone: object, come: object) -> dict[object, str]:
        if at == "after the write":
            real(gone, come)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    world.router.change = struck  # type: ignore[method-assign,assignment]
    world.want("239.9.9.9")
    with pytest.raises(KeyboardInterrupt):
        world.step()
    assert world.record.lines(), "recorded before it was sent"
    world.new_follower()
    world.want()
    world.step()
    world.step(11.0)
    assert world.lines() == []
    assert world.record.lines() == frozenset() or at == "before the write"


def test_line_that_somebody_typed_stays_whatever_happens(world: FollowWorld) -> None:
    by_hand(world.box, "interface GigabitEthernet1", "ip igmp join-group 239.9.3.3")
    world.want("239.9.9.9")
    world.step()
    world.want()
    world.step()
    world.step(100.0)
    world.step()
    assert world.lines() == [f"{JOIN} 239.9.3.3"]
    assert "239.9.3.3" not in world.reported(Kind.LEFT)


def test_groups_outside_the_block_are_never_touched(world: FollowWorld) -> None:
    world.want("239.1.1.1", "239.10.0.1", "239.9.0.1", hosts=["239.77.0.1"])
    world.step()
    assert world.lines() == [f"{JOIN} 239.9.0.1"]
    assert "239.10.0.1" not in world.box.text
    assert "239.77.0.1" not in world.box.text


def test_push_drift_and_removal_know_what_is_followed(world: FollowWorld) -> None:
    world.want("239.9.9.9", "239.9.9.10")
    world.step()
    found = compare(world.lab, world.rig.routers(), world.rig.records, Pace())
    assert {router.side for router in found.routers} == {Side.IN_SYNC}
    assert {router.side for router in world.rig.push().routers} == {Side.IN_SYNC}
    assert len(world.lines()) == 2
    world.rig.push(remove=True)
    assert world.lines() == []
    assert world.record.lines() == frozenset()


def test_push_of_a_lab_without_the_block_takes_its_groups_out(world: FollowWorld) -> None:
    world.want("239.9.9.9")
    world.step()
    lab = lab_with({})
    world.rig.wanted = {each.router: intended(each) for each in render_all(lab, facts_for(lab))}
    report = world.rig.push()
    assert "no ip igmp join-group 239.9.9.9" in "\n".join(line for each in report.routers for line in each.lines)
    assert world.lines() == []


def test_push_beside_other_changes_keeps_what_is_followed(world: FollowWorld) -> None:
    world.want("239.9.9.9")
    world.step()
    by_hand(world.box, "interface GigabitEthernet1", "no ip igmp join-group 239.1.1.1")
    report = world.rig.push()
    aws = next(each for each in report.routers if each.router == world.box.name)
    assert [line.strip() for line in aws.lines] == ["interface GigabitEthernet1", "ip igmp join-group 239.1.1.1"]
    assert world.lines() == [f"{JOIN} 239.9.9.9"]


def test_while_another_command_works_nothing_is_written_and_afterwards_it_converges(world: FollowWorld) -> None:
    world.busy = True
    world.want("239.9.9.9")
    world.step()
    world.step()
    assert world.lines() == []
    assert world.reported(Kind.WAITING) == ["another command works on the target: process 7"]
    world.busy = False
    world.step()
    assert world.lines() == [f"{JOIN} 239.9.9.9"]
    assert world.reported(Kind.RECOVERED) == ["the other command has ended"]


def test_interrupted_push_is_left_alone(world: FollowWorld) -> None:
    world.rig.records.begin({world.box.name: Entry(backup="", old="", new="", ledger=Ledger())})
    world.want("239.9.9.9")
    world.step()
    assert world.lines() == []
    assert world.reported(Kind.WAITING) == ["a change of the routers was interrupted"]
    world.rig.records.end()
    world.step()
    assert world.lines() == [f"{JOIN} 239.9.9.9"]


def test_reloaded_router_and_lost_session_are_waited_out(world: FollowWorld) -> None:
    world.want("239.9.9.9")
    world.step()
    world.router.close()
    world.cut = True
    world.step()
    world.step(5.0)
    assert world.reported(Kind.WAITING) == [f"{world.box.name}: no route"]
    # It comes up without what was never saved.
    by_hand(world.box, "interface GigabitEthernet1", "no ip igmp join-group 239.9.9.9")
    world.cut = False
    world.step(20.0)
    assert world.reported(Kind.LOST) == ["239.9.9.9"]
    assert world.lines() == [f"{JOIN} 239.9.9.9"]
    assert world.reported(Kind.RECOVERED) == ["the router answers again"]


def test_line_that_vanishes_while_the_session_lasts_is_missed_and_joined_again(world: FollowWorld) -> None:
    world.want("239.9.9.9")
    world.step()
    by_hand(world.box, "interface GigabitEthernet1", "no ip igmp join-group 239.9.9.9")
    for _ in range(8):
        world.step()
    assert world.lines() == [f"{JOIN} 239.9.9.9"]


def test_expired_credentials_take_nothing_away_and_the_state_converges_afterwards(world: FollowWorld) -> None:
    world.want(hosts=["239.9.1.1"])
    world.step()
    world.members.error = RefusedError("AWS answered ExpiredToken")
    for _ in range(30):
        world.step()
    assert world.lines() == [f"{JOIN} 239.9.1.1"]
    assert world.reported(Kind.WAITING) == ["AWS answered ExpiredToken"]
    # Meanwhile remote devices are followed, and hosts change their minds, which nobody hears of.
    world.want("239.9.9.9", hosts=["239.9.1.2"])
    world.step()
    assert world.lines() == [f"{JOIN} {group}" for group in ("239.9.1.1", "239.9.9.9")]
    world.members.error = None
    world.step()
    assert world.reported(Kind.RECOVERED) == ["the gateway answers again"]
    assert f"{JOIN} 239.9.1.2" in world.lines()
    world.step(11.0)
    assert sorted(world.lines()) == [f"{JOIN} {group}" for group in ("239.9.1.2", "239.9.9.9")]


def test_before_the_gateway_has_answered_nothing_is_left(world: FollowWorld) -> None:
    world.want(hosts=["239.9.1.1"])
    world.step()
    world.new_follower()
    world.members.error = RefusedError("throttled")
    for _ in range(30):
        world.step()
    assert world.lines() == [f"{JOIN} 239.9.1.1"]


def test_lost_report_is_reported_and_sent_again(world: FollowWorld) -> None:
    world.members.deaf = True
    world.want("239.9.9.9")
    for _ in range(8):
        world.step()
    assert world.reported(Kind.NOT_A_MEMBER) == ["239.9.9.9"]
    assert world.box.calls.count(" no ip igmp join-group 239.9.9.9") == 1
    world.members.deaf = False
    world.step()
    assert world.reported(Kind.MEMBER) == ["239.9.9.9"]


def test_static_way_registers_and_deregisters_by_the_api(tmp_path: Path) -> None:
    world = world_of(tmp_path, lab_of(via="static"))
    world.want("239.9.9.9")
    world.step()
    assert world.lines() == ["ip igmp static-group 239.9.9.9"]
    assert world.members.registered == {IPv4Address("239.9.9.9")}
    world.want()
    world.step()
    world.step(11.0)
    assert (world.lines(), world.members.registered) == ([], set())
    world.members.registered = {IPv4Address("239.9.8.8")}
    world.step()
    assert world.members.registered == set(), "what an earlier follower left"
    world.close()


def test_router_without_the_right_to_configure_is_refused_before_anything_runs(world: FollowWorld) -> None:
    refusing = world.box.connect()
    refusing.enter_configuration = lambda *_: "Command authorization failed.\n"  # type: ignore[method-assign]
    world.follower.ports = replace(world.follower.ports, router=world.router)
    world.router._connect = lambda: refusing  # noqa: SLF001
    with pytest.raises(
        RefusedError, match="does not let this user configure it: Command authorization failed"
    ) as caught:
        world.follower.run()
    assert caught.value.exit_code is ExitCode.REFUSED
    assert world.events == []


def test_packets_are_counted_now_and_then_while_groups_are_live_and_somebody_looks(world: FollowWorld) -> None:
    world.want("239.9.9.9")
    world.step()
    assert COUNTS not in world.box.calls, "nobody looks"
    world.follower.rates.every_s = 2.0
    for _ in range(6):
        world.step()
    assert world.box.calls.count(COUNTS) == 3
    world.want()
    world.step()
    world.step(11.0)
    asked = world.box.calls.count(COUNTS)
    world.step(5.0)
    assert (world.lines(), world.box.calls.count(COUNTS)) == ([], asked)


def test_many_groups_are_joined_some_at_a_time(world: FollowWorld) -> None:
    groups = [f"239.9.{n // 200}.{n % 200}" for n in range(2 * JOINS_AT_ONCE + 1)]
    world.want(*groups)
    world.step()
    assert len(world.lines()) == len(groups)
    assert world.box.calls.count("configure terminal") == 3
    assert set(world.reported(Kind.JOINED)) == set(groups)
    assert len(world.record.lines()) == len(groups)
