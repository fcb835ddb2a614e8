"""Both routers' configuration: golden text, masked keys, errors that name file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from facts_sample import FACTS, KEY

from mcastlab.errors import BadInputError
from mcastlab.render.day0 import host_user_data, router_user_data
from mcastlab.render.engine import TEMPLATES, render
from mcastlab.render.routers import render_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcastlab.lab.model import Lab


@pytest.mark.parametrize("index", [0, 1], ids=["aws_router", "far_router"])
def test_configuration_is_the_golden_one(lab: Lab, index: int, golden: Callable[[str, str], None]) -> None:
    rendered = render_all(lab, FACTS)[index]
    golden(f"routers/{rendered.template.removesuffix('.j2')}.cfg", rendered.shown)


def test_first_boot_data_is_the_golden_one(lab: Lab, golden: Callable[[str, str], None]) -> None:
    golden("day0/c8000v.txt", router_user_data(lab))
    golden("day0/host.sh", host_user_data())


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


def _with_pim(configuration: str) -> set[str]:
    found, interface = set(), ""
    for line in configuration.splitlines():
        if not line.startswith(" "):
            interface = line.removeprefix("interface ") if line.startswith("interface ") else ""
        elif line == " ip pim sparse-mode":
            found.add(interface)
    return found
