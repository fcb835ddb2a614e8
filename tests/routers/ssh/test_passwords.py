"""Logins without a key: password and keyboard-interactive, the enable secret, hosts on the way; nothing is written."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest
from routers.rig import by_hand
from routers.served import SshRig

from mcastlab.routers.reach import reach, refuse_unreached
from mcastlab.routers.router import Router
from mcastlab.routers.ssh.client_config import SshClientConfig
from mcastlab.routers.ssh.login_secrets import ENABLE, PASSWORD, LoginSecrets
from mcastlab_base.errors import BadInputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routers.served import SshBox

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

BRIEF = "show ip interface brief"
KEPT = "plant-7-password"


@pytest.fixture
def box(lab: Lab, tmp_path: Path) -> Iterator[SshBox]:
    made = SshRig(lab, tmp_path)
    box: SshBox = made.boxes["demo/lab-router"]  # type: ignore[assignment]  # over SSH it is one
    by_hand(box, f"username lab privilege 15 password 0 {KEPT}", "no ip ssh pubkey-chain")
    yield box
    made.close()


@pytest.mark.parametrize("interactive", [False, True])
def test_a_router_without_our_key_takes_the_password(
    box: SshBox, caplog: pytest.LogCaptureFixture, *, interactive: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    box.virtual.faults.quirks.keyboard_interactive = interactive
    box.secrets = LoginSecrets({PASSWORD: KEPT})
    session = box.connect()
    assert session.show(BRIEF).startswith("Interface")
    session.close()
    assert KEPT not in caplog.text


def test_a_wrong_password_is_named_as_one_and_not_shown(box: SshBox) -> None:
    box.secrets = LoginSecrets({PASSWORD: "wrong-one"})
    with pytest.raises(RefusedError, match="refuses the login of lab") as refused:
        box.connect()
    assert "wrong-one" not in refused.value.text + refused.value.hint
    box.secrets = None
    with pytest.raises(RefusedError) as refused:
        box.connect()
    assert PASSWORD in refused.value.hint


def test_the_enable_secret_makes_a_session_privileged(box: SshBox) -> None:
    box.secrets = LoginSecrets({PASSWORD: KEPT, ENABLE: "plants"})
    by_hand(box, "enable password plants", "username lab privilege 1")
    session = box.connect()
    assert session.show("show running-config").rstrip().endswith("end")
    session.close()
    box.secrets = LoginSecrets({PASSWORD: KEPT}, ask=lambda _: "plants")
    session = box.connect()
    assert session.show("show running-config").rstrip().endswith("end")
    session.close()
    box.secrets = LoginSecrets({PASSWORD: KEPT, ENABLE: "wrong-one"})
    session = box.connect()
    with pytest.raises(RefusedError, match="the enable secret is refused") as refused:
        session.show(BRIEF)
    assert "wrong-one" not in refused.value.text + refused.value.hint
    session.close()


def test_a_secret_comes_from_where_it_is_kept_and_is_asked_for_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"of a descriptor\nand more\n")
    os.close(writing)
    known = LoginSecrets({f"{PASSWORD}_FD": str(reading), f"{ENABLE}_COMMAND": "sh -c 'echo of $MCASTLAB_ROUTER'"})
    assert known.has_enable
    for router in ("lab/a", "lab/b"):
        password, enable = known.password(router, "lab"), known.enable(router)
        assert password is not None
        assert enable is not None
        assert (password.reveal(), enable.reveal()) == ("of a descriptor", f"of {router}")
    os.close(reading)
    asked: list[str] = []
    person = LoginSecrets({}, ask=lambda question: asked.append(question) or "typed")  # type: ignore[func-returns-value]
    assert person.password("lab/a", "lab") == person.password("lab/a", "lab")
    assert asked == ["Password of lab on lab/a: "]
    assert LoginSecrets({}).password("lab/a", "lab") is None


@pytest.mark.parametrize(("suffix", "value"), [("_FD", "99"), ("_FD", "x"), ("_COMMAND", "false"), ("_COMMAND", "'")])
def test_what_gives_no_secret_is_bad_input(suffix: str, value: str) -> None:
    with pytest.raises(BadInputError, match=f"{PASSWORD}{suffix}"):
        LoginSecrets({f"{PASSWORD}{suffix}": value}).password("lab/a", "lab")


@pytest.mark.parametrize(
    ("jump", "words"),
    [
        ("bastion", ["-W", "[192.0.2.7]:2222", "bastion"]),
        ("a@first:2200,second", ["-J", "a@first:2200", "-W", "[192.0.2.7]:2222", "second"]),
        ("first,b@second:2201", ["-J", "first", "-p", "2201", "-W", "[192.0.2.7]:2222", "b@second"]),
    ],
)
def test_hosts_on_the_way_are_the_users_own_clients_to_pass(tmp_path: Path, jump: str, words: list[str]) -> None:
    config = tmp_path / "config"
    config.write_text(f"Host plant\n HostName 192.0.2.7\n Port 2222\n ProxyJump {jump}\n")
    found = SshClientConfig(config).lookup("plant").proxy_command
    assert found is not None
    assert found.split() == ["ssh", "-F", str(config), *words] or found.replace("'", "").split() == [
        *("ssh", "-F", str(config)),
        *words,
    ]


def test_no_jump_is_none(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host plant\n HostName 192.0.2.7\n ProxyJump none\n")
    assert SshClientConfig(config).lookup("plant").proxy_command is None


def test_a_login_is_tried_and_everything_read_that_a_change_reads(box: SshBox) -> None:
    router = Router(name="demo/lab-router", key="plant", connect=box.connect, wanted=())
    before = box.text
    (refused,) = reach("demo", [router])
    assert refused.error is not None
    assert PASSWORD in refused.error.hint
    box.secrets = LoginSecrets({PASSWORD: KEPT})
    (taken,) = reach("demo", [router])
    assert (taken.ssh, taken.error) == ("plant", None)
    assert box.text == before
    # `up` goes on with the second and not with the first, before anything is deployed.
    refuse_unreached([taken])
    with pytest.raises(RefusedError, match=r"refuses the login of lab\nnothing was deployed") as stopped:
        refuse_unreached([refused, taken])
    assert PASSWORD in stopped.value.hint
