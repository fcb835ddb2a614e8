"""Secrets that somebody else has on a router, or in a template, are in nothing that a run says, shows or leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from facts_sample import facts_for
from fakes import FakeSession
from ios.secret_forms import FREE_TEXT, SECRET_LINES
from routers.rig import STARTUP, Rig, by_hand

from iosxe.faults import RouterFault
from mcastlab.ios.configuration import parse
from mcastlab.ios.show.archive import RUNNING, TIMER
from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.device import RouterRun
from mcastlab.routers.health import COMMANDS
from mcastlab.routers.ownership import Ledger, after
from mcastlab.routers.push_report import Side
from mcastlab.routers.records import Records
from mcastlab.routers.router import Pace, Router
from mcastlab.routers.transaction import compare
from mcastlab_base.errors import ExitCode, RefusedError
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.ios.configuration import Tree
    from mcastlab.lab.model import Lab

FAR = "demo/lab-router"
IN_USE = """\
enable password SECRET.enable
username other password 0 SECRET.username
snmp-server community SECRET.community RO
crypto isakmp key SECRET.isakmp address 203.0.113.9
router bgp 65001
 neighbor 10.1.1.2 remote-as 65009
 neighbor 10.1.1.2 password SECRET.bgp
"""


class Rigged:
    """Makes routers in memory, which end with the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[Rig] = []

    def __call__(self, lab: Lab, **options: Any) -> Rig:
        self.made.append(Rig(lab, self._folder, **options))
        return self.made[-1]


@pytest.fixture
def rigged(tmp_path: Path) -> Iterator[Rigged]:
    rigs = Rigged(tmp_path)
    yield rigs
    for rig in rigs.made:
        rig.close()


def with_lines(lab: Lab, text: str) -> dict[str, Tree]:
    """Return what is wanted of a lab's routers, with lines of the user's own for the far one."""
    rendered = {each.router: each for each in render_all(lab, facts_for(lab))}
    far = rendered[FAR]
    rendered[FAR] = replace(
        far,
        shown=f"{far.shown}{text}",
        text=Secret(f"{far.text.reveal()}{text}"),
        origins=(*far.origins, *(f"own.j2:{number}" for number, _ in enumerate(text.splitlines(), start=1))),
    )
    return {name: intended(each) for name, each in rendered.items()}


def written(rig: Rig) -> str:
    return "".join(path.read_text() for path in rig.folder.rglob("*") if path.is_file())


def test_a_router_in_use_is_changed_and_nothing_tells_its_secrets(lab: Lab, rigged: Rigged) -> None:
    rig = rigged(lab, startup=STARTUP.replace("archive\n", f"{IN_USE}archive\n", 1))
    before = rig.texts()
    planned = compare(lab, rig.routers(), rig.records, rig.pace)
    rig.boxes[FAR].virtual.faults.arm(RouterFault(kind="refuse", line=30))
    runs = [planned, rig.push(), rig.push(), compare(lab, rig.routers(), rig.records, rig.pace)]
    by_hand(rig.boxes[FAR], "interface Tunnel200", " ip mtu 1200", " description SECRET.line")
    runs += [compare(lab, rig.routers(), rig.records, rig.pace), rig.push(), rig.push(remove=True)]
    assert runs[2].exit_code is ExitCode.OK
    for run in runs:
        assert "SECRET" not in f"{run!r}{run.as_text()}{json.dumps(run.as_json())}"
    assert "SECRET" not in written(rig)
    assert "SECRET" not in "".join(rig.progress)
    assert rig.texts() == before


def test_what_a_template_of_the_users_sends_is_masked_and_taken_out_again(lab: Lab, rigged: Rigged) -> None:
    own = "enable password SECRET.own\nsnmp-server community SECRET.own RO\n"
    own += "router bgp 65001\n neighbor 10.1.1.2 remote-as 1\n neighbor 10.1.1.2 password SECRET.own\n"
    rig = rigged(lab, wanted=with_lines(lab, own))
    before = rig.texts()
    runs = [compare(lab, rig.routers(), rig.records, rig.pace), rig.push()]
    assert "SECRET.own" in rig.texts()[FAR]
    assert runs[1].exit_code is ExitCode.OK, runs[1].as_text()
    assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}
    assert "enable password ***" in "".join(runs[1].as_text())
    runs.append(rig.push(remove=True))
    assert "SECRET" not in "".join(f"{run!r}{run.as_text()}{json.dumps(run.as_json())}" for run in runs)
    assert "SECRET" not in written(rig)
    assert rig.texts() == before


def test_a_line_of_somebody_else_that_looks_the_same_when_masked_stays(lab: Lab, rigged: Rigged) -> None:
    """Both communities are ``snmp-server community ***`` in the record, and only one of them is ours."""
    rig = rigged(lab, wanted=with_lines(lab, "snmp-server community SECRET.ours RO\n"))
    before = rig.texts()
    assert rig.push().exit_code is ExitCode.OK
    by_hand(rig.boxes[FAR], "snmp-server community SECRET.theirs RO")
    assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}
    assert rig.push(remove=True).exit_code is ExitCode.OK
    text = rig.texts()[FAR]
    assert "snmp-server community SECRET.theirs RO" in text
    assert "SECRET.ours" not in text
    theirs = [line for line in text.splitlines() if line != "!" and "SECRET.theirs" not in line]
    assert theirs == [line for line in before[FAR].splitlines() if line != "!"]


def test_the_record_tells_masked_lines_apart_and_reads_one_of_before() -> None:
    wanted = parse("interface GigabitEthernet1\n ip nhrp authentication ours\n")
    ledger = after((), wanted, Ledger(), "demo")
    path = ("interface GigabitEthernet1", "ip nhrp authentication ours")
    assert ledger.owned == ((*path[:1], "ip nhrp authentication ***"),)
    assert ledger.owns(path)
    assert not ledger.owns((*path[:1], "ip nhrp authentication theirs"))
    assert after(parse("interface GigabitEthernet1\n ip nhrp authentication ours\n"), wanted, ledger, "demo") == ledger
    assert Ledger(owned=ledger.owned).owns((*path[:1], "ip nhrp authentication theirs"))


def test_a_description_that_ours_replaced_is_put_back_and_never_shown(lab: Lab, rigged: Rigged) -> None:
    line = "interface GigabitEthernet3\n description uplink of the lab\n"
    rig = rigged(lab, wanted=with_lines(lab, line))
    before = rig.texts()
    planned = compare(lab, rig.routers(), rig.records, rig.pace)
    assert "instead of: description ***" in planned.as_text()
    assert rig.push().exit_code is ExitCode.OK
    removed = rig.push(remove=True)
    assert removed.exit_code is ExitCode.OK
    assert "owner's LAN" not in removed.as_text()
    assert rig.texts() == before


def session(running: str) -> FakeSession:
    quiet = {
        **dict.fromkeys(COMMANDS, ""),
        "show ip interface brief": "Interface  IP-Address  OK? Method Status  Protocol\n",
        "show ip pim neighbor": "PIM Neighbor Table\n",
        "show ip pim rp mapping": "PIM Group-to-RP Mappings\n",
        "show ip bgp summary": "% BGP not active\n",
        TIMER: "%No Rollback Confirmed Change pending\n",
    }
    reported = {RUNNING: running, **quiet}
    return FakeSession(router=FAR, answers={command: [text] for command, text in reported.items()})


def test_every_form_on_a_router_is_absent_from_what_is_planned(lab: Lab, tmp_path: Path) -> None:
    running = "version 17.9\n" + "\n".join(dict.fromkeys(SECRET_LINES)) + f"\n{FREE_TEXT}end\n"
    own = [f"{line}2\n" for line in SECRET_LINES if not line.startswith((" ", "banner", "!"))]
    wanted = with_lines(lab, "".join(own))
    routers = [Router(name=FAR, key="r", connect=lambda: session(running), wanted=wanted[FAR])]
    report = compare(lab, routers, Records(tmp_path, lab.name), Pace())
    assert "enable secret ***" in report.routers[0].lines
    said = f"{report!r}{report.as_text()}{json.dumps(report.as_json())}"
    assert "SECRET" not in said.replace("SECRETGROUP", "")


def test_what_a_router_answers_to_a_line_is_not_repeated_with_the_secret(lab: Lab) -> None:
    reported = session("version 17.9\nend\n")
    reported.refuse = {"enable secret SECRET.own": "% Invalid secret SECRET.own, not like SECRET.theirs\n"}
    router = Router(name=FAR, key="r", connect=lambda: reported, wanted=parse("enable secret SECRET.own\n"))
    device = RouterRun(router=router, lab=lab.name, ledger=Ledger())
    device.look()
    reported.enter_configuration = lambda *_: "Backing up current running config to bootflash:a"  # type: ignore[method-assign]
    with pytest.raises(RefusedError) as caught:
        device.send(lambda *_: None)
    assert caught.value.text == f"{FAR} refused the line: 'enable secret ***': % Invalid ***"


def test_credentials_of_an_archive_elsewhere_are_in_no_record_and_found_again(lab: Lab) -> None:
    place = "ftp://lab:SECRET@10.1.1.1/archive-Mar--1-12-00-00.000-1"
    reported = session("version 17.9\nend\n")
    reported.answers["show archive"] = [
        (
            "The maximum archive configurations allowed is 10.\n"
            "There are currently 1 archive configurations saved.\n"
            f"The next archive file will be named {place[:-1]}<timestamp>-2\n"
            " Archive #  Name\n"
            f"   1        {place} <- Most Recent\n"
        )
    ]
    asked: list[str] = []
    device = RouterRun(
        router=Router(name=FAR, key="r", connect=lambda: reported, wanted=()), lab=lab.name, ledger=Ledger()
    )
    shows = reported.show

    def show(command: str) -> str:
        asked.append(command)
        return shows(command) if command in reported.answers else ""

    reported.show = show  # type: ignore[method-assign]
    with pytest.raises(RefusedError) as caught:
        device.revert("ftp://***@10.1.1.1/archive-Mar--1-12-00-00.000-1", "another")
    assert f"configure replace {place} force" in asked
    assert "SECRET" not in f"{caught.value.text}{caught.value.hint}"
