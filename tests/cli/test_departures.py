"""A site that leaves the lab file leaves its router too: `up` takes our lines out first, or says why it does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cli.test_up_logins import Deployed, DeployedError, Stages, context_of
from documents import of_sites
from facts_sample import facts_for
from routers.rig import Rig

from mcastlab.cli import lifecycle
from mcastlab.cli.departures import Departures, departures_of
from mcastlab.lab.design.names import remote_router_name, site_stack_name
from mcastlab.lab.document import parse
from mcastlab_base.errors import BadInputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab

LAB = parse(of_sites(2), "document")
STAYS, GOES = LAB.sites
AFTER = LAB.model_copy(update={"sites": (STAYS,)})
STACK, ROUTER = site_stack_name(LAB, GOES.name), remote_router_name(LAB, GOES)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """The routers of a lab of two sites, which are configured."""
    made = Rig(LAB, tmp_path)
    assert made.push().changed
    yield made
    made.close()


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "repair_stacks", lambda *_, **__: ())
    monkeypatch.setattr(
        lifecycle, "preflight", lambda *_: SimpleNamespace(asked=0, assumed=(), unanswered=(), problems=())
    )


def clients(*, status: str) -> Any:
    """AWS as it tells of the connection of the site that goes."""
    outputs = [{"OutputKey": "VpnConnectionId", "OutputValue": "vpn-1"}]
    telemetry = [
        {"OutsideIpAddress": str(tunnel.outside_address), "Status": status}
        for tunnel in facts_for(LAB).sites[GOES.name].tunnels
    ]
    return SimpleNamespace(
        cloudformation=SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [{"Outputs": outputs}]}),
        ec2=SimpleNamespace(
            describe_vpn_connections=lambda **_: {"VpnConnections": [{"VgwTelemetry": telemetry}]},
        ),
    )


def looked_at(rig: Rig, lab: Lab = AFTER, *, status: str = "UP") -> Departures:
    return departures_of(context_of(rig, lab, Stages(), clients(status=status)), (STACK,))


def up(rig: Rig, departures: Departures, stages: Stages) -> None:
    deployment: Any = Deployed(departures)
    lifecycle.bring_up(context_of(rig, AFTER, stages), SimpleNamespace(), deployment)  # type: ignore[arg-type]


def test_the_lines_come_out_before_anything_is_deployed_and_of_that_router_alone(rig: Rig) -> None:
    departures, stages, configured = looked_at(rig), Stages(), rig.texts()
    (router,) = departures.routers
    assert departures.effects[0] == ("take the lab's lines out of", (f"{ROUTER} ({router.ssh})",))
    with pytest.raises(DeployedError):
        up(rig, departures, stages)
    assert stages.titles[-2:] == ["Take the lines out of sites that go", "cdk deploy --all"]
    after = rig.texts()
    assert "MCASTLAB" in configured[ROUTER]
    assert "MCASTLAB" not in after[ROUTER]
    assert {name: text for name, text in after.items() if name != ROUTER} == {
        name: text for name, text in configured.items() if name != ROUTER
    }
    assert not rig.records.file_of(router.ssh).exists()
    # The next run, whose stack may stand still, has nothing to take out, and its VPN is down by now.
    assert looked_at(rig, status="DOWN").routers == ()


def test_a_router_that_does_not_answer_stops_before_anything_is_deployed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> None:
        raise RefusedError(f"{ROUTER}: no SSH session", hint="is it running?")

    departures, stages, configured = looked_at(rig), Stages(), rig.texts()
    monkeypatch.setattr(rig.boxes[ROUTER], "connect", silent)
    with pytest.raises(RefusedError, match=r"no SSH session[\s\S]*nothing was deployed") as refused:
        up(rig, departures, stages)
    file = rig.records.file_of(departures.routers[0].ssh)
    assert f"configure --remove --site {GOES.name} --lab OLDFILE" in refused.value.hint
    assert f"remove {file}" in refused.value.hint
    assert "cdk deploy --all" not in stages.titles
    assert file.exists()
    monkeypatch.undo()
    assert rig.texts() == configured


def test_without_a_record_a_router_whose_vpn_is_up_is_refused_with_the_command(rig: Rig) -> None:
    for key, _ in list(rig.records.ledgers()):
        rig.records.file_of(key).unlink()
    with pytest.raises(
        BadInputError, match=rf"sites\[{GOES.name}\] is in the lab file no more, and its VPN is up"
    ) as no:
        looked_at(rig)
    assert f"configure --remove --site {GOES.name} --lab OLDFILE" in no.value.hint
    # Configured by nobody, or cleaned before: it is said, and the site goes.
    (_, (what, (reported,))) = looked_at(rig, status="DOWN").effects
    assert (what, reported.split(" ")[0]) == ("leave as it is the router of", GOES.name)


def test_a_router_that_another_site_has_now_is_left_to_its_push(rig: Rig) -> None:
    (router,) = looked_at(rig).routers
    at = GOES.router.model_copy(update={"ssh": router.ssh})
    renamed = AFTER.model_copy(update={"sites": (STAYS, GOES.model_copy(update={"name": "other", "router": at}))})
    assert looked_at(rig, renamed) == Departures()
