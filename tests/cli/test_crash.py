"""What nobody expected ends in a line and a file of the user's alone, without a value of what was at work."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mcastlab.cli.main import main
from mcastlab.cli.verbs.status import StatusVerb
from mcastlab_base.errors import LabError, RefusedError, TimedOutError

if TYPE_CHECKING:
    from pathlib import Path

KEY = "s3cr3t-of-owner"


def fail(error: BaseException) -> object:
    key = KEY  # a local variable, as many functions have one
    del key
    raise error


def ended(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(StatusVerb, "__call__", lambda _self, _context: fail(error))
    code = main(["status"])
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return code, err


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"invalid literal for int() with base 10: '{KEY}'"),
        KeyError(KEY),
        RecursionError("maximum recursion depth exceeded"),
        ExceptionGroup("parts", [ValueError(f"no '{KEY}'"), RefusedError("refused")]),
        UnicodeDecodeError("utf-8", KEY.encode(), 0, 1, "invalid start byte"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_is_a_line_and_a_file_that_holds_no_value(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, err = ended(error, tmp_path, monkeypatch, capsys)
    assert code == 3
    assert type(error).__name__ in err
    (file,) = (tmp_path / "mcastlab" / "bugs").iterdir()
    assert str(file) in err
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    text = file.read_text()
    assert "in fail\n" in text
    assert type(error).__name__ in text
    assert KEY not in text + err


def test_what_led_to_a_bug_is_in_the_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ValueError("later")
    error.__cause__ = LookupError("first")
    ended(error, tmp_path, monkeypatch, capsys)
    (file,) = (tmp_path / "mcastlab" / "bugs").iterdir()
    text = file.read_text()
    assert text.index("LookupError: first") < text.index("ValueError: later")


def test_a_file_that_cannot_be_written_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mcastlab").write_text("a file")
    code, err = ended(ValueError("x"), tmp_path, monkeypatch, capsys)
    assert code == 3
    assert "the traceback could not be written" in err


def test_errors_that_arose_at_the_same_time_are_all_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def both() -> None:
        async with asyncio.TaskGroup() as tasks:
            for error in (TimedOutError("one", hint="wait"), RefusedError("other", hint="wait")):
                tasks.create_task(_raise(error))

    async def _raise(error: LabError) -> None:
        raise error

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(both())
    code, err = ended(caught.value, tmp_path, monkeypatch, capsys)
    assert (code, err) == (4, "error: one\nerror: other\nhint:  wait\n")
    assert not (tmp_path / "mcastlab").exists()
