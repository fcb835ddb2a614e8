"""The systemd unit that follows a lab: what it runs, what of the environment it has, and that no key is in it."""

from __future__ import annotations

import configparser
import os
from typing import TYPE_CHECKING

import pytest

from mcastlab.cli.follow_unit import install, uninstall, unit_name, unit_text

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = ("/opt/lab/bin/python", "-m", "mcastlab", "follow", "--lab", "/home/u/100% $lab/my.yaml", "--aws")


def test_unit_runs_the_command_with_what_says_where_things_are_and_with_no_key() -> None:
    environment = {
        "AWS_PROFILE": "lab",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_SESSION_TOKEN": "t0ken",
        "PATH": "/bin",
    }
    text = unit_text("demo", COMMAND, environment)
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # names are as they are written
    read.read_string(text)
    assert read["Service"]["ExecStart"].endswith('"--lab" "/home/u/100%% $$lab/my.yaml" "--aws"')
    assert 'Environment="AWS_PROFILE=lab"' in text
    assert "s3cret" not in text
    assert "t0ken" not in text
    assert read["Install"]["WantedBy"] == "default.target"


def test_unit_is_written_and_removed_and_without_systemd_it_is_said_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    file = tmp_path / "systemd" / "user" / unit_name("demo")
    reported = install("demo", COMMAND)
    assert reported == (
        f"written: {file}",
        "run: systemctl --user daemon-reload",
        "run: systemctl --user enable --now mcastlab-follow-demo.service",
    )
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"removed: {file}" in uninstall("demo")
    assert not file.exists()
    assert uninstall("demo") == (f"there is no {file}",)
    assert os.listdir(file.parent) == []  # noqa: PTH208  (only whether anything is there)


@pytest.mark.process
def test_where_systemd_is_there_the_unit_is_started_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n', encoding="utf-8")
    systemctl.chmod(0o755)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    file = tmp_path / "systemd" / "user" / unit_name("demo")
    assert install("demo", COMMAND) == (f"written: {file}",)
    assert uninstall("demo") == (f"removed: {file}",)
    assert asked.read_text(encoding="utf-8").splitlines() == [
        "--user daemon-reload",
        "--user enable --now mcastlab-follow-demo.service",
        "--user disable --now mcastlab-follow-demo.service",
        "--user daemon-reload",
    ]
