"""Labs in the twin, driven by the command line as a user does."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from accounts import ordinary_user
from e2e.demos import Home

from mcastlab.lab_files import DEFAULT_LAB, PROJECT, read_lab
from mcastlab_base.errors import LabError
from mcastlab_twin.sandbox import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mcastlab.lab.model import Lab

VERB_TIMEOUT_S = 240


@pytest.fixture(scope="session", autouse=True)
def _machine_can_hold_a_twin() -> None:
    """Skip with the reason where the machine allows no namespaces."""
    try:
        machine.decide(machine.inspect())
    except LabError as error:
        pytest.skip(f"this machine cannot hold a twin: {error.text} ({error.hint})")


def _folder(path: Path, owner: int) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(path, owner, owner)
    return path


def _environment(home: Path, owner: int, *, path: str) -> dict[str, str]:
    """This environment with runtime, state and temporary folders of the test's own, and nobody else's credentials."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "AWS_", "VIRTUAL_ENV"))}
    folders = {"XDG_RUNTIME_DIR": home, "XDG_STATE_HOME": home / "state", "TMPDIR": home / "tmp"}
    return {**kept, **{key: str(_folder(folder, owner)) for key, folder in folders.items()}, "PATH": path}


@pytest.fixture(scope="session")
def home() -> Iterator[Home]:
    """This project, as this user."""
    # Short: sockets have their path in it.
    with tempfile.TemporaryDirectory(prefix="mcastlab-e2e-") as folder:
        runtime = Path(folder)
        yield Home(
            clone=PROJECT,
            runtime=runtime,
            environment=_environment(runtime, os.geteuid(), path=os.environ["PATH"]),
        )


@pytest.fixture(scope="session")
def home_of_ordinary_user() -> Iterator[Home]:
    """A fresh clone in the home of an ordinary user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; what runs as this user runs as an ordinary one")
    user = ordinary_user()
    folder = Path(tempfile.mkdtemp(prefix="e2e-", dir=user.pw_dir))
    try:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(clone)], check=True)
        subprocess.run(["chown", "--recursive", f"{user.pw_uid}:{user.pw_gid}", str(folder)], check=True)
        whose = {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}
        yield Home(
            clone=clone,
            runtime=folder / "run",
            environment={**_environment(folder / "run", user.pw_uid, path="/usr/bin:/bin"), **whose},
            identity={"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []},
        )
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class CommandLine:
    """The command line on one lab file, within an environment."""

    lab_file: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb and return how it ended."""
        verb, *rest = arguments
        lab = () if verb == "cdk" else ("--lab", str(self.lab_file))
        return subprocess.run(
            [sys.executable, "-m", "mcastlab", verb, *lab, *rest],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=VERB_TIMEOUT_S,
            check=False,
        )

    def must(self, *arguments: str) -> str:
        """Run a verb that has to succeed and return what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def write_lab(folder: Path, **changes: Any) -> Path:
    """Write the default lab with changes as a document of its own; with other groups without its appliance."""
    document = json.loads(DEFAULT_LAB.read_text(encoding="utf-8"))["context"]["lab"]
    if "groups" in changes:
        for site in document["sites"]:
            site["devices"] = [device for device in site["devices"] if device.get("kind") != "appliance"]
    path = folder / "lab.yaml"
    path.write_text(yaml.safe_dump({**document, **changes}), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Deployed:
    """A lab that is deployed and configured in its own twin."""

    lab: Lab
    command_line: CommandLine


def in_twin(
    lab_file: Path, before_push: Callable[[Deployed], None] = lambda _: None, *, quotas: Sequence[str] = ()
) -> Iterator[Deployed]:
    """Deploy and configure a lab in a twin of its own, and take both away at the end; `quotas` are raised in it."""
    outside = CommandLine(lab_file, dict(os.environ))
    try:
        outside.must("twin", "up", *(f"--quota={quota}" for quota in quotas))
        exports = outside.must("twin", "env")
        reported = dict(word.partition("=")[::2] for word in shlex.split(exports) if "=" in word)
        inside = CommandLine(lab_file, {**os.environ, **reported})
        # Of its own: the CDK works in one folder for one command at a time.
        output = ("--output", str(lab_file.with_name("cdk.out")))
        options = ("--require-approval", "never", "--no-notices", *output, "-c", f"lab={lab_file}")
        inside.must("cdk", "deploy", "--all", *options)
        deployed = Deployed(read_lab(lab_file), inside)
        before_push(deployed)
        inside.must("configure")
        yield deployed
    finally:
        outside.must("twin", "down")


CUTS: Final = """\
name: cuts
vpc: {cidr: 10.77.0.0/16}
hosts:
- {name: probe, count: 2, devices: 250}
sites:
- name: turku
  router: {ssh: turku-router, asn: 65077, wan: 198.51.100.2/30, lan: 172.31.7.1/24}
  devices:
  - {name: turku-phone, address: 172.31.7.20}
  - name: turku-pager
    address: 172.31.7.31
    kind: appliance
    sends: [paging]
    receives: [paging]
    trigger: >-
      curl -sf -X POST
      "http://$MCASTLAB_AT/page?group=$MCASTLAB_GROUP&port=$MCASTLAB_PORT&seconds=$MCASTLAB_SECONDS"
    confirm: curl -sf "http://$MCASTLAB_AT/heard?group=$MCASTLAB_GROUP"
groups:
- {name: cut, address: 239.77.7.1-239.77.7.17}
- {name: paging, address: 239.77.8.1}
- {name: calls, address: 239.77.8.2}
"""
"""A lab of other names and addresses than the default one."""


@pytest.fixture(scope="session")
def cuts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """That lab, deployed: its modules share it, and each of their tests has groups of its own."""
    path = tmp_path_factory.mktemp("cuts") / "lab.yaml"
    path.write_text(CUTS, encoding="utf-8")
    yield from in_twin(path)


@pytest.fixture
def in_cuts(cuts: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """That lab, with the environment that leads into its twin."""
    for key, value in cuts.command_line.environment.items():
        if os.environ.get(key) != value:
            monkeypatch.setenv(key, value)
    return cuts
