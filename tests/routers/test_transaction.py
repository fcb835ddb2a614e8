"""A push to virtual routers: all or none, least change, and back to what was there."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from facts_sample import KEY, facts_for
from routers.rig import STARTUP, Rig, by_hand

from iosxe.faults import CONFIRM, RouterFault, confirm_lost, confirm_unanswered
from iosxe.quirks import LEFT
from mcastlab.ios.difference import in_order
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import ExitCode, RefusedError
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from series import Sampled

    from iosxe.faults import Kind
    from mcastlab.ios.configuration import ConfigLine, Tree
    from mcastlab.lab.model import Lab
    from mcastlab.render.routers import Rendered

pytestmark = pytest.mark.process


def sections_as_sent(rig: Rig) -> list[ConfigLine]:
    """Return the far router's sections in the order in which they go: what others name goes first."""
    return in_order(rig.wanted["demo/lab-router"])


def test_push_then_nothing_then_removal_gives_the_configuration_of_before(rig: Rig) -> None:
    before = rig.texts()
    first = rig.push()
    assert [each.side for each in first.routers] == [Side.NEW, Side.NEW], first.as_text()
    after = rig.texts()
    assert after != before
    second = rig.push()
    assert [(each.side, each.lines) for each in second.routers] == [(Side.IN_SYNC, ())] * 2
    assert rig.texts() == after
    removed = rig.push(remove=True)
    assert [each.side for each in removed.routers] == [Side.NEW, Side.NEW], removed.as_text()
    assert rig.texts() == before


def test_what_a_router_says_behind_lines_that_it_takes_stops_nothing(rig: Rig) -> None:
    before = rig.texts()
    for box in rig.boxes.values():
        box.virtual.faults.quirks.says = {"no interface ": LEFT, "crypto ikev2 ": "IKEv2 keyring MUST have a peer\n"}
    assert rig.push().exit_code is ExitCode.OK
    removed = rig.push(remove=True)
    assert removed.exit_code is ExitCode.OK, removed.as_text()
    assert rig.texts() == before


def test_the_last_section_leaves_configuration_mode_and_the_proof_comes_after_it(rig: Rig) -> None:
    rig.push()
    calls = rig.boxes["demo/lab-router"].calls
    last = list(sections_as_sent(rig)[-1].walk())[-1][0][-1]
    sent = [call.strip() for call in calls]
    assert sent[sent.index(last) : sent.index(last) + 3] == [last, "end", "show archive config rollback timer"]


def test_no_section_after_a_refused_line_is_sent(rig: Rig, sampled: Sampled) -> None:
    far = rig.boxes["demo/lab-router"]
    sections = [[path[-1] for path, _ in top.walk()] for top in sections_as_sent(rig)]
    section_of = [index for index, section in enumerate(sections) for _ in section]
    for number, index in sampled([*enumerate(section_of, start=1)], gate=10):
        far.calls.clear()
        far.virtual.faults.arm(RouterFault(kind="refuse", line=number))
        assert rig.push().exit_code is ExitCode.REFUSED
        headers = [header for header, *_ in sections if header in far.calls]
        assert headers == [header for header, *_ in sections[: index + 1]], number


def test_a_confirm_that_is_refused_takes_all_back_in_what_they_would_boot_too(rig: Rig) -> None:
    before = rig.texts()
    far = rig.boxes["demo/lab-router"]
    # The second is for the second try.
    far.virtual.faults.arm(*(RouterFault(kind="refuse", command=CONFIRM) for _ in range(2)))
    report = rig.push()
    assert len(far.virtual.faults.happened) == 2
    assert {each.side for each in report.routers} == {Side.OLD}, report.as_text()
    assert "the change is not confirmed" in report.routers[1].error
    assert rig.texts() == before
    assert {name: box.virtual.startup_config for name, box in rig.boxes.items()} == before
    assert rig.records.under_way() == {}


def test_a_router_on_which_a_confirm_is_lost_is_named_and_the_next_run_brings_all_to_one_side(rig: Rig) -> None:
    before = rig.texts()
    far = rig.boxes["demo/lab-router"]
    far.virtual.faults.arm(confirm_lost())
    far.cut_by_fault = True
    report = rig.push()
    assert report.exit_code is ExitCode.REFUSED
    assert {each.router: each.side for each in report.routers} == {
        "demo/aws-router": Side.NEW,
        "demo/lab-router": Side.UNKNOWN,
    }
    far.wait(5 * 60)
    assert far.text == before["demo/lab-router"]
    far.cut_by_fault = False
    again = rig.push()
    assert again.settled == (
        "demo/aws-router: an earlier run left it new; rolled back to the previous configuration",
        "demo/lab-router: an earlier run left it old; rolled back to the previous configuration",
    )
    assert [each.side for each in again.routers] == [Side.NEW, Side.NEW]
    assert rig.push().settled == ()


def test_a_confirm_whose_answer_is_lost_is_found_to_have_arrived(rig: Rig) -> None:
    far = rig.boxes["demo/lab-router"]
    far.virtual.faults.arm(confirm_unanswered())
    far.cut_by_fault = True
    assert rig.push().exit_code is ExitCode.REFUSED
    after = rig.texts()
    far.cut_by_fault = False
    again = rig.push()
    assert all(line.endswith("left it new; kept the new configuration") for line in again.settled)
    assert [each.side for each in again.routers] == [Side.IN_SYNC, Side.IN_SYNC]
    assert rig.texts() == after
    assert far.virtual.startup_config == far.text


@pytest.mark.parametrize("kind", ["drop-before", "drop-after", "hang", "reboot-before", "reboot-after"])
@pytest.mark.parametrize(
    ("where", "side", "reported"),
    [
        ({"line": 5}, Side.UNKNOWN, "it rolls back by itself within 5 minutes"),
        ({"command": "configure terminal revert timer 5"}, Side.OLD, "no line was sent to it"),
    ],
    ids=["in the lines", "at the timer"],
)
def test_a_router_that_stays_away_is_reported_with_the_side_it_will_be_on(
    rig: Rig, kind: Kind, where: dict[str, Any], side: Side, reported: str
) -> None:
    before = rig.texts()
    far = rig.boxes["demo/lab-router"]
    far.virtual.faults.arm(RouterFault(kind=kind, **where))
    far.cut_by_fault = True
    report = rig.push()
    assert [each.side for each in report.routers] == [Side.OLD, side], report.as_text()
    assert reported in report.routers[1].error
    assert report.exit_code is ExitCode.REFUSED
    far.wait(5 * 60)
    assert rig.texts() == before


def test_routers_that_cannot_be_looked_at_are_all_named_and_nothing_is_sent(rig: Rig) -> None:
    before = rig.texts()
    for box in rig.boxes.values():
        box.virtual.faults.arm(RouterFault(kind="drop-before", command="show running-config"))
    with pytest.raises(RefusedError, match=r"aws-router[\s\S]*lab-router[\s\S]*nothing was sent: every router"):
        rig.push()
    assert rig.texts() == before


def test_one_more_group_sends_that_groups_lines_only(lab: Lab, rig: Rig) -> None:
    rig.push()
    group = lab.groups[0].model_copy(update={"name": "more", "address": IPv4Address("239.1.1.77")})
    more = lab.model_copy(update={"groups": (*lab.groups, group)})
    rig.wanted = {each.router: intended(each) for each in render_all(more, facts_for(more))}
    listed = ("ip access-list standard MCASTLAB-GROUPS", " permit 239.1.1.77")
    assert [each.lines for each in rig.push().routers] == [
        ("interface GigabitEthernet1", " ip igmp join-group 239.1.1.77", *listed),
        listed,
    ]
    rig.wanted = {each.router: intended(each) for each in render_all(lab, facts_for(lab))}
    gone = ("ip access-list standard MCASTLAB-GROUPS", " no permit 239.1.1.77")
    assert [each.lines for each in rig.push().routers] == [
        ("interface GigabitEthernet1", " no ip igmp join-group 239.1.1.77", *gone),
        gone,
    ]


def test_an_archive_that_is_missing_is_set_up_first_and_goes_with_the_rest(lab: Lab, tmp_path: Path) -> None:
    rig = Rig(lab, tmp_path, startup=STARTUP.replace("archive\n path bootflash:archive\n", ""))
    before = rig.texts()
    assert rig.push().exit_code is ExitCode.OK
    assert all("path bootflash:mcastlab" in text for text in rig.texts().values())
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == before
    rig.close()


def test_lines_that_were_there_before_stay_when_ours_go(lab: Lab, tmp_path: Path) -> None:
    own = "ip multicast-routing distributed\ncrypto ipsec df-bit set\ninterface GigabitEthernet3\n ip pim sparse-mode\n"
    rig = Rig(
        lab, tmp_path, startup=STARTUP.replace("interface GigabitEthernet1\n", f"{own}interface GigabitEthernet1\n")
    )
    before = rig.texts()
    assert rig.push().exit_code is ExitCode.OK
    assert "crypto ipsec df-bit clear" in rig.texts()["demo/lab-router"]
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == before
    rig.close()


def test_a_line_that_ours_replaced_is_back_as_soon_as_ours_is_not_wanted(lab: Lab, tmp_path: Path) -> None:
    rig = Rig(lab, tmp_path, startup=STARTUP.replace("archive\n ", "crypto ipsec df-bit set\narchive\n "))
    box = rig.boxes["demo/lab-router"]
    before = rig.texts()
    assert rig.push().exit_code is ExitCode.OK
    assert "crypto ipsec df-bit set" not in box.text
    rig.wanted = {
        name: tuple(line for line in tree if line.text != "crypto ipsec df-bit clear")
        for name, tree in rig.wanted.items()
    }
    assert rig.push().exit_code is ExitCode.OK
    assert "crypto ipsec df-bit set" in box.text
    # It is its owner's again, and so is what he makes of it.
    by_hand(box, "no crypto ipsec df-bit set")
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert box.text == before["demo/lab-router"].replace("crypto ipsec df-bit set\n", "")
    rig.close()


@pytest.mark.parametrize(
    ("there", "reported"),
    [
        ("interface Tunnel200\n description backup of the plant\n", "Tunnel200 is in use by somebody else"),
        ("router bgp 64999\n bgp log-neighbor-changes\n", "it runs BGP as AS 64999, and the lab says AS 65001"),
        ("ip pim rp-address 10.9.9.9\n", "10.9.9.9 is the rendezvous point of 239.1.1.1, 239.9.0.0/16 already"),
        # Another lab's groups: some of our block's.
        (
            "ip access-list standard OTHERS\n permit 239.9.128.0 0.0.127.255\nip pim rp-address 10.9.9.9 OTHERS\n",
            "10.9.9.9 is the rendezvous point of 239.9.0.0/16 already",
        ),
        ("interface Tunnel300\n description mcastlab other: GRE to AWS\n", "the lab other is configured here already"),
        ("interface Loopback0\n ip address 10.8.8.8 255.255.255.255\n", "Loopback0 is in use by somebody else"),
    ],
)
def test_what_somebody_else_uses_is_refused_by_name(lab: Lab, tmp_path: Path, there: str, reported: str) -> None:
    rig = Rig(lab, tmp_path, startup=STARTUP.replace("ip access-list", f"{there}ip access-list"))
    before = rig.texts()
    with pytest.raises(RefusedError, match=re.escape(f"demo/lab-router: {reported}")):
        rig.push()
    assert rig.texts() == before
    rig.close()


@pytest.mark.parametrize("router", ["demo/aws-router", "demo/lab-router"])
def test_any_misspelt_line_is_refused_and_named(lab: Lab, tmp_path: Path, router: str, sampled: Sampled) -> None:
    rendered = {each.router: each for each in render_all(lab, facts_for(lab))}
    sound = {name: intended(each) for name, each in rendered.items()}
    lines = rendered[router].text.reveal().splitlines()
    for index in sampled([index for index, line in enumerate(lines) if line.strip() not in {"", "!"}], gate=8):
        word = lines[index].split()[0]
        rig = Rig(lab, tmp_path / str(index), wanted={**sound, router: _misspelt(rendered[router], index, word)})
        before = rig.texts()
        report = rig.push()
        error = next(each.error for each in report.routers if each.router == router)
        assert f"refused line {index + 1} ({rendered[router].origins[index]}): '{word}q" in error, report.as_text()
        assert rig.texts() == before
        rig.close()


def test_no_key_is_in_anything_that_a_run_leaves_or_says(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rig.boxes["demo/lab-router"].virtual.faults.arm(RouterFault(kind="refuse", line=18))
    said = [rig.push(), rig.push(), rig.push(remove=True)]
    spoken = "".join(f"{each!r}{each.as_text()}{each.as_json()}" for each in said) + "".join(rig.progress) + caplog.text
    written = "".join(path.read_text() for path in rig.folder.rglob("*") if path.is_file())
    assert "pre-shared-key ***" in written
    assert KEY not in spoken
    assert KEY not in written


def test_the_audit_says_who_when_what_and_how_it_ended(rig: Rig) -> None:
    rig.push()
    rows = [json.loads(line) for line in (rig.folder / "audit.jsonl").read_text().splitlines()]
    assert [(row["router"], row["action"], row["result"]) for row in rows] == [
        ("demo/aws-router", "configure", "confirmed and saved"),
        ("demo/lab-router", "configure", "confirmed and saved"),
    ]
    assert all(row["user"] and row["time"] and row["lines"] for row in rows)


def _misspelt(rendered: Rendered, index: int, word: str) -> Tree:
    def repair(text: str) -> str:
        lines = text.splitlines()
        lines[index] = lines[index].replace(word, f"{word}q", 1)
        return "\n".join(lines)

    text = Secret(repair(rendered.text.reveal()))
    return intended(replace(rendered, text=text, shown=repair(rendered.shown)))
