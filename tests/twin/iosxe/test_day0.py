"""First boot on AWS, and boot from a configuration."""

from __future__ import annotations

import asyncio

import asyncssh
import pytest

from iosxe.memory import MemoryBackend
from iosxe.router import RefusedLine, VirtualRouter

C8000V = """\
Section: License
TechPackage:network-advantage

Section: IOS configuration
hostname CLOUD
interface GigabitEthernet2
 ip address 10.0.2.10 255.255.255.0
 no shutdown
"""
CSR1000V = """\
hostname="CLOUD"
license="ax"
ios-config-2=" ip address 10.0.2.10 255.255.255.0"
ios-config-1="interface GigabitEthernet2"
ios-config-3="no shutdown"
ios-config-10="exit"
"""


def booted(user_data: str, public_key: str | None = None) -> tuple[VirtualRouter, MemoryBackend]:
    backend = MemoryBackend()
    router = VirtualRouter("cloud", "c8000v", ("GigabitEthernet1", "GigabitEthernet2"), backend)

    async def run() -> None:
        await router.boot(user_data, public_key=public_key)
        await router.settled()
        await router.close()

    asyncio.run(run())
    return router, backend


@pytest.mark.parametrize("user_data", [C8000V, CSR1000V])
def test_user_data_of_either_image_is_taken_in_order(user_data: str) -> None:
    router, backend = booted(user_data)
    assert router.boot_log == ()
    assert backend.intent.hostname == "CLOUD"
    first, second = backend.intent.interfaces
    assert (first.address, first.shutdown) == ("dhcp", False)
    assert (str(second.address), second.shutdown) == ("10.0.2.10/24", False)


def test_other_interfaces_are_shut_down_at_first_boot() -> None:
    _, backend = booted("")
    assert [interface.shutdown for interface in backend.intent.interfaces] == [False, True]


def test_the_key_pair_logs_in_as_ec2_user() -> None:
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    router, _ = booted("", key.export_public_key("openssh").decode().strip() + " lab-key")
    lines = router.running_config.splitlines()
    assert router.boot_log == ()
    assert "username ec2-user privilege 15" in lines
    fingerprint = key.get_fingerprint("md5").removeprefix("MD5:").replace(":", "").upper()
    assert f"   key-hash ssh-rsa {fingerprint}" in lines


def test_a_key_that_is_not_rsa_is_refused_and_the_router_boots() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key("openssh").decode()
    router, backend = booted(C8000V, key)
    assert [each.line for each in router.boot_log] == ["key pair"]
    assert backend.intent.hostname == "CLOUD"


def test_refused_lines_are_kept_and_the_rest_is_taken() -> None:
    router, backend = booted("Section: IOS configuration\nhostname CLOUD\nfrobnicate\nip domain name lab\n")
    assert router.boot_log == (
        RefusedLine(number=2, line="frobnicate", answer="^\n% Invalid input detected at '^' marker."),
    )
    assert "ip domain name lab" in router.running_config
    assert backend.intent.hostname == "CLOUD"


def test_a_start_up_configuration_is_kept_and_opens_what_it_does_not_shut() -> None:
    backend = MemoryBackend()
    router = VirtualRouter("far", "csr1000v", ("GigabitEthernet1", "GigabitEthernet2"), backend)

    async def run() -> None:
        assert await router.load("hostname FAR\ninterface GigabitEthernet2\n shutdown\n") == ()
        await router.settled()
        await router.close()

    asyncio.run(run())
    assert [interface.shutdown for interface in backend.intent.interfaces] == [False, True]
    assert router.startup_config == router.running_config
    assert router.running_config.startswith("version 17.3\n")
