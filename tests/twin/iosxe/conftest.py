"""Configurations written from the public guides, and routers that have taken them."""

from __future__ import annotations

from pathlib import Path

import pytest
from twin.iosxe.typist import Typist

HERE = Path(__file__).parent


@pytest.fixture
def typist() -> Typist:
    """Somebody at a router that nobody has configured; its interfaces are open."""
    return Typist()


@pytest.fixture
def remote_router() -> Typist:
    """A remote router with both VPN tunnels, GRE and multicast."""
    return Typist((HERE / "remote_router.cfg").read_text().splitlines())


@pytest.fixture
def aws_router() -> Typist:
    """The AWS router: rendezvous point, GRE, and members by IGMP."""
    return Typist((HERE / "aws_router.cfg").read_text().splitlines())
