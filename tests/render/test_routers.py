"""Both routers' configuration: golden text, masked keys, errors that name file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from documents import LABS
from facts_sample import FACTS, KEY, facts_for

from mcastlab.lab.types import Platform
from mcastlab.lab_files import DEFAULT_LAB, read_lab
from mcastlab.render.day0 import host_user_data, router_user_data
from mcastlab.render.engine import TEMPLATES, render
from mcastlab.render.routers import render_all
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcastlab.lab.model import Lab


@pytest.mark.parametrize("path", [DEFAULT_LAB, *sorted(LABS.glob("*.yaml"))], ids=lambda path: path.stem)
def test_every_router_of_every_lab_is_the_golden_one(
    path: Path, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(LABS)
    lab = read_lab(path)
    for rendered in render_all(lab, facts_for(lab)):
        golden(f"routers/{rendered.router}.cfg", rendered.shown)


def test_labs_cover_every_variant() -> None:
    labs = [read_lab(path) for path in (DEFAULT_LAB, *LABS.glob("*.yaml"))]
    sites = [site for lab in labs for site in lab.sites]
    assert {site.router.platform for site in sites} == {lab.router.platform for lab in labs} == set(get_args(Platform))
    assert {site.router.behind_nat for site in sites} == {True, False}
    assert {len(lab.sites) > 1 for lab in labs} == {len(lab.groups) > 1 for lab in labs} == {True, False}
    assert {group.bridge for lab in labs for group in lab.groups} == {"join", "static"}
    assert {lab.vpn.authenticated for lab in labs} == {True, False}
    assert {lab.workarounds.senders_outside_router_subnet for lab in labs} == {True, False}
    assert {bool(lab.templates) for lab in labs} == {True, False}


@pytest.mark.parametrize("name", ["demo", "csr1000v"])
def test_first_boot_data_is_the_golden_one(name: str, lab: Lab, golden: Callable[[str, str], None]) -> None:
    chosen = lab if name == "demo" else read_lab(LABS / f"{name}.yaml")
    golden(f"day0/{chosen.router.platform}.txt", router_user_data(chosen))
    golden("day0/host.sh", host_user_data())


def test_first_boot_opens_the_interfaces_beside_senders(golden: Callable[[str, str], None]) -> None:
    lab = read_lab(LABS / "two_subnets.yaml")
    golden("day0/two-subnets.txt", router_user_data(lab, {"back": "10.20.2.37"}))


def test_key_is_sent_but_never_shown(lab: Lab) -> None:
    far = render_all(lab, FACTS)[1]
    sent, shown = far.text.reveal().splitlines(), far.shown.splitlines()
    differing = [(one, other) for one, other in zip(sent, shown, strict=True) if one != other]
    assert differing == [(f"  pre-shared-key {KEY}", "  pre-shared-key ***")]
    assert KEY not in repr(far)
    assert KEY not in f"{FACTS!r} {FACTS}"


def test_interfaces_of_the_path_all_run_pim(lab: Lab) -> None:
    aws, far = (rendered.shown for rendered in render_all(lab, FACTS))
    assert _with_pim(aws) == {"Loopback0", "Tunnel200", "GigabitEthernet1"}
    assert _with_pim(far) == {"Loopback0", "Tunnel200", "GigabitEthernet3"}


def test_every_template_is_used() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.j2")]
    for part in (TEMPLATES / "parts").glob("*.j2"):
        assert any(f'"parts/{part.name}"' in text for text in texts), f"{part.name} is included nowhere"


def test_missing_value_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "router.j2").write_text("one\ntwo {{ nothing.here }}\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"router\.j2:2: 'nothing' is undefined"):
        render("router.j2", {}, folder=tmp_path)


def test_broken_template_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "router.j2").write_text("one\n{% for %}\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"router\.j2:2: "):
        render("router.j2", {}, folder=tmp_path)


def test_changed_template_is_compiled_anew(tmp_path: Path) -> None:
    texts = ("description {{ name }}\n", "no description\n")
    for text in (*texts, texts[0]):
        (tmp_path / "router.j2").write_text(text, encoding="utf-8")
        assert render("router.j2", {"name": "uplink"}, folder=tmp_path) == text.replace("{{ name }}", "uplink")


def _with_pim(configuration: str) -> set[str]:
    found, interface = set(), ""
    for line in configuration.splitlines():
        if not line.startswith(" "):
            interface = line.removeprefix("interface ") if line.startswith("interface ") else ""
        elif line == " ip pim sparse-mode":
            found.add(interface)
    return found
