"""``up`` tries every login on a remote router before it deploys anything."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from routers.rig import by_hand
from routers.served import SshRig

from mcastlab.cli import lifecycle
from mcastlab.cli.departures import Departures
from mcastlab.lab.design.names import ROUTER_TAG, remote_router_name
from mcastlab.routers.router import Router
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from routers.rig import Rig

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


class Deployed:
    """A deployment that begins and does no more."""

    images = SimpleNamespace(wanted={ROUTER_TAG: "ami-1"}, notes=())

    def __init__(self, departures: Departures) -> None:
        self.departures = departures

    def carry_out(self, _progress: object) -> None:
        raise DeployedError


@pytest.fixture
def rig(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshRig]:
    found = SimpleNamespace(asked=0, assumed=(), unanswered=())
    monkeypatch.setattr(lifecycle, "repair_stacks", lambda *_, **__: ())
    monkeypatch.setattr(lifecycle, "preflight", lambda *_: found)
    monkeypatch.setattr(lifecycle, "refuse_unready", lambda _: None)
    made = SshRig(lab, tmp_path)
    yield made
    made.close()


def context_of(rig: Rig, lab: Lab, stages: Stages, clients: object = None) -> Any:
    """Return a run on a lab whose routers are the rig's; of the remote ones, those of the lab's sites."""

    def routers(names: Iterable[tuple[str, str]], *_: object, **__: object) -> list[Router]:
        return [Router(name=name, key=ssh, connect=rig.boxes[name].connect, wanted=()) for name, ssh in names]

    remote = [(remote_router_name(lab, site), site.router.ssh) for site in lab.sites]
    connections = SimpleNamespace(
        clients=clients, remote_routers=lambda *_, **__: routers(remote), departed_routers=routers
    )
    return SimpleNamespace(lab=lab, stages=stages, connections=connections, records=rig.records)


def up(rig: SshRig) -> Stages:
    stages = Stages()
    deployment: Any = Deployed(Departures())
    context = context_of(rig, rig.lab, stages)
    with pytest.raises(DeployedError):
        lifecycle.bring_up(context, SimpleNamespace(), deployment)  # type: ignore[arg-type]  # it does not come that far
    return stages


def test_a_router_that_takes_no_login_stops_before_anything_is_deployed(rig: SshRig) -> None:
    by_hand(rig.boxes["demo/lab-router"], "no ip ssh pubkey-chain")
    with pytest.raises(RefusedError, match=r"refuses the login of lab\nnothing was deployed") as reported:
        up(rig)
    assert reported.value.exit_code is ExitCode.REFUSED


def test_one_that_could_not_be_changed_does_too(rig: SshRig) -> None:
    by_hand(rig.boxes["demo/lab-router"], "username lab privilege 1")
    with pytest.raises(RefusedError, match=r"not privileged[\s\S]*nothing was deployed"):
        up(rig)


def test_where_all_can_be_changed_the_deployment_comes_next_and_nothing_was_sent(rig: SshRig) -> None:
    before = rig.texts()
    assert up(rig).titles == ["The account", "Logins on the remote routers", "cdk deploy --all"]
    assert rig.texts() == before
