"""What a test asks of a lab that cannot be is refused by its line, with what to write."""

from __future__ import annotations

import pytest

from mcastlab.lab.document import parse_yaml
from mcastlab.scenario.reading import parse_test
from mcastlab_base.errors import BadInputError

LAB = """\
name: phones
vpc: {cidr: 10.10.0.0/16}
hosts:
- {name: phones, count: 2, devices: 3}
sites:
- name: berlin
  router: {ssh: berlin-router, wan: 203.0.113.2/30, lan: 192.168.50.1/24}
  devices:
  - {name: phone-1, address: 192.168.50.30}
  - {name: pager-7, address: 192.168.50.31, kind: appliance, receives: [paging]}
groups:
- {name: paging, address: 239.1.1.1}
- {name: calls, address: 239.1.1.2}
"""


def refused(lab: str, *lines: str) -> list[str]:
    """Return what is said of a test; nothing of one that can be."""
    text = "\n".join(["name: morning", *lines])
    try:
        parse_test(text, "morning.yaml", parse_yaml(lab, "lab.yaml"))
    except BadInputError as error:
        return error.text.splitlines()
    return []


def test_in_band_timestamps_are_refused_where_an_appliance_receives() -> None:
    steps = ["steps:", "- page: {from: phones-1-1, to: paging}", "- page: {from: phones-1-1, to: calls}"]
    (line,) = refused(LAB, "in_band_timestamps: true", *steps)
    assert line == (
        "morning.yaml:4: steps[1].page.to: pager-7 receives paging, and takes in-band timestamps for sound; take "
        "in_band_timestamps out, or name another group"
    )
    assert not refused(LAB, *steps)
    assert not refused(LAB, "in_band_timestamps: true", "steps:", steps[2])


@pytest.mark.parametrize("verb", ["conference", "churn", "ramp"])
def test_in_every_step_that_sends(verb: str) -> None:
    more = {"conference": "members: '*'", "churn": "members: 2", "ramp": "receivers: 2"}[verb]
    (line,) = refused(LAB, "in_band_timestamps: true", "steps:", f"- {verb}: {{group: paging, {more}}}")
    assert line.startswith(f"morning.yaml:4: steps[1].{verb}.group: pager-7 receives paging")
