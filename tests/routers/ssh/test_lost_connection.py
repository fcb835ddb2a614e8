"""A connection that breaks is reported by our errors alone: nothing is printed beside them."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

BROKEN = """
import socket
import threading
import paramiko
import mcastlab.routers.ssh.session
server = socket.create_server(("127.0.0.1", 0))
def break_off():
    peer, _ = server.accept()
    peer.sendall(b"SSH-2.0-gone\\r\\n" + bytes((0, 0, 0, 1)) + bytes(60))
    while peer.recv(65536):
        pass
threading.Thread(target=break_off).start()
transport = paramiko.Transport(socket.create_connection(server.getsockname()))
try:
    transport.start_client(timeout=5)
except (paramiko.SSHException, EOFError, OSError):
    print("refused")
transport.join(5)
"""


def test_a_broken_connection_prints_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", BROKEN], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "refused\n"
    assert done.stderr == ""
