"""Hosts' setup: a script of the lab file that each host runs once, again when it changes, and never after it failed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from documents import document

from mcastlab import host_setup
from mcastlab.host_setup import LARGEST, refuse_broken_setups, set_up, setup_text
from mcastlab.lab.document import parse
from mcastlab.lab.model import Lab
from mcastlab.ports import ShellResult
from mcastlab_base.errors import BadInputError, RefusedError, TimedOutError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Host:
    """A shell that runs what it is given, here."""

    host: str
    asked: list[str] = field(default_factory=list)

    def run(self, command: str, *, timeout_s: float) -> ShellResult:
        self.asked.append(command)
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=min(timeout_s, 20), check=False
        )
        return ShellResult(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def lab_of(setup: Any, folder: Path, count: int = 1) -> Lab:
    return parse({**document(), "hosts": [{"name": "phones", "count": count, "setup": setup}]}, "lab.yaml", folder)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the host's notes, in place of its own."""
    monkeypatch.setattr(host_setup, "FOLDER", str(tmp_path / "disk"))
    return tmp_path / "disk"


def test_a_script_runs_once_and_again_when_it_changes_or_the_host_is_new(disk: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    (tmp_path / "setup.sh").write_text(f'#!/bin/bash\n[[ $PWD = / ]] && echo "it\'s one" >> {runs}\n', encoding="utf-8")
    lab, host = lab_of("setup.sh", tmp_path), Host("phones-1")
    assert [set_up(lab, {"phones-1": host}, progress=print) for _ in range(2)] == [
        {"phones-1": True},
        {"phones-1": False},
    ]
    (tmp_path / "setup.sh").write_text(f"echo two >> {runs}\n", encoding="utf-8")
    assert set_up(lab, {"phones-1": host}, progress=print) == {"phones-1": True}
    (disk / "setup.sha256").unlink()
    assert set_up(lab, {"phones-1": host}, progress=print) == {"phones-1": True}
    assert runs.read_text(encoding="utf-8").splitlines() == ["it's one", "two", "two"]


@pytest.mark.usefixtures("disk")
def test_a_script_that_failed_runs_again_and_so_does_the_one_before_it(tmp_path: Path) -> None:
    hosts = {"phones-1": Host("phones-1")}
    good = lab_of("#!/bin/sh\ntrue", tmp_path)
    bad = lab_of("echo installing\necho 'no such \x1b[31mpackage' >&2\nexit 7\n", tmp_path)
    assert set_up(good, hosts, progress=print) == {"phones-1": True}
    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            set_up(bad, hosts, progress=print)
        assert caught.value.text == "phones-1: the setup ended with 7:\n  installing\n  no such ?[31mpackage"
    assert "setup.log of the host" in caught.value.hint
    assert set_up(good, hosts, progress=print) == {"phones-1": True}


def test_one_that_does_not_end_is_ended(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_setup, "LIMIT_S", 0.2)
    with pytest.raises(TimedOutError, match=r"phones-1: the setup did not end within 0.2 s:\n  waiting"):
        set_up(lab_of("echo waiting\nsleep 60\n", tmp_path), {"phones-1": Host("phones-1")}, progress=print)
    assert not (disk / "setup.sha256").exists()


@pytest.mark.usefixtures("disk")
def test_hosts_of_an_entry_get_the_same_command_and_one_failure_hides_no_other(tmp_path: Path) -> None:
    class Refusing(Host):
        def run(self, command: str, *, timeout_s: float) -> ShellResult:
            self.asked.append(command)
            raise RefusedError(f"{self.host}: SSM does not reach it in {timeout_s:g} s")

    hosts = {"phones-1": Refusing("phones-1"), "phones-2": Host("phones-2"), "phones-3": Refusing("phones-3")}
    with pytest.raises(RefusedError) as caught:
        set_up(lab_of("#!/bin/sh\n", tmp_path, 3), hosts, progress=print)
    assert caught.value.text.splitlines() == [
        "phones-1: SSM does not reach it in 960 s",
        "phones-3: SSM does not reach it in 960 s",
    ]
    assert len({command for each in hosts.values() for command in each.asked}) == 1


@pytest.mark.parametrize(
    ("setup", "text"),
    [
        ("setup.sh", "hosts[phones].setup: {}/setup.sh cannot be read: No such file or directory"),
        ("folder", "hosts[phones].setup: {}/folder is no regular file"),
        (
            "link",
            (
                "hosts[phones].setup: {0}/link leads out of the folder {0} by a symbolic link; "
                "a file in that folder is expected"
            ),
        ),
        ("binary", "hosts[phones].setup: {}/binary cannot be read as UTF-8 text"),
        ("empty", "hosts[phones].setup: the script is empty"),
        ("large", f"hosts[phones].setup: the script has {LARGEST + 100} octets, and a command carries {LARGEST}"),
    ],
)
def test_scripts_that_cannot_be_run_are_refused_before_anything_is_deployed(
    setup: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "binary").write_bytes(b"#!\xff")
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "large").write_text("#" * (LARGEST + 100), encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        refuse_broken_setups(lab_of(setup, tmp_path), "lab.yaml", {"hosts[phones].setup": 7}.get)
    assert caught.value.text == f"lab.yaml:7: {text.format(tmp_path)}"


@pytest.mark.parametrize("setup", ["../setup.sh", "/etc/setup.sh", "folder/", 7, ""])
def test_what_is_no_script_of_the_lab_is_refused_by_its_field(setup: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"hosts\[phones\]\.setup: "):
        lab_of(setup, tmp_path)


def test_a_script_may_stand_in_the_lab_file(tmp_path: Path) -> None:
    assert setup_text(lab_of("dnf install -y ffmpeg\ntrue\n", tmp_path).hosts[0]) == "dnf install -y ffmpeg\ntrue\n"


@pytest.mark.parametrize("setup", ["folder/setup.sh", "#!/bin/sh\ntrue"])
def test_a_lab_with_a_script_is_written_as_its_file_has_it_and_read_again(setup: str, tmp_path: Path) -> None:
    lab = lab_of(setup, tmp_path)
    written = lab.model_dump_json()
    assert json.loads(written)["hosts"][0]["setup"] == setup
    assert Lab.model_validate_json(written).host_names == lab.host_names
