"""A lab's own templates over real SSH: sent, in sync, reported when they drift, refused by file and line, taken out."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from documents import LABS
from routers.rig import by_hand
from routers.served import SshRig

from mcastlab.lab_files import read_lab
from mcastlab.routers.push_report import Side
from mcastlab.routers.transaction import compare
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FAR = "own-templates/berlin-router"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(LABS / "own_templates.yaml", tmp_path)
    shutil.copytree(LABS / "own_templates", tmp_path / "own_templates")
    return tmp_path


@pytest.fixture
def rig(folder: Path) -> Iterator[SshRig]:
    made = SshRig(read_lab(folder / "own_templates.yaml"), folder / "state")
    yield made
    made.close()


def test_own_lines_are_sent_in_sync_reported_when_they_drift_and_taken_out_again(rig: SshRig) -> None:
    before = rig.texts()
    assert {each.side for each in rig.push().routers} == {Side.NEW}
    far = rig.texts()[FAR].splitlines()
    assert "logging buffered 65536" in far
    assert " 20 permit 10.2.0.0 0.0.255.255" in far, "beside the owner's own entry"
    assert " ip mtu 1300" in far
    assert " ip mtu 1380" not in far
    assert {each.side for each in rig.push().routers} == {Side.IN_SYNC}

    by_hand(rig.boxes[FAR], "no ip host gateway 10.255.0.10", "interface GigabitEthernet3", " ip pim dr-priority 1")
    reported = {each.router: each.lines for each in compare(rig.lab, rig.routers(), rig.records, rig.pace).routers}
    assert reported == {
        "own-templates/aws-router": (),
        FAR: ("interface GigabitEthernet3", " ip pim dr-priority 100", "ip host gateway 10.255.0.10"),
    }
    assert rig.push().exit_code is ExitCode.OK

    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == before
    assert "logging buffered 8192" in before[FAR].splitlines()


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ("ip hoost gateway 10.255.0.10", "% Invalid input"),
        ("interface Tunnel2567\n ip mtuu 1300", "% Invalid input"),
        # This router takes the line and shows another: what its type means by default.
        ("interface Tunnel2567\n tunnel mode gre ip", "is still to do"),
    ],
)
def test_refused_line_is_named_with_the_users_file_and_line(folder: Path, wrong: str, reported: str) -> None:
    template = folder / "own_templates" / "berlin.j2"
    text = template.read_text(encoding="utf-8") + wrong + "\n"
    template.write_text(text, encoding="utf-8")
    rig = SshRig(read_lab(folder / "own_templates.yaml"), folder / "state")
    try:
        before = rig.texts()
        report = rig.push()
        assert report.exit_code is ExitCode.REFUSED
        error = next(each.error for each in report.routers if each.router == FAR)
        assert f"{template}:{len(text.splitlines())}" in error
        assert repr(wrong.splitlines()[-1].strip()) in error
        assert reported in error
        assert rig.texts() == before
    finally:
        rig.close()
