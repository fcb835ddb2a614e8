"""A verification goes through its stages, one after the other, and never comes back to one that it has left."""

from __future__ import annotations

import io
import sys
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from verify.test_observe import LAB, SOUND, sources

from mcastlab.report import terminal
from mcastlab.verify import engine

if TYPE_CHECKING:
    from types import FrameType

    from mcastlab.facts import Facts
    from mcastlab.traffic.results import TrafficReport

STAGES = ["verify.observe", "verify.checks", "verify.traffic", "report"]


def package_of(module: str) -> str:
    """Return a module's package below the toolkit, one deeper where there are stages within.

    >>> package_of("mcastlab.verify.observe.lab"), package_of("mcastlab.report.terminal")
    ('verify.observe', 'report')
    """
    _, first, *rest = module.split(".")
    return f"{first}.{rest[0]}" if first == "verify" else first


def unsent(_facts: Facts) -> TrafficReport:
    raise AssertionError("something below stops it")


def verified_and_shown() -> None:
    """Verify a lab whose AWS is sound and whose routers are not, and show what was found, as the verb does."""
    assert SOUND.cloud is not None
    report = engine.verify(LAB, sources(SOUND.cloud), progress=lambda _: None, send=unsent, patience_s=0)
    terminal.show(Console(file=io.StringIO()), report)


def called() -> list[str]:
    """Return the packages that a verification calls, in the order of the calls, each as often as it is come back to."""
    callers = (engine.verify.__code__, verified_and_shown.__code__)
    found: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        module = str(frame.f_globals.get("__name__"))
        caller = frame.f_back.f_code if frame.f_back is not None else None
        if event == "call" and caller in callers and module.startswith("mcastlab.") and module != engine.__name__:
            found.append(package_of(module))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        verified_and_shown()
    finally:
        sys.setprofile(before)
    return [package for package, _ in groupby(found)]


def test_the_packages_along_the_calls_of_a_verification_hold_no_package_twice() -> None:
    packages = called()
    print(*packages, sep=" > ")  # noqa: T201  (`pytest -s` shows it)
    assert packages == STAGES
    assert len(set(packages)) == len(packages)
