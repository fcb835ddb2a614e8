"""The conference at a demo's end on a machine that lacks what the lab's appliances need."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from mcastlab.cli.conference import missing_programs, small_conference
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.scenario import play
from mcastlab_twin.sandbox import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAB: Final = read_lab(DEFAULT_LAB)
DEVICES: Final = {"doppel-1", "doppel-2", "phone-1"}


class DemoStages:
    """What the demo says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def tell(self, text: str) -> None:
        """Note a sentence."""
        self.said.append(text)

    @contextmanager
    def stage(self, title: str) -> Iterator[Callable[[str], None]]:
        """Note a stage."""
        self.said.append(title)
        yield self.said.append


@pytest.mark.parametrize("lacks", [(), ("ffmpeg",), ("curl",), ("ffmpeg", "curl")])
def test_without_ffmpeg_or_curl_it_is_without_appliances_and_names_the_packages(
    lacks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    def played(_test: object, script: Any, *_: object, **__: object) -> Any:
        heard.append(script)
        return SimpleNamespace(heard=())

    monkeypatch.setattr(machine, "find_program", lambda name: None if name in lacks else f"/usr/bin/{name}")
    monkeypatch.setattr(play, "play", played)
    stages, ways = DemoStages(), SimpleNamespace(facts=lambda: None, shells=lambda _: {}, site_sessions=lambda _: None)
    assert small_conference(cast("Any", SimpleNamespace(lab=LAB, stages=stages, connections=ways))) is not None
    (script,) = heard
    assert tuple(missing_programs(LAB)) == lacks
    assert {device.name for device in script.devices} == DEVICES
    assert [each.name for each in script.appliances] == ([] if lacks else ["pager-7"])
    words = " ".join(lacks)
    sentence = (
        f"The conference is without appliances, as this machine lacks {', '.join(lacks)}: apt-get install {words}"
    )
    speakers = len(DEVICES) + (not lacks)
    assert stages.said == [*([sentence] if lacks else []), f"A conference of {speakers} devices", "no score"]
