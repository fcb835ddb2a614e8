"""What a test asks of a lab that cannot be is refused by its line, with what to write."""

from __future__ import annotations

import pytest

from mcastlab.lab.document import lines_of, parse_yaml
from mcastlab.scenario.reading import lab_tests, parse_test
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


PLAYING = LAB.replace("receives: [paging]}", "receives: [paging], plays: [g711u, g722]}").replace(
    "192.168.50.30}", "192.168.50.30, plays: [h264, g722]}"
)


def test_a_stream_that_a_device_cannot_play_is_refused() -> None:
    page = "- page: {from: phones-1-1, to: paging"
    several = ["- page:", "    from: phones-1-1", "    to: paging", "    members: phones-2-*", "    stream: l16"]
    other = "- page: {from: phone-1, to: calls, stream: ts}"
    one, two = refused(PLAYING, "steps:", f"{page}}}", *several, f"{page}, stream: g722}}", other)
    assert one == (
        "morning.yaml:3: steps[1].page.stream: phone-1 receives paging and plays h264 and g722, not g711u; "
        "write stream: h264, or name another group"
    )
    assert two == (
        "morning.yaml:8: steps[2].page.stream: pager-7 receives paging and plays g711u and g722, not l16; "
        "write stream: g711u, or name another group"
    )
    assert not refused(LAB, "steps:", "- page: {from: phones-1-1, to: paging, stream: ts}")


def test_what_another_appliance_is_to_send_counts_too() -> None:
    more = "\n  - {name: horn, address: 192.168.50.32, kind: appliance, sends: [paging]}\ngroups:"
    lab = PLAYING.replace("\ngroups:", more)
    (line,) = refused(lab, "steps:", "- page: {from: horn, to: paging, stream: l16, members: 'phones-*'}")
    assert line.startswith(
        "morning.yaml:3: steps[1].page.stream: pager-7 receives paging and plays g711u and g722, not"
    )


def test_what_it_plays_is_one_of_the_streams() -> None:
    with pytest.raises(BadInputError, match=r"lab.yaml:10: .*\[pager-7\].plays\[0\]: 'opus' is none of"):
        parse_yaml(PLAYING.replace("g711u, g722", "opus"), "lab.yaml")


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("page: {from: nobody, to: paging}", "steps[1].page.from: no device is called nobody; "),
        ("vanish: {members: 'desks-*', for: 1s}", "steps[1].vanish.members: no device is called desks-*; "),
        ("ramp: {group: paging, receivers: 2, join: 0/s}", "steps[1].ramp.join: '0/s' is not a rate"),
        (
            "conference: {group: paging, members: '*', talkers: all, stream: l16, turn: 1s, for: 1s}",
            "steps[1].conference.talkers: the AWS router would carry 14 Mbit/s, and is licensed for 10; write fewer",
        ),
        (
            "page: {from: phone-1, to: paging}",
            "steps[1].page.members: 102 hosts and the AWS router would be members of paging, and the gateway takes",
        ),
        ("page: {from: phone-1, to: calls, stream: g711a}", "steps[1].page.stream: pager-7 receives calls and plays"),
    ],
)
def test_a_lab_files_own_tests_are_refused_by_its_lines(step: str, says: str) -> None:
    """As `check` does: nobody, a rate that cannot be, too many members, a codec that is not played."""
    lab = PLAYING.replace("receives: [paging]", "receives: [calls]")
    if "Mbit" in says:
        lab = lab.replace("devices: 3}", "devices: 9}") + "router: {throughput_mbps: 10}\n"
    if "102" in says:
        lab = lab.replace("count: 2, devices: 3", "count: 102")
    text = f"{lab}tests:\n- name: morning\n  steps:\n  - {step}\n"
    with pytest.raises(BadInputError) as found:
        list(lab_tests(parse_yaml(text, "lab.yaml"), "lab.yaml", lines_of(text)))
    line = text.splitlines().index(f"  - {step}") + 1
    assert found.value.text.startswith(f"lab.yaml:{line}: tests[morning].{says}")
