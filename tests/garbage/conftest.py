"""The verbs on the default lab: virtual routers in memory and sound answers of AWS and hosts, any of them garbled."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from facts_sample import facts_for
from routers.rig import AT_ONCE, Rig
from verify.sound_cloud import cloud_of

from mcastlab.cli import connections, steps, targeting
from mcastlab.cli.connections import Connections
from mcastlab.cli.logins import Logins
from mcastlab.cli.main import main
from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.ports import ShellResult
from mcastlab.routers.transaction import Transaction
from mcastlab.verify import waiting
from mcastlab.verify.engine import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.ports import RouterSession

DOCUMENTED = frozenset({0, 1, 2, 3, 4})


@dataclass(frozen=True)
class Ended:
    """How a verb ended."""

    code: int
    out: str
    err: str


@dataclass
class GarblingSession:
    """A session whose answers pass through somebody's hands."""

    real: RouterSession
    world: World

    @property
    def router(self) -> str:
        return self.real.router

    @property
    def in_configuration(self) -> bool:
        return self.real.in_configuration

    def _reported(self, command: str, answer: str) -> str:
        self.world.asked.setdefault(self.router, {})[command] = answer
        return self.world.garble(self.router, command, answer)

    def show(self, command: str) -> str:
        return self.show_all(command)[0]

    def show_all(self, *commands: str) -> tuple[str, ...]:
        answers = self.real.show_all(*commands)
        return tuple(self._reported(command, answer) for command, answer in zip(commands, answers, strict=True))

    def enter_configuration(self, revert_minutes: int | None = None) -> str:
        return self._reported("configure terminal", self.real.enter_configuration(revert_minutes))

    def configure(self, *lines: str) -> tuple[str, ...]:
        answers = self.real.configure(*lines)
        return tuple(self._reported("a line", answer) for answer in answers)

    def leave_configuration(self) -> None:
        self.real.leave_configuration()

    def close(self) -> None:
        self.real.close()


@dataclass
class GarblingShell:
    """A host that says of its multicast what it should, and whatever somebody makes of it."""

    host: str
    world: World

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        del command, timeout_s
        reported = {"kernel": "6.1", "interface": "ens5", "source": "10.10.1.11", "mtu_octets": 1500, "igmp_version": 2}
        stdout = self.world.garble(self.host, "look", json.dumps(reported))
        return ShellResult(code=0, stdout=stdout, stderr="")


@dataclass
class World:
    """The lab's routers and hosts, and what is made of their answers: `garble(device, command, answer)`."""

    lab: Lab
    rig: Rig
    state: Path
    capsys: pytest.CaptureFixture[str]
    garble: Callable[[str, str, str], str] = field(default=lambda _device, _command, answer: answer)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    """The last true answer of each router to each command."""

    def run(self, *arguments: str, garble: Callable[[str, str, str], str] | None = None) -> Ended:
        """Run a verb; however it ends, it ends in words and with a documented code."""
        self.garble = garble or (lambda _device, _command, answer: answer)
        code = main(list(arguments))
        out, err = self.capsys.readouterr()
        assert code in DOCUMENTED, (arguments, code)
        assert "Traceback (most" not in out + err, (out, err)
        bugs = list((self.state / "mcastlab" / "bugs").glob("*"))
        assert bugs == [], [each.read_text() for each in bugs]
        assert "s3cr3t" not in out + err
        return Ended(code, out, err)


@pytest.fixture(scope="module")
def module_rig(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(lab, tmp_path_factory.mktemp("rig"))
    yield rig
    rig.close()


@pytest.fixture
def world(
    module_rig: Rig,
    lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> World:
    made = World(lab, module_rig, tmp_path, capsys)
    facts = facts_for(lab)
    names = [aws_router_name(lab), *(remote_router_name(lab, site) for site in lab.sites)]
    logins = {name: _Login(router=name, key=name) for name in names}

    def session(login: _Login) -> Any:
        return GarblingSession(made.rig.boxes[login.router].connect(), made)

    def shells(*_: object) -> dict[str, Any]:
        devices = [device.name for site in lab.sites for device in site.machines]
        return {name: GarblingShell(name, made) for name in (*lab.host_names, *devices)}

    account = cloud_of(lab, facts)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(targeting, "enter", lambda *_, **__: targeting.twin_target(lab.name, None))
    monkeypatch.setattr(connections, "Clients", lambda _region: None)
    monkeypatch.setattr(connections, "read_facts", lambda *_: facts)
    monkeypatch.setattr(connections, "observe_account", lambda *_: account)
    monkeypatch.setattr(connections, "observe_cloud", lambda *_: account)
    monkeypatch.setattr(connections, "NetmikoSession", session)
    monkeypatch.setattr(Connections, "_router_logins", lambda *_: iter(logins.values()))
    monkeypatch.setattr(Logins, "aws_router", lambda *_: logins[names[0]])
    monkeypatch.setattr(Logins, "remote_router", lambda self, site, *_: logins[remote_router_name(self._lab, site)])
    monkeypatch.setattr(Connections, "shells", shells)
    # Nothing is waited for: time does not heal garbage.
    monkeypatch.setattr(steps, "Transaction", partial(Transaction, pace=AT_ONCE))
    monkeypatch.setattr(waiting, "await_working", partial(waiting.await_working, timeout_s=0))
    monkeypatch.setattr(steps, "verify", partial(verify, patience_s=0))
    monkeypatch.setattr("mcastlab.verify.observe.rates.APART_S", 0.0)
    return made


@dataclass(frozen=True)
class _Login:
    router: str
    key: str
