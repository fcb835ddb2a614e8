"""Confirmed changes, the archive, replacement and reload: what brings a router back, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from twin.iosxe.screen import STARTUP, at_a_router

from iosxe.config.differences import contextual

if TYPE_CHECKING:
    from twin.iosxe.screen import Lab

MINUTE = 60
ARCHIVED = "bootflash:saved-Nov--9-10-11-12.000-0"
WITHOUT_ARCHIVE = "hostname R1\nline vty 0 4\n login local\n"
DONE = "\nTotal number of passes: 1\nRollback Done\n\n"


def test_a_change_that_nobody_confirms_goes_back_when_its_time_is_over() -> None:
    async def work(lab: Lab) -> None:
        before = lab.running
        screen = await lab.type("configure terminal revert timer 5", "hostname R2", "interface Loopback9")
        assert f"Rollback Confirmed Change: Backing up current running config to {ARCHIVED}\n\nEnter" in screen
        assert "hostname R2" in lab.running
        lab.clock.advance(5 * MINUTE - 1)
        assert "hostname R2" in lab.running
        lab.clock.advance(1)
        assert lab.running == before
        await lab.router.settled()
        assert lab.backend.intent.hostname == "R1"

    at_a_router(work)


def test_the_session_that_armed_a_change_may_be_lost() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("configure terminal revert timer 2", "hostname R2")
        assert "Timer type: absolute timer\nTimer value: 2 min\nUser: lab\n" in await lab.type(
            "show archive config rollback timer"
        )
        lab.clock.advance(2 * MINUTE)
        assert "hostname R1" in lab.running
        assert "%No Rollback Confirmed Change pending\n" in await lab.type("show archive config rollback timer")

    at_a_router(work)


def test_another_session_confirms_and_the_change_stays() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("configure terminal revert timer 1", "hostname R2")
        assert await lab.type("configure confirm") == "R2#configure confirm\nR2#"
        lab.clock.advance(MINUTE * 200)
        assert "hostname R2" in lab.running
        assert "%No Rollback Confirmed Change pending\n" in await lab.type("configure confirm")

    at_a_router(work)


def test_revert_now_goes_back_at_once() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("conf t revert timer 10", "interface Loopback9", "ip address 10.9.9.9 255.255.255.255")
        screen = await lab.type("configure revert now", "show run | include Loopback9")
        assert f"Rollback Confirmed Change: Rolling to: {ARCHIVED}\n{DONE}" in screen
        assert "interface Loopback9" not in lab.running
        assert "%No Rollback Confirmed Change pending\n" in await lab.type("configure revert now")

    at_a_router(work)


def test_an_idle_timer_begins_anew_with_every_line() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("configure terminal revert timer idle 3", "hostname R2")
        lab.clock.advance(2 * MINUTE)
        assert "Timer type: idle timer\n" in await lab.type("show archive config rollback timer")
        lab.clock.advance(2 * MINUTE)
        assert "hostname R2" in lab.running
        lab.clock.advance(MINUTE)
        assert "hostname R1" in lab.running

    at_a_router(work)


def test_a_timer_is_set_again() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("configure terminal revert timer 1", "hostname R2", "end", "configure revert timer 9")
        lab.clock.advance(8 * MINUTE)
        assert "hostname R2" in lab.running
        lab.clock.advance(MINUTE)
        assert "hostname R1" in lab.running

    at_a_router(work)


def test_one_change_at_a_time_may_be_pending() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("configure terminal revert timer 5", "hostname R2")
        screen = await lab.type("configure terminal revert timer 5")
        assert screen.endswith("%A Rollback Confirmed Change is already pending\nR2#")

    at_a_router(work)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("configure terminal revert timer 5", "%Turn config archive on before using Rollback Confirmed Change\n"),
        ("configure replace nvram:startup-config force revert trigger error", "%Please turn config archive on\n"),
        ("show archive", " Archive feature not enabled\n"),
        ("archive config", " Archive feature not enabled\n"),
    ],
)
def test_without_an_archive_there_is_no_confirmed_change(command: str, answer: str) -> None:
    async def work(lab: Lab) -> None:
        assert await lab.type(command) == f"R1#{command}\n{answer}R1#"

    at_a_router(work, WITHOUT_ARCHIVE)


@pytest.mark.parametrize("minutes", ["0", "121"])
def test_a_timer_has_one_to_120_minutes(minutes: str) -> None:
    async def work(lab: Lab) -> None:
        assert "% Invalid input detected" in await lab.type(f"configure terminal revert timer {minutes}")

    at_a_router(work)


def test_the_archive_keeps_as_many_files_as_it_may() -> None:
    async def work(lab: Lab) -> None:
        await lab.type(*["archive config"] * 4)
        screen = await lab.type("show archive")
        assert "The maximum archive configurations allowed is 3.\n" in screen
        assert "The next archive file will be named bootflash:saved-<timestamp>-4\n" in screen
        assert "   3        bootflash:saved-Nov--9-10-11-12.000-3 <- Most Recent \n" in screen
        assert [name[-1] for name in lab.router.device.flash.files] == ["1", "2", "3"]

    at_a_router(work)


def test_saving_archives_where_the_archive_says_so() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("write memory")
        assert not lab.router.device.flash.files
        await lab.type("conf t", "archive", "write-memory", "end", "write memory")
        assert len(lab.router.device.flash.files) == 1

    at_a_router(work)


def test_differences_stand_below_their_sections() -> None:
    async def work(lab: Lab) -> None:
        await lab.type(
            "conf t", "interface GigabitEthernet1", "description up", "interface Loopback9", "exit", "no username lab"
        )
        screen = await lab.type("show archive config differences")
        assert screen.removeprefix("R1#show archive config differences\n").removesuffix("R1#") == (
            "!Contextual Config Diffs:\n+interface Loopback9\n +no ip address\ninterface GigabitEthernet1\n"
            " +description up\n-username lab privilege 15 password 0 lab\n"
        )

    at_a_router(work)


def test_equal_configurations_do_not_differ() -> None:
    text = "interface A\n one\n two\n!\nend\n"
    assert contextual(text, "interface A\n two\n one\nend\n") == "!Contextual Config Diffs:\n!No changes were found\n"


def test_incremental_differences_are_what_a_file_would_add() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("copy running-config bootflash:one", "", "conf t", "no username lab")
        screen = await lab.type("show archive config incremental-diffs bootflash:one ignorecase")
        assert "!List of Commands:\nusername lab privilege 15 password 0 lab\nend\n" in screen

    at_a_router(work)


def test_a_saved_configuration_replaces_the_running_one() -> None:
    async def work(lab: Lab) -> None:
        before = lab.running
        await lab.type("conf t", "hostname R2", "interface Loopback9", "interface Gi2", "shutdown", "router bgp 65000")
        screen = await lab.type("configure replace nvram:startup-config list force")
        assert "no hostname R2\n" in screen
        assert f"end\n\n{DONE}R1#" in screen
        assert lab.running == before

    at_a_router(work)


def test_replacing_asks_unless_it_is_forced() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("conf t", "hostname R2", "end", "configure replace nvram:startup-config", "no")
        assert "hostname R2" in lab.running
        screen = await lab.type("configure replace nvram:startup-config", "y")
        assert "Enter Y if you are sure you want to proceed. ? [no]: y\n" in screen
        assert "hostname R1" in lab.running

    at_a_router(work)


def test_a_replacement_with_a_line_that_is_refused_leaves_everything_where_errors_trigger_it() -> None:
    async def work(lab: Lab) -> None:
        before = lab.running
        broken = before.replace("hostname R1", "hostname R2\nfrobnicate the router")
        lab.router.device.flash.write("broken", broken, lab.clock.now())
        lab.router.device.flash.write("half", broken.partition("line vty")[0], lab.clock.now())
        screen = await lab.type("configure replace bootflash:broken force revert trigger error")
        assert "The following commands are failed to apply to the IOS image.\n********\nfrobnicate the" in screen
        assert "The original configuration has been successfully restored." in screen
        assert lab.running == before
        assert "%The input file is not a valid config file.\n" in await lab.type(
            "configure replace bootflash:half force"
        )
        assert "Rollback aborted after 5 passes" in await lab.type("configure replace bootflash:broken force")
        assert "hostname R2" in lab.running

    at_a_router(work)


def test_a_replacement_with_a_timer_goes_back_unless_it_is_confirmed() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("conf t", "hostname R2", "end", "configure replace nvram:startup-config force time 3")
        assert "hostname R1" in lab.running
        lab.clock.advance(3 * MINUTE)
        assert "hostname R2" in lab.running

    at_a_router(work)


def test_files_are_copied_listed_shown_and_deleted() -> None:
    async def work(lab: Lab) -> None:
        screen = await lab.type("copy run bootflash:", "mine", "dir", "more bootflash:mine", "dir bootflash:yours")
        assert "Destination filename [running-config]? mine\n" in screen
        assert f"-rw- {len(lab.running):>16}  Nov  9 2026 10:11:12 +00:00  mine\n" in screen
        assert f"more bootflash:mine\n{lab.running}R1#" in screen
        assert "%Error opening bootflash:/yours (No such file or directory)\n" in screen
        screen = await lab.type("delete bootflash:mine", "", keys="\r")
        assert "Delete filename [mine]? \nDelete bootflash:/mine? [confirm]\nR1#" in screen
        assert "%Error opening bootflash:mine (No such file or directory)" in await lab.type("more bootflash:mine")

    at_a_router(work)


def test_a_file_that_is_copied_to_the_running_configuration_is_merged() -> None:
    async def work(lab: Lab) -> None:
        lab.router.device.flash.write("more", "interface Loopback3\n description x\nfrob\n", lab.clock.now())
        screen = await lab.type("copy bootflash:more running-config", "")
        assert "% Invalid input detected" in screen
        assert "description x" in lab.running
        assert "hostname R1" in lab.running

    at_a_router(work)


def test_quiet_prompts_ask_no_names() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("conf t", "file prompt quiet", "end", "copy running-config bootflash:q")
        assert list(lab.router.device.flash.files) == ["q"]

    at_a_router(work)


def test_a_full_disk_takes_no_archive_and_no_configuration() -> None:
    async def work(lab: Lab) -> None:
        lab.router.fill_disk()
        screen = await lab.type("conf t", "hostname R2", "end", "write memory", "archive config")
        assert "startup-config file open failed (Not enough space)\n" in screen
        assert f"%Error opening {ARCHIVED} (No space left on device)\n" in screen
        assert "hostname R1" in str(lab.router.startup_config)
        screen = await lab.type("configure terminal revert timer 5", "show clock")
        assert "Enter configuration commands" not in screen
        lab.router.fill_disk(full=False)
        assert "[OK]" in await lab.type("write memory")

    at_a_router(work)


def test_reload_brings_back_what_was_saved_and_drops_what_was_pending() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("archive config", "configure terminal revert timer 5", "hostname R2")
        screen = await lab.type("reload", "no", keys="\r")
        assert "System configuration has been modified. Save? [yes/no]: no\nProceed with reload? [confirm]\n" in screen
        await lab.router.rebooted()
        await lab.router.settled()
        assert "hostname R1" in lab.running
        assert lab.router.device.transactions.pending is None
        assert len(lab.router.device.flash.files) == 2
        assert "uptime is 0 minutes" in await lab.type("show version")

    at_a_router(work)


def test_reload_can_be_called_off() -> None:
    async def work(lab: Lab) -> None:
        assert "Proceed with reload? [confirm]n\nR1#" in await lab.type("reload", keys="n")

    at_a_router(work)


def test_erased_configuration_is_gone_at_the_next_boot() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("write erase", keys="\rshow startup-config\r")
        await lab.router.reboot()
        assert "hostname Router" in lab.running

    at_a_router(work)


def test_what_is_not_saved_is_asked_about_and_what_is_saved_is_not() -> None:
    async def work(lab: Lab) -> None:
        assert "reload\nProceed with" in await lab.type("reload", keys="n")
        await lab.type("conf t", "hostname R2")
        assert "R2#reload\nSystem configuration has been modified" in await lab.type("reload", "yes", keys="n")
        assert "hostname R2" in str(lab.router.startup_config)

    at_a_router(work)


def test_startup_archives_are_named_after_the_path() -> None:
    async def work(lab: Lab) -> None:
        await lab.type("conf t", "archive", "path flash:other", "end", "archive config")
        assert list(lab.router.device.flash.files) == ["other-Nov--9-10-11-12.000-0"]

    at_a_router(work, STARTUP)
