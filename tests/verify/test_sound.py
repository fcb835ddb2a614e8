"""A sound lab holds, rung by rung, and has no cause; nothing seen at all is told as such and breaks nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from documents import LABS
from verify import sound as samples

from mcastlab.lab.document import parse
from mcastlab.verify.causes import causes_of
from mcastlab.verify.ladder import climb
from mcastlab.verify.model import Verdict
from mcastlab.verify.observations import AwsView, HostView, Observations, RouterView, Unseen
from mcastlab.verify.scene import Scene

SOUND_LABS = ("minimal", "three_sites", "three_zones", "static_bridging", "behind_nat", "gcm", "ten_sites")


@pytest.mark.parametrize("name", ["own", *SOUND_LABS])
def test_every_rung_of_a_sound_lab_holds_and_it_has_no_cause(name: str) -> None:
    document = samples.DOCUMENT if name == "own" else (LABS / f"{name}.yaml").read_text(encoding="utf-8")
    scene = samples.sound(parse(yaml.safe_load(document), name))
    rungs = climb(scene)
    assert [
        (rung.key, finding.expected, finding.seen)
        for rung in rungs
        for finding in rung.findings
        if finding.verdict is not Verdict.HOLDS
    ] == []
    assert {rung.verdict for rung in rungs} == {Verdict.HOLDS}
    assert causes_of(scene, rungs) == ()


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(Observations(), id="nothing"),
        pytest.param(Observations(aws=AwsView()), id="an empty account"),
        pytest.param(
            Observations(
                aws=AwsView(account="1"),
                routers={"harbour/aws-router": RouterView(name="harbour/aws-router")},
                hosts={"buoy-1": HostView(name="buoy-1")},
                unseen=(Unseen(what="aws", why="refused"), Unseen(what="harbour/oslo-router", why="no route to it")),
            ),
            id="views without contents",
        ),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_what_cannot_be_seen_is_no_traceback_and_does_not_hold(seen: Observations, known: bool) -> None:  # noqa: FBT001
    scene = samples.sound()
    scene = replace(scene, seen=seen, facts=scene.facts if known else None)
    rungs = climb(scene)
    causes = causes_of(scene, rungs)
    assert {rung.verdict for rung in rungs} & {Verdict.FAILS, Verdict.NOT_REACHED}
    assert causes == causes_of(scene, climb(scene))


def test_a_site_alone_is_looked_at_alone() -> None:
    whole = samples.sound()
    other = whole.lab.sites[1].name
    routers = {name: view for name, view in whole.seen.routers.items() if view.site != other}
    hosts = {name: view for name, view in whole.seen.hosts.items() if view.site != other}
    scene = Scene(
        lab=whole.lab,
        facts=whole.facts,
        seen=replace(whole.seen, routers=routers, hosts=hosts),
        only=whole.lab.sites[0].name,
    )
    rungs = climb(scene)
    assert {rung.verdict for rung in rungs} == {Verdict.HOLDS}
    assert causes_of(scene, rungs) == ()
