"""What comes over a channel is read as one text, in whatever pieces and however slowly it comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import pytest

from mcastlab.routers.ssh import session as sessions
from mcastlab.routers.ssh.dialogue import Dialogue
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab_base.errors import TimedOutError

if TYPE_CHECKING:
    import paramiko

    from mcastlab.routers.ssh.login import RouterLogin

PROMPT = "a-router-of-a-very-long-name#"


LOGIN = cast("RouterLogin", type("Login", (), {"router": "r", "secrets": None}))


class Channel:
    """A router's end that gives what is planned, piece by piece, each after a while."""

    def __init__(self, *pieces: bytes, after_s: float = 0) -> None:
        self.pieces = list(pieces)
        self.after_s = after_s
        self.timeout = 0.0

    def settimeout(self, timeout: float) -> None:
        self.timeout = timeout

    def sendall(self, _: bytes) -> None:
        pass

    def recv(self, _: int) -> bytes:
        time.sleep(min(self.after_s, self.timeout))
        if self.after_s > self.timeout or not self.pieces:
            raise TimeoutError
        return self.pieces.pop(0)


def dialogue(channel: Channel, timeout_s: float) -> Dialogue:
    return Dialogue("r", cast("paramiko.Channel", channel), timeout_s=timeout_s)


def whole(output: str) -> str | None:
    return output if output.endswith("#") else None


def test_a_character_that_comes_in_two_pieces_is_one() -> None:
    octets = " description Zürich to Łódź\r\nr#".encode()
    for at in range(1, len(octets)):
        found, _ = dialogue(Channel(octets[:at], octets[at:]), 1).until(whole)
        assert found == " description Zürich to Łódź\nr#"


def test_a_slow_answer_is_waited_for_as_long_as_it_goes_on() -> None:
    found, _ = dialogue(Channel(*(b"line\n" for _ in range(8)), b"r#", after_s=0.05), 0.2).until(whole)
    assert found.count("line") == 8


def test_a_router_that_falls_silent_is_not_waited_for() -> None:
    with pytest.raises(TimedOutError, match="no prompt came back within"):
        dialogue(Channel(b"line\n"), 0.2).until(whole)


@pytest.mark.parametrize("name", ["r", "exactly-twenty-chars", "a-router-of-a-very-long-name"])
def test_the_prompt_of_configuration_mode_is_cut_at_twenty_characters(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    exec_prompt, config_prompt = f"{name}#", f"{name[:20]}(config)#"
    echoes = "".join(f"{line}\n{exec_prompt}" for line in sessions._WHOLE)  # noqa: SLF001  (what is typed first)
    channel = Channel(
        exec_prompt.encode(),
        echoes.encode(),
        f"configure terminal\n{config_prompt}".encode(),
        f"interface Tunnel7\n{name[:20]}(config-if)#end\n{exec_prompt}".encode(),
    )

    class Connection:
        remote_conn = channel

    monkeypatch.setattr(sessions, "connected", lambda _: Connection())
    login = LOGIN
    session = NetmikoSession(login, read_timeout_s=0.3)
    session.enter_configuration()
    assert session.in_configuration
    assert session.configure("interface Tunnel7", "end") == ("", "")
    assert not session.in_configuration


def test_a_line_of_an_answer_that_looks_like_a_prompt_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel(
        b"r#",
        b"terminal width 511\nr#terminal length 0\nr#terminal no monitor\nr#",
        b"show running-config\nbanner motd ^C\nr# belongs to the plant\n^C\nend\nr#show clock\n12:00\nr#",
    )

    class Connection:
        remote_conn = channel

    monkeypatch.setattr(sessions, "connected", lambda _: Connection())
    session = NetmikoSession(LOGIN, read_timeout_s=0.3)
    running, clock = session._exchange("show running-config", "show clock")  # noqa: SLF001  (`show` goes ahead)
    assert running == "banner motd ^C\nr# belongs to the plant\n^C\nend\n"
    assert clock == "12:00\n"
