"""What is kept is its owner's alone, whatever the umask: records, pins, inventories, logs, a region's state."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import paramiko
import pytest
from private_modes import open_to_others

from awsregion import standalone
from iosxe.shell.server import host_key
from mcastlab.aws import cdk
from mcastlab.cleanup.inventory import Inventory
from mcastlab.cli.exclusive import exclusively
from mcastlab.places import state_folder, virtual_router_key
from mcastlab.routers.ownership import Ledger
from mcastlab.routers.records import Records
from mcastlab.routers.ssh import host_keys
from mcastlab.routers.ssh.client_config import SshHost
from mcastlab_base import private_files
from mcastlab_twin.sandbox import run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[0o000, 0o022])
def home(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of state that is not there yet, under a umask."""
    # Short: sockets have their path in it.
    with tempfile.TemporaryDirectory(prefix="mcastlab-") as folder:
        state = Path(folder, "state")
        monkeypatch.setenv("XDG_STATE_HOME", str(state / "of-mine"))
        before = os.umask(request.param)
        yield state
        os.umask(before)


@pytest.fixture
def host(home: Path, monkeypatch: pytest.MonkeyPatch) -> SshHost:
    """A router whose host key is as it says, and is not known yet."""
    key = paramiko.RSAKey.generate(1024)
    monkeypatch.setattr(host_keys, "offered_key", lambda _host: key)
    return SshHost(
        alias="r",
        hostname="127.0.0.1",
        port=22,
        user="u",
        identity_file=None,
        proxy_command=None,
        known_hosts=home / "known",
    )


def test_records_and_inventories(home: Path) -> None:
    folder = state_folder()
    records = Records(folder, "lab")
    records.audit(router="r", action="push", lines=("a",), result="done")
    records.begin({})
    records.keep_ledger("r", Ledger(archive=True))
    Inventory(folder, "lab", "us-east-1").add(["vpc-1"])
    host_key(virtual_router_key())
    with exclusively(folder / "modes" / "lock", "a lab"):
        assert len([one for one in home.rglob("*") if one.is_file()]) == 6
        assert open_to_others(home) == {}


def test_pins_of_host_keys(home: Path, host: SshHost) -> None:
    assert host_keys.know_at_first_use(host, lambda _question: True)
    pin, fresh = host_keys.pin_at_first_use(host, "i-0", host_keys.pins_folder())
    assert (fresh, pin.read_bytes()) == (True, host.known_hosts.read_bytes())
    assert host_keys.pin_at_first_use(host, "i-0", host_keys.pins_folder()) == (pin, False)
    assert paramiko.HostKeys(str(pin)).lookup(host.known_hosts_name) is not None
    assert open_to_others(home) == {}


@pytest.mark.process
def test_what_the_cdk_leaves(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touches = [sys.executable, "-c", "import os; os.makedirs('{0}/of'); open('{0}/of/it', 'w'); print('done')"]
    folder = state_folder() / "modes"
    touches[-1] = touches[-1].format(folder / "cdk.out")
    monkeypatch.setattr(cdk, "command", lambda _arguments: touches)
    cdk.destroy(folder, (), lambda _line: None)
    assert (folder / "cdk.out" / "of" / "it").exists()
    assert (folder / "cdk.log").read_text(encoding="utf-8") == "done\n"
    assert open_to_others(home) == {}


@pytest.mark.process
def test_a_region_s_whole_state(home: Path) -> None:
    running = standalone.up("modes")
    try:
        reported = standalone.environment(running)
        session: Any = boto3.Session
        keys = {
            "aws_access_key_id": reported["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": reported["AWS_SECRET_ACCESS_KEY"],
            "region_name": "us-east-1",
        }
        s3 = session(**keys).client("s3", endpoint_url=running.endpoint)
        s3.create_bucket(Bucket="modes")
        s3.put_object(Bucket="modes", Key="a/b/c", Body=b"text")
        session(**keys).client("ec2", endpoint_url=running.endpoint).create_vpc(CidrBlock="10.0.0.0/16")
        standalone.down("modes", keep=True)
        assert (running.folder / "state" / "ec2.json").exists()
        assert open_to_others(home) == {}
    finally:
        standalone.down("modes")


def test_a_run_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private_files.make_folder(home)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    folder, lock = run_folder.claim("modes")
    run_folder.mark_ending(folder)
    twin = run_folder.Twin(name="modes", pid=1, endpoint="http://x", region="us-east-1", run_dir=folder, way="")
    run_folder.write_record(twin)
    os.close(lock)
    assert len(list(folder.iterdir())) == 4
    assert open_to_others(home) == {}


def test_a_write_that_fails_leaves_what_was(tmp_path: Path) -> None:
    file = tmp_path / "file"
    private_files.write(file, "old")
    with pytest.raises(UnicodeEncodeError):
        private_files.write(file, "new \ud800")
    assert (file.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("old", [file])


def test_a_file_that_a_user_named_has_the_mode_of_the_old_one_or_of_a_new_file(home: Path) -> None:
    private_files.make_folder(home)
    fresh, old = home / "page.html", home / "lab.yaml"
    old.touch()
    old.chmod(0o640)
    for file in (fresh, old):
        private_files.write_for_user(file, "text")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert {each.name for each in home.iterdir()} == {"page.html", "lab.yaml"}
    with pytest.raises(OSError, match="No such file"):
        private_files.write_for_user(home / "gone" / "page.html", "text")
