"""A router that boots is waited for, and what was seen of it is reported: no answer, a refused key, no prompt."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import asyncssh
import pytest
from routers.served import SshBox, SshRig

from mcastlab.routers.boot import TIMEOUT_S, await_prompt
from mcastlab.routers.ssh.host_keys import pin_at_first_use
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab_base.errors import ExitCode, RefusedError, TimedOutError
from mcastlab_base.secret import Secret
from mcastlab_base.waiting import ManualWaitClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.routers.ssh.login import RouterLogin


@pytest.fixture
def box(lab: Lab, tmp_path: Path) -> Iterator[SshBox]:
    rig = SshRig(lab, tmp_path)
    yield cast("SshBox", rig.boxes["demo/lab-router"])
    rig.close()


def wait(logins: Iterator[RouterLogin], clock: ManualWaitClock, reported: list[str], *, timeout_s: float = 900) -> None:
    """Wait for a router that is logged in to by one login after the other."""
    await_prompt(
        "demo/aws-router",
        "i-0abc",
        lambda: NetmikoSession(next(logins), read_timeout_s=1.0),
        progress=reported.append,
        timeout_s=timeout_s,
        clock=clock,
    )


def closed(login: RouterLogin) -> RouterLogin:
    """The same login where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return replace(login, host=replace(login.host, port=port))


def with_another_key(login: RouterLogin) -> RouterLogin:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_private_key("pkcs1-pem")
    return replace(login, private_key=Secret(key.decode()))


def forever(login: RouterLogin) -> Iterator[RouterLogin]:
    while True:
        yield login


def test_it_is_waited_for_until_its_prompt_answers(box: SshBox) -> None:
    def booting() -> Iterator[RouterLogin]:
        for _ in range(20):
            yield closed(box.login)
        yield with_another_key(box.login)
        yield from forever(box.login)

    clock, reported = ManualWaitClock(), list[str]()
    wait(booting(), clock, reported)
    assert 60 < clock.now() < TIMEOUT_S
    assert reported[0] == "waiting for SSH on i-0abc (an IOS-XE router takes 5 to 10 min)"
    assert reported[1] == f"{reported[0]}: no SSH server answers"
    assert "waiting for SSH on i-0abc (2 min " in reported[-1]
    assert reported[-1].endswith("SSH answers and refuses the key")


def test_nobody_answers(box: SshBox) -> None:
    clock = ManualWaitClock()
    with pytest.raises(TimedOutError, match=r"waited 15 min 0 s for SSH.* on i-0abc; no SSH server answers") as caught:
        wait(forever(closed(box.login)), clock, [])
    assert clock.now() == pytest.approx(TIMEOUT_S)
    assert "get-console-output --latest --instance-id i-0abc" in caught.value.hint
    assert caught.value.exit_code is ExitCode.TIMED_OUT


def test_the_key_is_refused_because_day_0_did_not_run(box: SshBox) -> None:
    with pytest.raises(TimedOutError, match="SSH answers and refuses the key") as caught:
        wait(forever(with_another_key(box.login)), ManualWaitClock(), [], timeout_s=0)
    assert "day 0 did not run" in caught.value.hint
    assert "IMDSv2" in caught.value.hint


def test_another_host_key_than_the_pinned_one_is_no_boot(box: SshBox, tmp_path: Path) -> None:
    host = replace(box.login.host, alias="i-0abc")
    known, _ = pin_at_first_use(host, "i-0abc", tmp_path / "pins")
    box.virtual.change_host_key(asyncssh.generate_private_key("ssh-rsa", key_size=2048))
    clock = ManualWaitClock()
    with pytest.raises(RefusedError, match="the host key has changed"):
        wait(forever(replace(box.login, host=host, known_hosts=known)), clock, [])
    assert clock.now() == 0


def test_a_wait_can_be_interrupted(box: SshBox) -> None:
    def interrupted() -> Iterator[RouterLogin]:
        yield closed(box.login)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait(interrupted(), ManualWaitClock(), [])
