"""``down --prove`` where nobody can be asked, and its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from documents import LABS

from mcastlab.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (("--prove",), "no target: there is no twin called minimal, and this environment has no AWS credentials"),
        (("--json",), "--json is about what is left"),
    ],
)
def test_what_cannot_be_answered_is_bad_input(
    arguments: tuple[str, ...], reported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["down", "--lab", str(LABS / "minimal.yaml"), *arguments]) == 2
    captured = capsys.readouterr()
    assert reported in captured.err
    assert captured.out == ""
