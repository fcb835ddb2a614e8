"""``up`` tries every login on a remote router before it deploys anything."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from push.rig import by_hand
from push.served import SshRig

from mcastlab.aws import cdk
from mcastlab.cli import lifecycle
from mcastlab.routers.device import Router
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


class DeployedError(Exception):
    """The deployment began."""


class Stages:
    def __init__(self) -> None:
        self.titles: list[str] = []

    @contextmanager
    def stage(self, title: str, _step: object = None) -> Iterator[Callable[[str], None]]:
        self.titles.append(title)
        yield lambda _: None


@pytest.fixture
def rig(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshRig]:
    def deploy(*_: object) -> None:
        raise DeployedError

    found = SimpleNamespace(asked=0, assumed=(), unanswered=())
    monkeypatch.setattr(lifecycle, "repair_stacks", lambda *_, **__: ())
    monkeypatch.setattr(lifecycle, "preflight", lambda *_: found)
    monkeypatch.setattr(lifecycle, "refuse_unready", lambda _: None)
    monkeypatch.setattr(lifecycle, "kept_images", lambda *_: ())
    monkeypatch.setattr(cdk, "deploy", deploy)
    made = SshRig(lab, tmp_path)
    yield made
    made.close()


def up(rig: SshRig) -> Stages:
    stages = Stages()
    box = rig.boxes["demo/lab-router"]
    router = Router(name="demo/lab-router", key="lab-router", connect=box.connect, wanted=())
    connections = SimpleNamespace(clients=None, remote_routers=lambda *_, **__: [router])
    context: Any = SimpleNamespace(
        lab=rig.lab, stages=stages, connections=connections, folder=rig.folder, command=SimpleNamespace(context=())
    )
    with pytest.raises(DeployedError):
        lifecycle.bring_up(context, SimpleNamespace())  # type: ignore[arg-type]  # it does not come that far
    return stages


def test_a_router_that_takes_no_login_stops_before_anything_is_deployed(rig: SshRig) -> None:
    by_hand(rig.boxes["demo/lab-router"], "no ip ssh pubkey-chain")
    with pytest.raises(RefusedError, match=r"refuses the login of lab\nnothing was deployed") as told:
        up(rig)
    assert told.value.exit_code is ExitCode.REFUSED


def test_one_that_could_not_be_changed_does_too(rig: SshRig) -> None:
    by_hand(rig.boxes["demo/lab-router"], "username lab privilege 1")
    with pytest.raises(RefusedError, match=r"not privileged[\s\S]*nothing was deployed"):
        up(rig)


def test_where_all_can_be_changed_the_deployment_comes_next_and_nothing_was_sent(rig: SshRig) -> None:
    before = rig.texts()
    assert up(rig).titles == ["The account", "Logins on the remote routers", "cdk deploy --all"]
    assert rig.texts() == before
