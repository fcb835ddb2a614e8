"""The verb ``verify`` in this process, on a lab in its twin, until it says what is expected."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mcastlab.cli.main import main
from mcastlab_base.waiting import attempts

if TYPE_CHECKING:
    import pytest

    from .conftest import Deployed

SEEN_WITHIN_S: Final = 90
"""BGP's hold time and the peers' own timers are among what is waited for."""


@dataclass(frozen=True)
class Verified:
    """What a run of ``verify --json`` said."""

    code: int
    report: dict[str, Any]

    @property
    def keys(self) -> list[str]:
        """The causes' keys, the first line's first."""
        return [cause["key"] for cause in self.report["diagnoses"]]

    @property
    def reported(self) -> str:
        """What the first line says, and how to fix it."""
        first = self.report["diagnoses"][0]
        return f"{first['sentence']} {first['fix']}"

    @property
    def traffic(self) -> str:
        """The verdict of the traffic's check; empty where it was left out."""
        return next((check["verdict"] for check in self.report["checks"] if check["key"] == "traffic"), "")


class Verifier:
    """Runs the verb in this process, within the environment of a lab's twin."""

    def __init__(self, deployed: Deployed, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.deployed = deployed
        self._capsys = capsys
        for key, value in deployed.command_line.environment.items():
            if os.environ.get(key) != value:
                patch.setenv(key, value)

    def run(self, *options: str) -> Verified:
        """Verify once."""
        self._capsys.readouterr()
        code = main(["verify", "--lab", str(self.deployed.command_line.lab_file), "--json", *options])
        return Verified(code=code, report=json.loads(self._capsys.readouterr().out))

    def until(self, keys: list[str], *options: str) -> Verified:
        """Verify until it tells these diagnoses alone; what is shown after the time is up is returned as it is."""
        found = self.run(*options)
        for _ in attempts(SEEN_WITHIN_S, every_s=1):
            if found.keys == keys:
                break
            found = self.run(*options)
        return found
