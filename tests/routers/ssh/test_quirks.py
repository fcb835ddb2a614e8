"""Sessions on routers with quirks: prompts of any form, questions, logs and stamps between answers, slow answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from routers.rig import by_hand
from routers.served import HANGS_AFTER_S, SshRig

from iosxe.quirks import OVERWRITE, USERNAME
from mcastlab.ios.questions import is_harmless, question_in
from mcastlab.ios.show.multicast import pim_neighbors
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import ExitCode, RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routers.served import SshBox

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

BRIEF = "show ip interface brief"
LOG = "*May  5 09:15:02.001: %BGP-5-ADJCHANGE: neighbor 192.0.2.1 Up\n"
PROMPTS = ("%h-of-plant-7%p", "%h%s(plant%s7)%s%p", "[%h]:%n%p%s", "plant%p%p", "plant 7 $", "noc>")


@pytest.fixture
def rig(lab: Lab, tmp_path: Path) -> Iterator[SshRig]:
    made = SshRig(lab, tmp_path)
    yield made
    made.close()


def box_of(rig: SshRig) -> SshBox:
    return rig.boxes["demo/lab-router"]  # type: ignore[return-value]  # over SSH it is one


@pytest.mark.parametrize("template", PROMPTS)
def test_any_prompt_is_learnt(rig: SshRig, template: str) -> None:
    box = box_of(rig)
    expected = box.connect().show_all(BRIEF, "show ip pim neighbor")
    by_hand(box, "hostname a-name-of-more-than-twenty-letters", f"prompt {template}")
    session = box.connect()
    assert session.show_all(BRIEF, "show ip pim neighbor") == expected
    session.enter_configuration()
    assert session.in_configuration
    assert session.configure("interface Loopback77", "description a#", "no interface Loopback77", "end") == ("",) * 4
    assert not session.in_configuration
    assert session.show_all(BRIEF) == expected[:1]
    session.close()


def test_a_banner_may_end_without_a_new_line(rig: SshRig) -> None:
    box = box_of(rig)
    expected = box.connect().show_all(BRIEF, BRIEF)
    box.virtual.faults.banner = "This is the plant's#\nno more than that"
    session = box.connect()
    assert session.show_all(BRIEF, BRIEF) == expected
    session.close()


def test_a_whole_push_on_routers_with_every_quirk(rig: SshRig) -> None:
    for box in rig.boxes.values():
        by_hand(box, "prompt %h-7%s%p", "line vty 0 4", "exec prompt timestamp")
        box.virtual.faults.banner = "no more than that"
        box.virtual.faults.quirks.logged = LOG
        box.virtual.faults.quirks.asks = {"write memory": OVERWRITE}
    old = rig.texts()
    assert {each.side for each in rig.push().routers} == {Side.NEW}
    assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == old


def test_the_log_of_a_session_that_monitors_is_no_part_of_answers(rig: SshRig) -> None:
    box = box_of(rig)
    box.virtual.faults.quirks.logged = LOG
    session = box.connect()
    first, second = session.show_all("show ip pim neighbor", "show ip pim neighbor")
    assert pim_neighbors(first) == pim_neighbors(second)
    assert LOG not in second
    session.close()


def test_what_follows_a_line_that_is_asked_about_is_not_taken_for_the_answer(rig: SshRig) -> None:
    box = box_of(rig)
    by_hand(box, "username old privilege 1 password 0 x1y2z3")
    box.virtual.faults.quirks.asks = {"no username": USERNAME}
    session = box.connect()
    session.enter_configuration()
    session.configure("no username old", "interface Loopback77", "end")
    session.close()
    assert "username old" not in box.text
    assert "interface Loopback77" in box.text


def test_a_question_that_is_not_harmless_is_named_and_the_router_goes_back(rig: SshRig) -> None:
    old = rig.texts()
    box = box_of(rig)
    box.virtual.faults.quirks.asks = {"router bgp": "% This destroys all certificates. Are you sure? [yes/no]:"}
    report = rig.push()
    assert report.exit_code is ExitCode.REFUSED
    assert "Are you sure? [yes/no]" in next(each.error for each in report.routers if each.error)
    box.virtual.faults.quirks.asks = {}
    assert rig.texts() == old


def test_a_question_at_any_command_leaves_the_old_configuration_and_is_one_sentence(rig: SshRig) -> None:
    old = rig.texts()
    box = box_of(rig)
    for place in ("show running-config", "show ip route static", "configure terminal", "configure confirm", "write"):
        box.virtual.faults.quirks.asks = {place: "% The other change is not saved. Proceed anyway? [confirm]"}
        try:
            report = rig.push()
        except RefusedError as error:
            reported, code = error.text, error.exit_code
        else:
            reported, code = "\n".join(each.error for each in report.routers if each.error), report.exit_code
        assert code is ExitCode.REFUSED, place
        assert reported.count("demo/lab-router asks '% The other change is not saved. Proceed ") == 1, (place, reported)
        box.virtual.faults.quirks.asks = {}
        box.connect().close()
        assert rig.texts() == old, place


@pytest.mark.parametrize(
    ("question", "harmless"),
    [
        (OVERWRITE, True),
        (USERNAME, True),
        ("Proceed with reload? [confirm]", False),
        ("Delete bootflash:x? [confirm]", False),
        ("% Do you really want to remove these keys? [yes/no]: ", False),
    ],
)
def test_only_known_questions_are_answered(question: str, harmless: bool) -> None:  # noqa: FBT001  (a parameter)
    assert is_harmless(question) is harmless


@pytest.mark.parametrize(
    "question",
    [
        "How many bits in the modulus [2048]: ",
        "New key: ",
        "Re-enter password:",
        "Continue? [Y]es/[N]o/[A]ll: ",
        "Shut it down? {yes|no} ",
        "Address of remote host []? ",
        " --More-- ",
    ],
)
def test_what_waits_for_an_answer_is_a_question_and_a_prompt_is_none(question: str) -> None:
    assert question_in(f"said before\n{question}") == f"said before\n{question}"
    assert question_in(f"{question}\nr1#") is None


def test_a_character_whose_octets_come_apart_is_read_as_one(rig: SshRig) -> None:
    box = box_of(rig)
    by_hand(box, "interface Loopback77", "description Zürich to Łódź, 東京 and 🏭")
    session = box.connect()
    expected = session.show("show running-config")
    session.close()
    assert "Zürich to Łódź, 東京 and 🏭" in expected
    box.virtual.faults.quirks.splits = True
    session = box.connect()
    assert session.show_all("show running-config", BRIEF)[0] == expected
    session.close()


def test_a_slow_answer_is_waited_for_and_a_lookup_without_end_is_reported_as_one(rig: SshRig) -> None:
    box = box_of(rig)
    box.read_timeout_s = HANGS_AFTER_S
    box.virtual.faults.quirks.slow_s = {"show ip rpf": 0.8}
    session = box.connect()
    assert len(session.show_all(*("show ip rpf 10.0.0.9",) * 3)) == 3
    session.close()
    box.virtual.faults.quirks.slow_s = {"show ip rpf": 30}
    session = box.connect()
    with pytest.raises(TimedOutError, match=r"after 'show ip rpf 10\.0\.0\.9'") as silent:
        session.show_all("show clock", "show ip rpf 10.0.0.9")
    assert "no ip domain lookup" in silent.value.hint
    session.close()
