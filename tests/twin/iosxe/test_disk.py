"""What a router of an AWS instance keeps over a stop and a start, as from an EBS volume, and what it loses."""

from __future__ import annotations

import asyncio

import asyncssh

from iosxe.config.editor import Place
from iosxe.files import RouterDisk
from iosxe.memory import MemoryBackend
from iosxe.router import VirtualRouter

FIRST = "Section: IOS configuration\nhostname FIRST\n"
LATER = "Section: IOS configuration\nhostname LATER\n"


def router() -> VirtualRouter:
    return VirtualRouter("i-1", "c8000v", ("GigabitEthernet1",), MemoryBackend())


def enter(of: VirtualRouter, *lines: str) -> None:
    place: Place | None = Place()
    for line in lines:
        place = of.device.take(place or Place(), line).place


def stopped(first: VirtualRouter) -> RouterDisk:
    """The disk of a router whose power went."""
    first.change_host_key(asyncssh.generate_private_key("ssh-rsa", key_size=2048))
    disk = first.disk
    assert disk is not None
    return disk


async def booted(*saved: str, unsaved: tuple[str, ...] = ()) -> RouterDisk:
    first = router()
    await first.boot(FIRST)
    if saved:
        enter(first, *saved)
        first.device.save()
    enter(first, *unsaved)
    first.device.flash.write("archive-1", "kept\n", first.device.now())
    await first.close()
    return stopped(first)


async def again(disk: RouterDisk) -> VirtualRouter:
    second = router()
    await second.boot(LATER, disk=disk)
    await second.close()
    return second


def test_saved_configuration_and_files_stay_and_what_was_not_saved_is_lost() -> None:
    async def run() -> None:
        disk = await booted("interface Loopback0", unsaved=("interface Loopback1",))
        second = await again(disk)
        assert "interface Loopback0" in second.running_config
        assert "interface Loopback1" not in second.running_config
        assert second.device.flash.read("archive-1") == "kept\n"
        assert second.running_config == second.startup_config

    asyncio.run(run())


def test_user_data_is_for_the_first_boot_alone_and_what_it_configures_is_saved() -> None:
    async def run() -> None:
        second = await again(await booted())
        assert second.device.hostname == "FIRST"

    asyncio.run(run())


def test_an_erased_start_up_configuration_makes_the_next_boot_a_first_one() -> None:
    async def run() -> None:
        disk = await booted("interface Loopback0")
        erased = RouterDisk(flash=disk.flash, startup=None, host_key=disk.host_key)
        second = await again(erased)
        assert second.device.hostname == "LATER"
        assert "Loopback0" not in second.running_config

    asyncio.run(run())


def test_a_disk_shows_nothing_of_what_it_holds() -> None:
    disk = asyncio.run(booted("interface Loopback0"))
    assert "Loopback" not in repr(disk)
