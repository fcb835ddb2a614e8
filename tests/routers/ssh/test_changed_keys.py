"""A host that shows another key than the pinned one is reported as that, with both keys and where the old one is."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import asyncssh
import paramiko
import pytest
from routers.served import SshBox, SshRig

from mcastlab.routers.ssh.host_keys import fingerprint, pin_at_first_use, pinned
from mcastlab.routers.ssh.session import NetmikoSession
from mcastlab.routers.ssh.shell import SshShell
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab
    from mcastlab.routers.ssh.client_config import SshHost


@pytest.fixture
def box(lab: Lab, tmp_path: Path) -> Iterator[SshBox]:
    rig = SshRig(lab, tmp_path)
    yield cast("SshBox", rig.boxes["demo/lab-router"])
    rig.close()


_KEYS = {
    "ssh-rsa": lambda: asyncssh.generate_private_key("ssh-rsa", key_size=2048),
    "ecdsa-sha2-nistp256": lambda: asyncssh.generate_private_key("ecdsa-sha2-nistp256"),
}


def command_in(hint: str) -> list[str]:
    """The command of a hint, as a shell would take it."""
    return shlex.split(hint.rpartition("run again: ")[2])


@pytest.mark.process
@pytest.mark.parametrize("kind", _KEYS)
def test_a_routers_changed_key_is_reported_with_both_keys_and_the_line_and_its_command_forgets_the_old_one(
    box: SshBox, kind: str
) -> None:
    box.known_hosts.write_text(f"# the lab's\n{box.known_hosts.read_text()}\n")
    new = _KEYS[kind]()
    box.virtual.change_host_key(new)
    with pytest.raises(RefusedError) as caught:
        box.connect()
    text, hint = caught.value.text, caught.value.hint
    assert "demo/lab-router: the host key has changed" in text
    assert f"shows {kind} {new.get_fingerprint('sha256')}" in text
    assert f"{box.known_hosts} has ssh-rsa {box.key.get_fingerprint('sha256')} (line 2)" in text
    assert "A replaced host" in hint
    subprocess.run(command_in(hint), check=True, capture_output=True)
    assert pinned(box.known_hosts, box.login.host.known_hosts_name) == ()


@pytest.mark.process
def test_an_instance_that_changes_its_key_is_no_replaced_one_and_is_pinned_anew_once_forgotten(
    box: SshBox, tmp_path: Path
) -> None:
    host = replace(box.login.host, alias="i-0123")
    path, new = pin_at_first_use(host, "i-0123", tmp_path / "pins")
    assert new
    login = replace(box.login, host=host, known_hosts=path)
    NetmikoSession(login).close()
    box.virtual.change_host_key(asyncssh.generate_private_key("ssh-rsa", key_size=2048))
    with pytest.raises(RefusedError) as caught:
        NetmikoSession(replace(login, known_hosts=pin_at_first_use(host, "i-0123", tmp_path / "pins")[0]))
    assert "It is the same instance" in caught.value.hint
    subprocess.run(command_in(caught.value.hint), check=True, capture_output=True)
    assert pin_at_first_use(host, "i-0123", tmp_path / "pins") == (path, True)
    NetmikoSession(replace(login, known_hosts=path)).close()


def test_a_pin_follows_its_instance_to_another_address_and_is_not_renewed_there(box: SshBox, tmp_path: Path) -> None:
    host = box.login.host
    path, _ = pin_at_first_use(replace(host, port=1), "i-1", _pinned_by_hand(tmp_path / "pins", "i-1", box))
    assert pin_at_first_use(host, "i-1", tmp_path / "pins") == (path, False)
    assert [fingerprint(key) for _, key in pinned(path, host.known_hosts_name)] == [box.key.get_fingerprint("sha256")]


def _pinned_by_hand(folder: Path, instance: str, box: SshBox) -> Path:
    folder.mkdir()
    public = box.key.export_public_key().decode().strip()
    (folder / instance).write_text(f"[127.0.0.1]:1 {public}\n")
    return folder


def test_a_hashed_name_is_found(box: SshBox, tmp_path: Path) -> None:
    path = tmp_path / "hashed"
    name = box.login.host.known_hosts_name
    path.write_text(f"{paramiko.HostKeys.hash_host(name)} {box.key.export_public_key().decode()}")
    assert [line for line, _ in pinned(path, name)] == [1]
    assert pinned(path, "other") == ()


@pytest.mark.process
@pytest.mark.skipif(shutil.which("ssh") is None, reason="devices are reached by the OpenSSH client")
def test_a_devices_changed_key_is_a_sentence_too(tmp_path: Path) -> None:
    old, new = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve() -> None:
        connection, _ = listener.accept()
        transport = paramiko.Transport(connection)
        transport.add_server_key(new)
        try:
            transport.start_server(server=paramiko.ServerInterface())
        except (paramiko.SSHException, EOFError, OSError):
            return

    thread = threading.Thread(target=serve)
    thread.start()
    known, config = tmp_path / "known_hosts", tmp_path / "config"
    known.write_text(f"\n[127.0.0.1]:{port} {old.get_name()} {old.get_base64()}\n")
    known.chmod(0o600)
    config.write_text(
        f"Host phone-1\n  HostName 127.0.0.1\n  Port {port}\n  UserKnownHostsFile {known}\n"
        "  StrictHostKeyChecking yes\n  GlobalKnownHostsFile /dev/null\n"
    )
    try:
        with pytest.raises(RefusedError) as caught:
            SshShell(config, "phone-1").run("true", timeout_s=20)
    finally:
        listener.close()
        thread.join()
    assert "phone-1: the host key has changed" in caught.value.text
    assert fingerprint(new) in caught.value.text
    assert f"{known} has {old.get_name()} {fingerprint(old)} (line 2)" in caught.value.text
    assert "@@@" not in caught.value.text
    assert command_in(caught.value.hint)[:3] == ["ssh-keygen", "-f", str(known)]


@pytest.mark.process
def test_a_machine_without_the_openssh_client_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusedError, match="phone-1: the OpenSSH client cannot be started"):
        SshShell(tmp_path / "none", "phone-1").run("true", timeout_s=5)


def test_a_way_to_a_router_that_cannot_be_started_is_reported(box: SshBox) -> None:
    host: SshHost = replace(box.login.host, proxy_command="/nowhere/proxy 'unbalanced")
    with pytest.raises(RefusedError, match="demo/lab-router: no SSH session"):
        NetmikoSession(replace(box.login, host=host))
