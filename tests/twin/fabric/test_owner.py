"""A remote router takes the start-up configuration of its owner, whatever its SSH name and interfaces are called."""

from __future__ import annotations

import asyncio
import re

import pytest
from documents import lab_with
from hypothesis import given
from hypothesis import strategies as st

from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter
from mcastlab_base.errors import BadInputError
from mcastlab_twin.network import names
from mcastlab_twin.network.site import kernel_name, remote_sites
from mcastlab_twin.routers.service import owner_configuration
from mcastlab_twin.services.context import new_rsa_key, public_text

SSH_NAMES = [
    "R1.berlin.example.com",
    "core_router",
    "_r_",
    "192.0.2.1",
    "2001:db8::1",
    "::1",
    "9",
    "9.example.com",
    "a..b",
    "x" * 253,
    ".hidden",
    "__._",
]
HOSTNAME = re.compile(r"[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@pytest.mark.parametrize("ssh", SSH_NAMES)
@pytest.mark.parametrize("interface", ["GigabitEthernet3", "GigabitEthernet12"])
def test_owner_s_configuration_is_taken(ssh: str, interface: str) -> None:
    changes = {"sites.0.router.ssh": ssh, "sites.0.router.lan": {"interface": interface, "address": "192.168.50.1/24"}}
    (remote,) = remote_sites(lab_with(changes).sites)
    site = remote.site
    ports = (site.router.wan.interface, site.router.lan.interface)
    assert all("/" not in kernel_name(port) and len(kernel_name(port)) <= 15 for port in ports)

    async def refused() -> object:
        router = VirtualRouter(ssh, site.router.platform, ports, MemoryBackend())
        return await router.load(owner_configuration(remote, public_text(new_rsa_key())))

    assert not asyncio.run(refused())


@given(st.from_regex(r"\A[A-Za-z0-9._-]{1,80}\Z") | st.ip_addresses().map(str))
def test_host_name_is_one_that_ios_takes(ssh: str) -> None:
    try:
        site = lab_with({"sites.0.router.ssh": ssh}).sites[0]
    except BadInputError:
        return
    assert HOSTNAME.fullmatch(names.hostname(site.router.ssh))
