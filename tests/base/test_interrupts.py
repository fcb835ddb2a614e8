"""A signal that comes while a model is written is that signal, and no error of pydantic."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from ipaddress import IPv4Address

import pytest
from pydantic_core import PydanticSerializationError

from mcastlab.lab_files import PROJECT
from mcastlab_base import interrupts
from mcastlab_base.frozen import Frozen

STRUCK = """
import os, signal
from ipaddress import IPv4Address
from mcastlab.cli import process
from mcastlab_base.frozen import Frozen

class Struck(IPv4Address):
    def __str__(self):
        os.kill(os.getpid(), signal.SIGNAL)
        return super().__str__()

class Written(Frozen):
    address: IPv4Address

signal.signal(signal.SIGNAL, process._signals)
with process.working():
    Written.model_construct(address=Struck("10.0.0.1")).model_dump_json()
"""


class Broken(IPv4Address):
    """An address of which no text can be made."""

    def __str__(self) -> str:
        raise RuntimeError("broken")


class Written(Frozen):
    """A model with an address."""

    address: IPv4Address


@pytest.mark.process
@pytest.mark.parametrize(("name", "code"), [("SIGINT", -signal.SIGINT), ("SIGTERM", 128 + signal.SIGTERM)])
def test_a_signal_while_a_model_is_written_ends_the_process_as_that(name: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STRUCK.replace("SIGNAL", name)],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PydanticSerializationError" not in done.stderr
    assert done.returncode == code


def test_without_a_signal_the_error_is_pydantics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "_raised", [])
    with pytest.raises(PydanticSerializationError, match="broken"):
        Written.model_construct(address=Broken("10.0.0.1")).model_dump_json()
