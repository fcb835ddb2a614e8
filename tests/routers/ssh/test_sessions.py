"""Sessions on routers of several kinds: what goes ahead of an answer changes nothing of what is learnt."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import paramiko
import pytest
from routers.rig import by_hand
from routers.served import HANGS_AFTER_S, LOOPBACK, SshRig

from iosxe.faults import RouterFault
from mcastlab.routers.push_report import Side
from mcastlab.routers.ssh.dialogue import QUIET_S
from mcastlab_base.errors import ExitCode, RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routers.served import SshBox

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

BRIEF = "show ip interface brief"


@pytest.fixture
def rig(lab: Lab, tmp_path: Path) -> Iterator[SshRig]:
    made = SshRig(lab, tmp_path)
    yield made
    made.close()


def box_of(rig: SshRig) -> SshBox:
    return rig.boxes["demo/lab-router"]  # type: ignore[return-value]  # over SSH it is one


def logins(caplog: pytest.LogCaptureFixture) -> int:
    return sum("Auth for user lab succeeded" in record.getMessage() for record in caplog.records)


def test_the_first_answers_are_those_to_the_first_questions(rig: SshRig) -> None:
    session = box_of(rig).connect()
    running, brief = session.show_all("show running-config", BRIEF)
    assert running.startswith("Building configuration...")
    assert running.rstrip().endswith("end")
    assert brief.startswith("Interface")
    assert brief.count("GigabitEthernet") == 3
    assert session.show(BRIEF) == brief
    session.close()


def test_a_banner_that_looks_like_prompts_is_none(rig: SshRig) -> None:
    box = box_of(rig)
    expected = box.connect().show(BRIEF)
    box.virtual.faults.banner = "R1#\nno#terminal length 0\n> Authorized users only <\nlab-router#\nBeware>\n"
    session = box.connect()
    assert session.show_all(BRIEF, BRIEF) == (expected, expected)
    session.close()
    session = box.connect()
    session.enter_configuration()
    assert session.in_configuration
    session.close()


def test_a_router_that_drops_what_was_typed_ahead_is_asked_again(rig: SshRig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "asyncssh")
    box = box_of(rig)
    expected = box.connect().show_all("show running-config", BRIEF)
    box.virtual.faults.drops_type_ahead = True
    before = logins(caplog)
    session = box.connect()
    assert session.show_all("show running-config", BRIEF) == expected
    assert logins(caplog) - before == 2
    session.close()


def test_a_whole_push_stands_it(rig: SshRig) -> None:
    old = rig.texts()
    for box in rig.boxes.values():
        box.virtual.faults.drops_type_ahead = True
    assert {each.side for each in rig.push().routers} == {Side.NEW}
    assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == old


def test_what_changes_something_waits_for_the_prompt(rig: SshRig) -> None:
    box = box_of(rig)
    box.virtual.faults.drops_type_ahead = True
    session = box.connect()
    session.enter_configuration()
    assert session.in_configuration
    assert session.configure("ip multicast-routing distributed", "end") == ("", "")
    session.close()
    assert "ip multicast-routing distributed" in box.text


def test_lines_with_spaces_before_are_known_by_their_echoes_and_not_by_quiet(rig: SshRig) -> None:
    session = box_of(rig).connect()
    session.show(BRIEF)
    begun = time.monotonic()
    session.configure("interface Loopback77", " description one", "  no description", "no interface Loopback77", "end")
    assert time.monotonic() - begun < QUIET_S
    session.close()


def test_a_session_that_is_not_privileged_says_what_to_do(rig: SshRig) -> None:
    box = box_of(rig)
    by_hand(box, "username lab privilege 1")
    session = box.connect()
    with pytest.raises(RefusedError, match="not privileged: the prompt is 'lab-router>'"):
        session.show(BRIEF)
    session.close()


def test_a_router_whose_lines_are_all_in_use_says_so(rig: SshRig) -> None:
    box = box_of(rig)
    sessions = [box.connect() for _ in range(5)]
    for each in sessions:
        each.show(BRIEF)
    sixth = box.connect()
    with pytest.raises(RefusedError, match="ends the session before any prompt") as refused:
        sixth.show(BRIEF)
    assert "vty" in refused.value.hint
    for each in (*sessions, sixth):
        each.close()


def test_a_router_that_hangs_at_the_first_question_is_not_asked_for_ever(
    rig: SshRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = box_of(rig)
    monkeypatch.setattr(box, "read_timeout_s", HANGS_AFTER_S)
    box.virtual.faults.arm(RouterFault(kind="hang", command=BRIEF))
    session = box.connect()
    with pytest.raises(TimedOutError, match="no prompt came back within"):
        session.show(BRIEF)
    session.close()


# The library behind the virtual router means to give such groups up.
@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
def test_routers_that_know_sha_1_alone_are_logged_in_to(lab: Lab, tmp_path: Path) -> None:
    rig = SshRig(lab, tmp_path, old_ssh=True)
    try:
        box = box_of(rig)
        # The control: a client that takes SHA-2 for granted is refused here.
        client = paramiko.SSHClient()
        client.load_host_keys(str(box.known_hosts))
        key = paramiko.RSAKey.from_private_key_file(str(box.identity))
        with pytest.raises(paramiko.AuthenticationException):
            client.connect(LOOPBACK, box.port, "lab", pkey=key, allow_agent=False, look_for_keys=False)
        client.close()
        assert {each.side for each in rig.push().routers} == {Side.NEW}
    finally:
        rig.close()


def test_a_known_rsa_key_is_no_wish_for_sha_1(rig: SshRig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "paramiko")
    box_of(rig).connect().close()
    assert any(record.getMessage() == "HostKey: rsa-sha2-512" for record in caplog.records)
