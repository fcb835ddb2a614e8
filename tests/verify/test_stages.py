"""A verification goes from the lab to the report and never back: each stage is entered once."""

from __future__ import annotations

import sys
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from garbage.conftest import module_rig, world
from verify.test_run import delivery, traffic

from mcastlab.cli.connections import Connections
from mcastlab.lab_files import DEFAULT_LAB, PROJECT, read_lab
from mcastlab.report.json_form import as_json
from mcastlab.report.junit import as_junit
from mcastlab.report.page import page
from mcastlab.verify.engine import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from garbage.conftest import World

__all__ = ["module_rig", "world"]

TOOLKIT: Final = PROJECT / "scripts" / "mcastlab"
CONDUCTOR: Final = "verify.engine"
"""It calls one stage after the other, and passes on what each returns."""


def module_of(frame: FrameType) -> str | None:
    """Return the module of the toolkit whose code a frame runs."""
    path = frame.f_code.co_filename
    if not path.startswith(f"{TOOLKIT}/"):
        return None
    return path.removeprefix(f"{TOOLKIT}/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def package_of(module: str) -> str:
    """Return a module's package: of `verify` each stage is one, and how the lab file is found belongs to the lab."""
    first, *rest = module.split(".")
    return f"verify.{rest[0]}" if first == "verify" else first.partition("_")[0]


@contextmanager
def stays() -> Iterator[list[str]]:
    """Give the packages that the engine, or a test, calls: each as often as it is entered anew."""
    found: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        module = module_of(frame)
        if event != "call" or module in {None, CONDUCTOR}:
            return
        caller = frame.f_back
        while caller is not None and module_of(caller) is None:
            caller = caller.f_back
        conducted = caller is None or module_of(caller) == CONDUCTOR
        if module is not None and conducted and found[-1:] != [package_of(module)]:
            found.append(package_of(module))

    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)


def test_each_stage_of_a_verification_is_entered_once(world: World) -> None:
    sources = Connections(world.lab).sources(print)
    sent = traffic(delivery())
    with stays() as found:
        lab = read_lab(DEFAULT_LAB)
        report = verify(lab, sources, progress=lambda _: None, send=lambda _: sent, patience_s=0)
        texts = [as_json(report), as_junit(report), page(report, lab)]
    sys.stdout.write(" > ".join(found))
    assert all(texts)
    assert found == ["lab", "verify.observe", "verify.checks", "verify.traffic", "report"]


def test_every_package_has_its_layer() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(each["layers"] for each in contracts["contracts"] if each["name"].startswith("Each package"))
    listed = {name.strip() for layer in layers for name in layer.split("|")}
    there = {f"mcastlab.{path.stem}" for path in TOOLKIT.iterdir() if not path.stem.startswith("__")} - {
        "mcastlab.README"
    }
    verify = {
        f"mcastlab.verify.{path.stem}" for path in (TOOLKIT / "verify").iterdir() if not path.stem.startswith("_")
    }
    assert (there - {"mcastlab.verify"} | verify) - listed == set()
