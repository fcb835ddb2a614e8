"""What of ours a remote router still runs, asked over real SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from routers.served import SshRig

from mcastlab.cleanup.report import CleanupReport, RemainingResource
from mcastlab.cleanup.routers import remaining_in_routers, remaining_lines
from mcastlab.ios.configuration import parse
from mcastlab.routers.ownership import Ledger
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from routers.served import SshBox

    from mcastlab.lab.model import Lab

FAR = "demo/lab-router"


@pytest.fixture
def rig(lab: Lab, tmp_path: Path) -> Iterator[SshRig]:
    made = SshRig(lab, tmp_path)
    yield made
    made.close()


def left(rig: SshRig) -> dict[str, str]:
    """Return what is left in the remote router, with how it was found."""
    routers = [router for router in rig.routers(remove=True) if router.name == FAR]
    found, unknown = remaining_in_routers(rig.lab, routers, rig.records)
    assert unknown == ()
    assert {each.place for each in found} <= {FAR}
    return {each.id: each.found_by for each in found}


def test_lines_are_left_until_they_are_taken_out(rig: SshRig) -> None:
    assert left(rig) == {}
    rig.push()
    found = left(rig)
    assert found["crypto ikev2 keyring MCASTLAB"] == "record of the push"
    assert found["interface Tunnel200"] == "record of the push"
    assert found["interface GigabitEthernet3 / ip pim sparse-mode"] == "record of the push"
    assert "interface GigabitEthernet1" not in found
    assert not any(key.startswith("interface Tunnel200 /") for key in found), (
        "a whole section is reported by its header"
    )
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert left(rig) == {}


def test_line_that_somebody_left_is_found_by_its_name_where_no_record_is(rig: SshRig) -> None:
    session = cast("SshBox", rig.boxes[FAR]).connect()
    session.enter_configuration()
    session.configure("ip access-list standard MCASTLAB-GROUPS", " permit 239.1.1.1", "exit", "archive")
    session.configure(" path bootflash:mcastlab")
    session.leave_configuration()
    session.close()
    assert left(rig) == {
        "archive / path bootflash:mcastlab": "name",
        "ip access-list standard MCASTLAB-GROUPS": "name",
    }


def test_another_labs_lines_are_not_ours() -> None:
    running = parse("interface Tunnel7\n description mcastlab other: GRE\ncrypto ikev2 keyring MCASTLAB\nend\n")
    assert remaining_lines("r", running, Ledger(), "demo") == ()
    assert [each.id for each in remaining_lines("r", running, Ledger(), "other")] == [
        "interface Tunnel7",
        "crypto ikev2 keyring MCASTLAB",
    ]


def test_router_that_cannot_be_asked_leaves_the_proof_open(rig: SshRig) -> None:
    box = cast("SshBox", rig.boxes[FAR])
    box.servers.call(box.virtual.close())
    routers = [router for router in rig.routers(remove=True) if router.name == FAR]
    found, unknown = remaining_in_routers(rig.lab, routers, rig.records)
    assert found == ()
    assert unknown[0].startswith(f"{FAR}: ")
    proof = CleanupReport(lab="demo", left=found, unknown=unknown)
    assert proof.exit_code is ExitCode.REFUSED
    assert "is not known" in proof.as_text()
    assert proof.as_json()["nothing_left"] is False


def test_proof_is_reported_and_ends_in_1_where_anything_is_left() -> None:
    line = RemainingResource(place=FAR, kind="line", id="interface Tunnel200", found_by="name")
    proof = CleanupReport(lab="demo", left=(line,))
    assert proof.exit_code is ExitCode.CHECK_FAILED
    assert f"{FAR}: this is left\n  line: interface Tunnel200 (by name)\n1 thing of demo left" in proof.as_text()
    assert CleanupReport(lab="demo", left=()).as_text() == "nothing of demo is left"
