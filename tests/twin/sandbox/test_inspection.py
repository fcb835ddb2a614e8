"""A running twin looked at from outside by the command line: status, a node's shell, a link's packets."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
from typing import TYPE_CHECKING

import pytest

from mcastlab.lab_files import PROJECT
from mcastlab_twin import inspection, lifecycle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab_twin.sandbox.run_folder import Twin

pytestmark = pytest.mark.twin

NAME = "test-inspection"
ENTER = """\
import sys
from mcastlab_twin import lifecycle
from mcastlab_twin.inspection import TwinNodes
sys.exit(TwinNodes(lifecycle.find(sys.argv[1])).enter(sys.argv[2], sys.argv[3:]))
"""
"""What `ssh` does with a node of the twin's own."""
PCAP_MAGIC = b"\xd4\xc3\xb2\xa1"


def verb(*words: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    return done_by("-m", "mcastlab", "twin", "--name", NAME, *words, timeout=timeout)


def done_by(*words: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, *words]
    return subprocess.run(
        argv, cwd=PROJECT, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False
    )


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    lifecycle.down(NAME)
    try:
        assert verb("up", timeout=60).returncode == 0
        found = lifecycle.find(NAME)
        assert found is not None
        yield found
    finally:
        lifecycle.down(NAME)


def test_a_twin_keeps_nothing_open_that_its_starter_had_open_for_others() -> None:
    name = f"{NAME}-pipe"
    lifecycle.down(name)
    reading, writing = os.pipe()
    try:
        argv = [sys.executable, "-m", "mcastlab", "twin", "--name", name, "up"]
        subprocess.run(argv, cwd=PROJECT, stdout=subprocess.DEVNULL, pass_fds=(writing,), timeout=60, check=True)
        os.close(writing)
        # Whoever reads to the end of a pipe that the starter had, reads to the end.
        assert select.select([reading], [], [], 5)[0]
        assert os.read(reading, 1) == b""
    finally:
        os.close(reading)
        lifecycle.down(name)


def test_status_names_the_nodes_and_tells_that_all_runs(twin: Twin) -> None:
    done = verb("status")
    assert done.returncode == 0, done.stderr
    assert twin.endpoint in done.stdout
    assert "internet, lab-lan, lab-router, pager-7, phone-1" in done.stdout
    assert "all that are to run" in done.stdout


def ssh(node: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run the verb, its options between node and command as a user may put them."""
    return done_by("-m", "mcastlab", "ssh", "--name", NAME, node, "--twin", *(("--", *command) if command else ()))


def in_node(node: str, *command: str) -> tuple[str, ...]:
    return ("-c", ENTER, NAME, node, *command)


def test_ssh_runs_in_the_node_and_ends_with_its_command_s_code(twin: Twin) -> None:
    assert "192.168.50.20/24" in ssh("phone-1", "ip", "-br", "address").stdout
    assert ssh("phone-1", "sh", "-c", "echo 'a  b'; exit 7").stdout == "a  b\n"
    assert ssh("phone-1", "sh", "-c", "exit 7").returncode == 7
    assert "router" in ssh("lab-lan", "ip", "-br", "link").stdout
    assert ssh("internet", "sh", "-c", "exit 7").returncode == 7
    assert twin.pid > 0


@pytest.mark.parametrize("name", ["lab-router", f"{NAME}/lab-router"])
def test_ssh_on_a_router_is_its_own_command_line(twin: Twin, name: str) -> None:
    assert "Cisco IOS XE Software" in ssh(name, "show", "version").stdout
    refused = ssh(name, "show", "verson")
    assert (refused.returncode, "% Invalid input detected" in refused.stderr) == (3, True)
    assert twin.pid > 0


def test_what_is_piped_into_a_router_s_shell_is_typed(twin: Twin) -> None:
    argv = [sys.executable, "-m", "mcastlab", "ssh", "--name", NAME, "--twin", "lab-router"]
    done = subprocess.run(
        argv, cwd=PROJECT, input="show clock\n", capture_output=True, text=True, timeout=20, check=True
    )
    assert "lab-router#show clock" in done.stdout.replace("\r", "")
    assert twin.pid > 0


def at_a_terminal(*words: str) -> tuple[str, int]:
    """Run the verb as one at a terminal does; return what it showed and how much was typed into it besides."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
    argv = [sys.executable, *words]
    # A program of its own gets the terminal for its own, as a shell's does.
    owner = f"import fcntl, os; fcntl.ioctl(0, {termios.TIOCSCTTY}, 0); os.execv({argv[0]!r}, {argv!r})"
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-c", owner], cwd=PROJECT, stdin=its, stdout=its, stderr=its, start_new_session=True
    ) as process:
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            if select.select([ours], [], [], 0.05)[0]:
                shown += os.read(ours, 4096)
    waiting = struct.unpack("i", fcntl.ioctl(its, termios.FIONREAD, b"\0" * 4))[0]
    os.close(ours)
    os.close(its)
    return shown.decode(), waiting


@pytest.mark.parametrize("node", ["phone-1", "lab-router"])
def test_a_shell_s_terminal_is_one_of_its_own(twin: Twin, node: str) -> None:
    assert twin.pid
    types = "import fcntl, termios; [fcntl.ioctl(0, termios.TIOCSTI, each) for each in (b'i', b'd', b'\\n')]"
    shown, typed = at_a_terminal(*in_node(node, "sh", "-c", f'stty size; python3 -c "{types}"; echo done'))
    assert "31 97" in shown
    assert "done" in shown
    assert typed == 0
    assert done_by(*in_node(node, "sh", "-c", ": < /dev/tty")).returncode != 0


def test_a_node_that_is_not_there_is_reported_with_those_that_are(twin: Twin) -> None:
    done = ssh("phone-9")
    assert done.returncode == 2
    assert "no node is called 'phone-9'; did you mean phone-1? There are" in done.stderr
    assert twin.pid > 0


def test_a_capture_is_a_file_that_holds_the_link_s_packets(twin: Twin, tmp_path: Path) -> None:
    file = tmp_path / "lan.pcap"
    with file.open("wb") as stream:
        argv = inspection.command_in(
            twin, "lab-lan", "tcpdump", "--immediate-mode", "-Z", "root", "-i", "router", "-U", "-c", "2", "-w", "-"
        )
        capture = subprocess.Popen(argv, stdout=stream, stderr=subprocess.PIPE, text=True)
    assert capture.stderr is not None
    try:
        while "listening" not in capture.stderr.readline():
            assert capture.poll() is None
        ping = threading.Thread(target=ssh, args=("phone-1", "ping", "-c", "3", "-i", "0.2", "192.168.50.1"))
        ping.start()
        capture.wait(timeout=15)
        ping.join()
    finally:
        capture.kill()
        capture.stderr.close()
        capture.wait()
    assert file.read_bytes().startswith(PCAP_MAGIC)


def test_the_memory_of_a_twin_without_a_cloud_is_small(twin: Twin) -> None:
    assert 10 < inspection.memory_mib(twin) < 300


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["impair", "lba", "--delay", "1ms"], "no site is called lba; did you mean lab? There are: lab"),
        (["pcap", "phone"], f"no node of the twin {NAME} is called phone; did you mean phone-1? There are"),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else None,
)
def test_a_name_that_is_not_there_is_bad_input(twin: Twin, words: list[str], text: str) -> None:
    done = verb(*words)
    assert (done.returncode, text in done.stderr) == (2, True), done.stderr
    assert twin.pid > 0
