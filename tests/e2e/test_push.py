"""The configuration of a lab that runs: nothing to do, one group more under traffic, drift, and out again."""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from trials.flows import Outcome, trials
from trials.run import Stream, run_trial

from mcastlab.cli.connections import Connections
from mcastlab.ios.show.vpn import ikev2_sas
from mcastlab.lab.design.names import aws_router_name, remote_router_name
from mcastlab.places import state_folder
from mcastlab.routers.health import read_health
from mcastlab_twin.sandbox import run_folder

from .conftest import CommandLine, Deployed, in_twin, write_lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.routers.health import Health

pytestmark = pytest.mark.twin

LONG = Stream(count=600, establish_within_s=30)
GROUP = {"name": "first", "address": "239.9.8.1"}
MORE = {"name": "second", "address": "239.9.8.2"}


BEFORE: dict[str, str] = {}
"""Both routers' configurations before our first push, by name."""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    yield from in_twin(write_lab(tmp_path_factory.mktemp("push"), name="pushes", groups=[GROUP]), look_first)


def look_first(deployed: Deployed) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for key, value in deployed.command_line.environment.items():
            patch.setenv(key, value)
        BEFORE.update(configurations(deployed))


def configurations(deployed: Deployed) -> dict[str, str]:
    """Return what each router runs, without the time of its last change."""
    with Connections(deployed.lab).sessions(Connections(deployed.lab).facts(), print) as sessions:
        shown = {name: session.show("show running-config") for name, session in sessions.items()}
    return {name: text[text.index("\nversion ") :] for name, text in shown.items()}


def pid_of_sandbox(name: str) -> int:
    """Return the outer process of a twin's sandbox, which has the sandbox's own files before it."""
    return int(json.loads((run_folder.path(name) / "twin.json").read_text(encoding="utf-8"))["pid"])


def daemons_of_sandbox(name: str) -> list[str]:
    """Return the names of the programs that run in a twin's sandbox."""
    inside = Path(f"/proc/{pid_of_sandbox(name)}/ns/pid_for_children").stat().st_ino
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "ns" / "pid").stat().st_ino == inside:
                found.append((entry / "comm").read_text(encoding="utf-8").strip())
    return sorted(found)


@pytest.fixture(autouse=True)
def _inside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in deployed.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)


def test_a_second_run_sends_nothing(deployed: Deployed) -> None:
    report = json.loads(deployed.command_line.must("configure", "--json"))
    assert [(each["side"], each["lines"]) for each in report["routers"]] == [("in_sync", [])] * 2
    assert deployed.command_line.run("drift").returncode == 0


def test_one_more_group_costs_the_others_no_packet(deployed: Deployed) -> None:
    path = deployed.command_line.lab_file
    before = path.read_text(encoding="utf-8")
    trial = trials(deployed.lab)[0]
    shells = Connections(deployed.lab).shells(Connections(deployed.lab).facts())
    outcomes: list[Outcome] = []
    flowing = threading.Thread(target=lambda: outcomes.append(run_trial(trial, shells, LONG, progress=print)))
    try:
        path.write_text(yaml.safe_dump({**yaml.safe_load(before), "groups": [GROUP, MORE]}), encoding="utf-8")
        flowing.start()
        report = json.loads(deployed.command_line.must("configure", "--json"))
        flowing.join(60)
        listed = ["ip access-list standard MCASTLAB-GROUPS", " permit 239.9.8.2"]
        assert [each["lines"] for each in report["routers"]] == [
            ["interface GigabitEthernet1", " ip igmp join-group 239.9.8.2", *listed],
            listed,
        ]
        assert [outcome.holds for outcome in outcomes] == [True], outcomes
    finally:
        path.write_text(before, encoding="utf-8")
        deployed.command_line.must("configure")


OWNERS = (
    "ip access-list standard OWNERS",
    " permit 239.77.0.0 0.0.255.255",
    "ip pim rp-address 192.0.2.9 OWNERS",
    "ip route 10.66.0.0 255.255.0.0 Null0",
)


def test_all_is_up_as_before_after_a_push_and_again_after_a_rekey_of_every_association(deployed: Deployed) -> None:
    path = deployed.command_line.lab_file
    before = path.read_text(encoding="utf-8")
    sessions = Connections(deployed.lab).sessions
    remote = remote_router_name(deployed.lab, deployed.lab.sites[0])

    def by_hand(*lines: str) -> None:
        with sessions(Connections(deployed.lab).facts(), print) as opened:
            opened[remote].enter_configuration()
            assert not any(opened[remote].configure(*lines, "end")[:-1])

    def healths() -> dict[str, Health]:
        with sessions(Connections(deployed.lab).facts(), print) as opened:
            return {name: read_health(session) for name, session in opened.items()}

    by_hand(*OWNERS)
    try:
        first = healths()
        assert len(first[remote].peers) == 2
        assert ("10.66.0.0/16", "Null0") in first[remote].routes
        assert "192.0.2.9" in {str(point) for point, _ in first[remote].points}
        path.write_text(yaml.safe_dump({**yaml.safe_load(before), "groups": [GROUP, MORE]}), encoding="utf-8")
        deployed.command_line.must("configure")
        assert healths() == first
        with sessions(Connections(deployed.lab).facts(), print) as opened:
            session = opened[remote]
            ages = [sa.active_s or 0 for sa in ikev2_sas(session.show("show crypto ikev2 sa"))]
            assert session.show("test crypto ikev2 rekey") == ""
            anew = [sa.active_s or 0 for sa in ikev2_sas(session.show("show crypto ikev2 sa"))]
        assert max(anew) < min(ages), (ages, anew)
        assert healths() == first
    finally:
        path.write_text(before, encoding="utf-8")
        deployed.command_line.must("configure")
        by_hand(*(f"no {line}" for line in (*OWNERS[2:], OWNERS[0])))


def test_drift_is_reported_and_repaired(deployed: Deployed) -> None:
    with Connections(deployed.lab).sessions(Connections(deployed.lab).facts(), print) as sessions:
        session = sessions[aws_router_name(deployed.lab)]
        session.enter_configuration()
        session.configure("interface Tunnel200", " ip mtu 1400")
        session.leave_configuration()
    reported = deployed.command_line.run("drift")
    assert reported.returncode == 1
    assert "interface Tunnel200\n   ! instead of: ip mtu 1400\n   ip mtu 1380" in reported.stdout
    deployed.command_line.must("configure")
    assert deployed.command_line.run("drift").returncode == 0


def test_removal_takes_exactly_our_lines_out_and_configure_brings_all_back(deployed: Deployed) -> None:
    """With traffic before it, so that the routers hold state of flows while their interfaces lose PIM."""
    run = deployed.command_line
    trial, shells = trials(deployed.lab)[0], Connections(deployed.lab).shells(Connections(deployed.lab).facts())
    assert run_trial(trial, shells, Stream(), progress=print).holds
    assert run.run("down", "--prove", "--json").returncode == 1
    removed = json.loads(run.must("configure", "--remove", "--json"))
    assert {each["side"] for each in removed["routers"]} == {"new"}
    assert configurations(deployed) == BEFORE
    again = json.loads(run.must("configure", "--remove", "--json"))
    assert [(each["side"], each["lines"]) for each in again["routers"]] == [("in_sync", [])] * 2
    # A pimd that lost its interfaces with flows in its memory would crash within half a minute.
    assert "pimd" not in daemons_of_sandbox("pushes")
    left = {(each["place"], each["kind"]) for each in json.loads(run.run("down", "--prove", "--json").stdout)["left"]}
    assert {place for place, _ in left} == {"us-east-1"}

    run.must("configure")
    assert json.loads(run.must("configure", "--json"))["routers"][0]["side"] == "in_sync"
    assert run_trial(trial, shells, Stream(establish_within_s=30), progress=print).holds


REGION_STATE = re.compile(r"/run/twin/region/")
"""The region's own memory, which stands for AWS's: it made the keys."""


def test_keys_are_in_nothing_that_any_run_has_written(deployed: Deployed, tmp_path: Path) -> None:
    """Pushes that hold and that fail, for people and for machines; state, logs, temporary files, the twin's folders."""
    path = deployed.command_line.lab_file
    run = CommandLine(path, {**deployed.command_line.environment, "TMPDIR": str(tmp_path)})
    template = path.with_name("broken.j2")
    template.write_text("{{ tunnels[0].pre_shared_key | secret }}\nip hoost x 192.0.2.1\n", encoding="utf-8")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    broken = yaml.safe_load(path.read_text(encoding="utf-8"))
    broken["sites"][0]["router"]["template"] = template.name
    broken["groups"] = [GROUP, MORE]
    reported = []
    run.must("configure", "--remove")
    for content, arguments, code in (
        (broken, ("configure", "--dry-run", "--json"), 0),
        (broken, ("configure", "--json"), 3),
        (broken, ("configure",), 3),
        (broken, ("drift", "--json"), 1),
        (document, ("configure", "--json"), 0),
        (document, ("configure", "--json"), 0),
        (document, ("drift",), 0),
    ):
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        done = run.run(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        reported.append(done.stdout + done.stderr)
    assert "pre-shared-key ***" in reported[0]
    assert "broken.j2:1" in reported[1]

    keys = [tunnel.pre_shared_key.reveal() for tunnel in Connections(deployed.lab).facts().sites["lab"].tunnels]
    assert all(keys)
    for text in reported:
        assert not any(key in text for key in keys)
    # That the search finds a key is part of what is tested.
    control = tmp_path / "control"
    control.write_text(f"key={keys[0]}\n", encoding="utf-8")
    sandbox = Path(f"/proc/{pid_of_sandbox('pushes')}/root/run/twin")
    places = [
        place
        for folder in (state_folder(), tmp_path, path.parent, run_folder.path("pushes"), sandbox)
        for place in written_in(folder)
        if not REGION_STATE.search(str(place))
    ]
    assert {"audit.jsonl", "sandbox.log", "console", "Tunnel101.charon.log"} <= {place.name for place in places}
    assert [place for place in places if holds_one(place, keys)] == [control]


def written_in(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder, save where nobody writes: what the machine has itself is mounted read-only."""
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if may_be_written(Path(at, name))]
        yield from (place for name in files if (place := Path(at, name)).is_file())


def may_be_written(folder: Path) -> bool:
    """Say whether a folder is there, on a file system that may be written."""
    with suppress(FileNotFoundError):
        return not os.statvfs(folder).f_flag & os.ST_RDONLY
    return False


def holds_one(place: Path, keys: list[str]) -> bool:
    """Say whether a file holds one of the keys; one that has gone meanwhile does not."""
    try:
        return any(key.encode() in place.read_bytes() for key in keys)
    except FileNotFoundError:
        return False


def test_after_down_nothing_is_left_in_account_and_routers(deployed: Deployed) -> None:
    proof = json.loads(deployed.command_line.must("down", "--yes", "--prove", "--json"))
    assert proof == {
        "schema_version": 2,
        "lab": "pushes",
        "nothing_left": True,
        "left": [],
        "unknown": [],
        "asked": proof["asked"],
        "notes": [],
    }
    assert any("pushes/lab-router" in each for each in proof["asked"])
