"""Verbs are found by their files, and a command line that is none is answered with the one that was meant."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from mcastlab.cli import verbs
from mcastlab.cli.main import main, names, parser

HELLO = '''
from mcastlab.cli.arguments import Verb, option


class HelloVerb(Verb):
    """Greet somebody."""

    whom: str = option("--whom", default="world", help="who is greeted")

    def __call__(self, context):
        print(f"hello {self.whom}")
        return 0
'''


def test_a_new_verb_is_one_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = names()
    folder = tmp_path / "verbs"
    shutil.copytree(Path(verbs.__path__[0]), folder)
    (folder / "hello.py").write_text(HELLO, encoding="utf-8")
    monkeypatch.setattr(verbs, "__path__", [str(folder)])
    try:
        assert names() == sorted([*before, "hello"])
        assert main(["hello", "--whom", "you"]) == 0
        with pytest.raises(SystemExit):
            main(["--help"])
    finally:
        sys.modules.pop("mcastlab.cli.verbs.hello", None)
    out = capsys.readouterr().out
    assert out.startswith("hello you\n")
    assert "Greet somebody\n" in out


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"mcastlab {version('mcastlab')}\n")


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        (["verfy"], "unknown command 'verfy'; expected one of: demo, ", "did you mean: ./scripts/lab verify"),
        (["xyz"], "unknown command 'xyz'; expected one of: demo, ", "see: ./scripts/lab --help"),
        (
            ["twin", "stauts"],
            "unknown command 'stauts'; expected one of: up, ",
            "did you mean: ./scripts/lab twin status",
        ),
        (
            ["traffic", "--profile=matrx"],
            "value 'matrx' of --profile",
            "did you mean: ./scripts/lab traffic --profile=matrix",
        ),
        (["twin", "shell", "--name", "x", "a"], "command 'shell'", "did you mean: ./scripts/lab ssh --name x a"),
        (["ssh", "a", "--twin", "uptime"], "arguments: uptime", "did you mean: ./scripts/lab ssh a --twin -- uptime"),
        (["up", "--yse"], "unrecognized arguments: --yse", "did you mean: ./scripts/lab up --yes"),
        (["verify", "--jnuit=a b"], "arguments: --jnuit=a b", "did you mean: ./scripts/lab verify '--junit=a b'"),
        (["twin", "down", "--delay", "1"], "arguments: --delay 1", "did you mean: ./scripts/lab twin impair --delay 1"),
        (["status", "this"], "unrecognized arguments: this", "did you mean: ./scripts/lab status"),
        (["drift", "--xyz"], "unrecognized arguments: --xyz", "see: ./scripts/lab drift --help"),
        (["--hlep"], "unrecognized arguments: --hlep", "did you mean: ./scripts/lab --help"),
        (["twin", "--hlep"], "unrecognized arguments: --hlep", "did you mean: ./scripts/lab twin --help"),
        (["check", "--hlep"], "unrecognized arguments: --hlep", "did you mean: ./scripts/lab check --help"),
        (["--versoin", "check"], "unrecognized arguments: --versoin", "did you mean: ./scripts/lab --version check"),
        (["--xyz"], "unrecognized arguments: --xyz", "see: ./scripts/lab --help"),
        (["init"], "the following arguments are required: FILE", "see: ./scripts/lab init --help"),
        (["region", "fault", "lose"], "arguments are required: target", "see: ./scripts/lab region fault lose --help"),
        (
            ["router", "serve", "--port", "70000"],
            "70000 is not within 0 and 65535",
            "see: ./scripts/lab router serve --help",
        ),
        (["router", "serve", "--rtt=nan"], "nan is not within 0 and 60000", "see: ./scripts/lab router serve --help"),
        (["region", "up", "--settle=-1"], "-1 is not within 0 and 3600", "see: ./scripts/lab region up --help"),
        (["region", "advance", "--days=inf"], "inf is not within 0 and", "see: ./scripts/lab region advance --help"),
        (["router", "serve", "--port", "x"], "invalid int value: 'x'", "see: ./scripts/lab router serve --help"),
    ],
)
def test_a_command_line_that_is_none_is_answered_with_the_one_that_was_meant(
    words: list[str], text: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    error, reported = err.splitlines()
    assert out == ""
    assert error.startswith("error: ")
    assert text in error
    assert reported == f"hint:  {hint}"


def test_what_may_be_left_out_is_nothing_then() -> None:
    for words in (["twin", "pcap", "internet"], ["twin", "pcap"], ["ssh"], ["twin", "impair", "--clear"]):
        verb = parser().parse(words)
        assert [getattr(verb, name, None) for name in ("file", "command") if hasattr(verb, name)] in ([None], [()], [])
    assert vars(parser().parse(["twin", "pcap", "internet"]))["place"] == "internet"


def test_options_of_a_group_stand_before_or_behind_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["twin", "--name", "Run 7", "status"], ["twin", "status", "--name", "Run 7"]):
        assert main(words) == 2
        assert "'Run 7' is no name for a lab" in capsys.readouterr().err
