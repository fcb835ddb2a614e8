"""``region``: the local AWS region by itself, without far sites: up, status, env, down, and faults on demand."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from awsregion import standalone
from awsregion.control import RegionControl
from awsregion.faults import Fault
from awsregion.quota_options import raised
from mcastlab.cli.shell_environment import entering, leaving
from mcastlab.command_line import command
from mcastlab.errors import CheckFailedError, ExitCode
from mcastlab_twin.foreign import foreign

if TYPE_CHECKING:
    import argparse

    from awsregion.standalone import Standalone


def run(arguments: argparse.Namespace) -> int:
    """Carry out an action on a region."""
    name = arguments.name or standalone.DEFAULT_NAME
    match arguments.action:
        case "up":
            _show(_up(name, arguments))
        case "status" if arguments.name is None:
            _status()
        case "status":
            _show(_found(name))
        case "env" if arguments.undo:
            print(*leaving(os.environ), sep="\n")
        case "env":
            print(*entering(standalone.environment(_found(name)), foreign(os.environ), os.environ), sep="\n")
        case "down":
            there = standalone.down(name, keep=arguments.keep)
            told = ("ended, its state kept" if arguments.keep else "removed") if there else "there was none"
            print(f"region {name}: {told}")
        case _:
            asyncio.run(_fault(RegionControl(_found(name).control), arguments))
    return ExitCode.OK


def _up(name: str, arguments: argparse.Namespace) -> Standalone:
    raised(arguments.quota)
    return standalone.find(name) or standalone.up(
        name,
        region=arguments.region,
        host=arguments.host,
        port=arguments.port,
        settle_s=arguments.settle,
        quotas=arguments.quota,
    )


def _status() -> None:
    names = standalone.names()
    for name in names:
        running = standalone.find(name)
        if running is None:
            print(f"region {name}: down; its state is kept for the next up")
        else:
            _show(running)
    if not names:
        print(f"there is no region; one is started by: {command('region', 'up')}")


def _show(running: Standalone) -> None:
    print(f"region {running.name}: {running.region} on {running.endpoint}, process {running.pid}, log {running.log}")


def _found(name: str) -> Standalone:
    """Return the region of that name.

    Raises:
        CheckFailedError: it does not run.
    """
    running = standalone.find(name)
    if running is None:
        named = () if name == standalone.DEFAULT_NAME else ("--name", name)
        raise CheckFailedError(f"no region called {name} is up", hint=f"start one: {command('region', *named, 'up')}")
    return running


async def _fault(control: RegionControl, arguments: argparse.Namespace) -> None:
    match arguments.fault:
        case "clear":
            await control.clear_faults()
        case "delay":
            await control.delay(arguments.target, arguments.seconds)
        case "lose":
            await control.lose(arguments.target)
        case "list":
            pass
        case what:
            times = None if arguments.always else arguments.times
            await control.fail(Fault(what=what, target=arguments.target, times=times))
    left = await control.faults()
    for one in left:
        print(f"{one.what} {one.target}: {'always' if one.times is None else f'{one.times} times'}")
    if not left:
        print("nothing is to fail")
