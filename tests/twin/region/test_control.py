"""The control socket: client and server over a real Unix socket."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest
from twin.region.labs import host, make_net

from mcastlab.errors import RefusedError
from mcastlab.twin.region.control import RegionControl
from mcastlab.twin.region.control_server import ControlServer
from mcastlab.twin.region.live import Live

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mcastlab.twin.region.core import Region

SOON_S = 2


def with_control(region: Region, path: Path, work: Callable[[RegionControl], Awaitable[None]]) -> None:
    """Serve the region's control socket while the work is done."""

    async def main() -> None:
        server = ControlServer(region)
        await server.start(path)
        try:
            async with asyncio.timeout(10):
                await work(RegionControl(path))
        finally:
            server.close()

    asyncio.run(main())


def test_the_socket_is_its_owner_s_alone(region: Region, tmp_path: Path) -> None:
    path = tmp_path / "control"

    async def work(_control: RegionControl) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    with_control(region, path, work)


def test_the_cloud_comes_at_once_and_then_when_it_changes(region: Region, tmp_path: Path) -> None:
    async def work(control: RegionControl) -> None:
        revision, cloud = await control.cloud()
        assert cloud.vpcs == ()
        waiting = asyncio.create_task(control.cloud(revision))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        await asyncio.to_thread(region.call, "CreateVpc", {"CidrBlock": "10.0.0.0/16"})
        newer, cloud = await asyncio.wait_for(waiting, SOON_S)
        assert newer > revision
        assert [str(one.cidrs[0]) for one in cloud.vpcs] == ["10.0.0.0/16"]

    with_control(region, tmp_path / "control", work)


def test_a_command_is_handed_to_one_and_its_end_comes_back(region: Region, tmp_path: Path) -> None:
    net = make_net(region)
    instance = host(region, net.subnet, IamInstanceProfile={"Name": "hosts"})["InstanceId"]
    asked = {
        "DocumentName": "AWS-RunShellScript",
        "InstanceIds": [instance],
        "Parameters": {"commands": ["id"]},
    }

    async def work(control: RegionControl) -> None:
        takers = [asyncio.create_task(control.next_command()) for _ in range(2)]
        await control.report(Live(running=(instance,)))
        sent = await asyncio.to_thread(region.perform_ssm, "SendCommand", asked)
        done, waiting = await asyncio.wait(takers, timeout=SOON_S, return_when=asyncio.FIRST_COMPLETED)
        (taken,) = [one.result() for one in done]
        assert taken.commands == ("id",)
        assert len(waiting) == 1
        waiting.pop().cancel()
        await control.finish_command(taken.command_id, instance, status="Failed", code=4, stdout="", stderr="no")
        named = {"CommandId": sent["Command"]["CommandId"], "InstanceId": instance}
        ended = region.perform_ssm("GetCommandInvocation", named)
        assert (ended["Status"], ended["ResponseCode"], ended["StandardErrorContent"]) == ("Failed", 4, "no")

    with_control(region, tmp_path / "control", work)


def test_a_command_is_not_lost_with_a_taker_that_hung_up(region: Region, tmp_path: Path) -> None:
    net = make_net(region)
    instance = host(region, net.subnet, IamInstanceProfile={"Name": "hosts"})["InstanceId"]
    asked = {
        "DocumentName": "AWS-RunShellScript",
        "InstanceIds": [instance],
        "Parameters": {"commands": ["id"]},
    }

    async def work(control: RegionControl) -> None:
        await control.report(Live(running=(instance,)))
        gone = asyncio.create_task(control.next_command())
        await asyncio.wait([gone], timeout=0.2)
        gone.cancel()
        await asyncio.wait([gone], timeout=SOON_S)
        # The server notices within a turn of its loop; the command comes after that.
        await asyncio.wait([asyncio.create_task(control.report(Live(running=(instance,))))], timeout=SOON_S)
        await asyncio.to_thread(region.perform_ssm, "SendCommand", asked)
        taken = await asyncio.wait_for(control.next_command(), SOON_S)
        assert taken.instance_id == instance

    with_control(region, tmp_path / "control", work)


def test_a_report_makes_instances_run(region: Region, tmp_path: Path) -> None:
    net = make_net(region)
    instance = host(region, net.subnet)["InstanceId"]

    async def work(control: RegionControl) -> None:
        await control.report(Live(running=(instance,)))

    with_control(region, tmp_path / "control", work)
    found = region.call("DescribeInstances", {})["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "running"


def test_what_the_region_does_not_know_is_refused(region: Region, tmp_path: Path) -> None:
    async def work(control: RegionControl) -> None:
        with pytest.raises(RefusedError):
            await control.finish_command("none", "i-0", status="Success", code=0, stdout="", stderr="")

    with_control(region, tmp_path / "control", work)


def test_without_a_region_the_client_says_so(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="does not answer"):
        asyncio.run(RegionControl(tmp_path / "nobody").cloud())
