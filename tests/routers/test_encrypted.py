"""A router that encrypts the pre-shared keys it shows: in sync while key and encoding are those of the record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from facts_sample import KEY, facts_for
from routers.rig import STARTUP, Rig, by_hand

from mcastlab.render.rendered_lines import intended
from mcastlab.render.routers import render_all
from mcastlab.routers.push_report import Side
from mcastlab_base.errors import ExitCode
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab

FAR = "demo/lab-router"
MASTER = "password encryption aes\n"


@pytest.fixture
def rig(lab: Lab, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(lab, tmp_path, startup=STARTUP.replace("archive\n", f"{MASTER}archive\n", 1))
    yield made
    made.close()


def keys_sent(rig: Rig) -> list[str]:
    return [line.strip() for line in rig.push().routers[1].lines if "pre-shared-key" in line]


def type_in(rig: Rig, *lines: str) -> None:
    by_hand(rig.boxes[FAR], *lines)


def test_a_key_that_only_looks_otherwise_is_not_sent_again(rig: Rig) -> None:
    before = rig.texts()
    first = rig.push()
    assert {each.side for each in first.routers} == {Side.NEW}, first.as_text()
    text = rig.texts()[FAR]
    assert text.count("pre-shared-key 6 ") == 2
    assert KEY not in text
    second = rig.push()
    assert {each.side for each in second.routers} == {Side.IN_SYNC}, second.as_text()
    assert rig.texts()[FAR] == text
    assert rig.push(remove=True).exit_code is ExitCode.OK
    assert rig.texts() == before


def test_another_key_in_the_facts_is_sent_alone(lab: Lab, rig: Rig) -> None:
    rig.push()
    rendered = next(each for each in render_all(lab, facts_for(lab)) if each.router == FAR)
    text = rendered.text.reveal()
    key = text.partition("pre-shared-key ")[2].partition("\n")[0]
    rig.wanted[FAR] = intended(replace(rendered, text=Secret(text.replace(key, f"{key}.rotated"))))
    assert keys_sent(rig) == ["pre-shared-key ***"]
    assert keys_sent(rig) == []


def test_a_key_that_somebody_else_has_entered_is_taken_back(rig: Rig) -> None:
    rig.push()
    peer = next(line for line in rig.texts()[FAR].splitlines() if line.startswith(" peer "))
    type_in(rig, "crypto ikev2 keyring MCASTLAB", peer, "pre-shared-key somebody.elses")
    assert keys_sent(rig) == ["pre-shared-key ***"]
    assert keys_sent(rig) == []


def test_keys_that_become_encrypted_later_are_sent_once_more(lab: Lab, tmp_path: Path) -> None:
    rig = Rig(lab, tmp_path)
    rig.push()
    type_in(rig, MASTER.strip())
    assert keys_sent(rig) == ["pre-shared-key ***"] * 2
    assert keys_sent(rig) == []
    rig.close()


def test_the_record_has_neither_key_nor_encoding(rig: Rig) -> None:
    rig.push()
    written = "".join(path.read_text() for path in rig.folder.rglob("*") if path.is_file())
    shown = [line.split()[-1] for line in rig.texts()[FAR].splitlines() if "pre-shared-key 6" in line]
    assert '"sent"' in written
    assert KEY not in written
    assert not [each for each in shown if each in written]
