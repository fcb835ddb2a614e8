"""The tests that come with the program fit every lab, and are heard on a wire beside each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from traffic.wire import wire

from mcastlab.lab.document import parse_yaml
from mcastlab.lab_files import read_lab
from mcastlab.scenario.play import play
from mcastlab.scenario.reading import SHIPPED, shipped_test
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from mcastlab.scenario.results import DeviceTestReport
    from mcastlab.scenario.script import Script

LABS: Final = Path(__file__).parents[1] / "labs"
LAB: Final = """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: phones, count: 2, devices: 2}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: pager-7, address: 192.168.50.31}
groups:
- {name: paging, address: 239.1.1.1, announce: true}
- {name: down, address: 239.1.1.2, senders: [phones], receivers: [berlin]}
"""


def said_in(script: Script, group: str) -> list[str]:
    """Return who speaks in a group, in order."""
    spoken = sorted((each for each in script.talks), key=lambda each: each.span.begin_ms)
    return [script.devices[each.device].name for each in spoken if script.groups[each.group].name == group]


def test_every_shipped_test_has_a_file() -> None:
    folder = Path(play.__code__.co_filename).with_name("shipped")
    assert sorted(each.stem for each in folder.iterdir()) == sorted(SHIPPED)


@pytest.mark.parametrize("name", sorted(path.stem for path in LABS.glob("*.yaml")))
def test_every_lab_can_carry_them_out(name: str) -> None:
    lab = read_lab(LABS / f"{name}.yaml")
    for each in SHIPPED:
        if not lab.groups:
            with pytest.raises(BadInputError, match="no group is called"):
                shipped_test(each, lab)
            continue
        test, script = shipped_test(each, lab)
        assert test.name == each
        assert {script.groups[talk.group].name for talk in script.talks} == {group.name for group in lab.groups}


def test_they_speak_as_they_are_called() -> None:
    lab = parse_yaml(LAB, "lab.yaml")
    scripts = {each: shipped_test(each, lab)[1] for each in SHIPPED}
    everybody = ["phones-1-1", "phones-1-2", "phones-2-1", "phones-2-2", "pager-7"]
    assert sorted(said_in(scripts["matrix"], "paging")) == sorted(everybody)
    assert said_in(scripts["paging"], "paging") == ["phones-1-1"]
    # Each side has its turn soon.
    assert said_in(scripts["conference"], "paging") == ["phones-1-1", "pager-7", "phones-1-2", "phones-2-1"]
    comings = [stay for stay in scripts["churn"].stays if scripts["churn"].devices[stay.device].name == "pager-7"]
    assert len(comings) > 2
    # What is announced is listed itself, and nothing speaks there.
    assert all(not said_in(script, "sap-organization") for script in scripts.values())
    assert all(said_in(script, "down") for script in scripts.values())


@pytest.mark.process
def test_everybody_hears_everybody_on_a_wire_beside_each_other() -> None:
    lab = parse_yaml(LAB, "lab.yaml")
    group = lab.groups[0]
    asked: list[tuple[str, str | None]] = [
        ("conference", None),
        ("churn", "h264"),
        ("paging", "l16"),
        ("matrix", None),
    ]

    def played(place: int) -> DeviceTestReport:
        own = lab.model_copy(update={"groups": (group.model_copy(update={"address": group.address + 10 + place}),)})
        test, script = shipped_test(asked[place][0], own, asked[place][1])
        return play(test, script, own, hosts, progress=print)

    with wire(("phones-1", "phones-2", "pager-7")) as hosts, ThreadPoolExecutor() as pool:
        reports = list(pool.map(played, range(len(asked))))
    for report in reports:
        # Of a busy machine: everybody hears everybody, whatever is lost on it.
        assert report.limits
        assert not report.absent
        unheard = [(row.talker, row.listener) for row in report.heard if row.join_ms is None or row.loss > 0.5]
        assert unheard == [], report.name
    assert [{row.stream for row in report.heard} for report in reports] == [{"g711u"}, {"h264"}, {"l16"}, {"g711u"}]
    listening = {row.listener for row in reports[0].heard}
    assert listening == {"phones-1-1", "phones-1-2", "phones-2-1", "phones-2-2", "pager-7"}
