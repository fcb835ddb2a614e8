"""The control socket: client and server over a real Unix socket."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest
from twin.awsregion.labs import host, make_net

from awsregion.control import RegionControl
from awsregion.control_server import MOST_BYTES, ControlServer, peer_of
from awsregion.live import Live
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from awsregion.core import Region

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


def spoken(region: Region, path: Path, *requests: bytes) -> list[bytes]:
    """Return the first line of the answer to each request, sent as it is."""
    answers = []

    async def work(_control: RegionControl) -> None:
        for request in requests:
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(request)
            writer.write_eof()
            answers.append((await reader.read()).partition(b"\r\n")[0])
            writer.close()

    with_control(region, path, work)
    return answers


def asked(line: bytes, body: bytes = b"") -> bytes:
    return b"%s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (line, len(body), body)


def test_what_is_no_request_is_a_bad_one_and_the_next_is_answered(region: Region, tmp_path: Path) -> None:
    bad = (
        b"nonsense\r\n\r\n",
        b"GET /cloud HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"\xff\xfe /cloud HTTP/1.1\r\n\r\n",
        asked(b"GET http://[/ "),
        asked(b"GET /cloud?wait=x"),
        asked(b"GET /cloud?wait=nan"),
        asked(b"GET /cloud?wait=-1"),
        asked(b"GET /cloud?after=x"),
        asked(b"POST /delay", b"[]"),
        asked(b"POST /lose", b"7"),
        asked(b"POST /live", b"\xff"),
        asked(b"POST /faults", b"[" * 100_000),
        asked(b"POST /delay", b"[" * 100_000),
        asked(b"POST /commands/finish", b'{"command_id": 1}'),
        b"GET /" + b"x" * 100_000,
    )
    answers = spoken(region, tmp_path / "control", *bad, asked(b"GET /faults"))
    assert answers[-1] == b"HTTP/1.1 200 OK"
    assert {answer.split(b" ")[1] for answer in answers[:-1]} == {b"400"}


def test_a_body_that_is_too_long_is_not_read(region: Region, tmp_path: Path) -> None:
    head = b"POST /live HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
    answers = spoken(region, tmp_path / "control", *(head % size for size in (MOST_BYTES + 1, -1)))
    assert {answer.split(b" ")[1] for answer in answers} == {b"413"}


def test_another_user_s_process_is_refused(region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awsregion.control_server.peer_of", lambda _socket: os.geteuid() + 1)
    assert spoken(region, tmp_path / "control", asked(b"GET /cloud")) == [b"HTTP/1.1 403 Forbidden"]


def test_the_peer_is_who_the_kernel_says() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert peer_of(one) == os.geteuid()


def test_whoever_says_nothing_is_sent_away(region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awsregion.control_server.REQUEST_S", 0.1)
    answers = []

    async def work(_control: RegionControl) -> None:
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control"))
        writer.write(b"GET /cloud HTTP/1.1\r\n")
        answers.append((await reader.read()).partition(b"\r\n")[0])
        writer.close()

    with_control(region, tmp_path / "control", work)
    assert answers == [b"HTTP/1.1 408 Request Timeout"]


def test_there_is_a_most_of_connections(region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awsregion.control_server.MOST_AT_ONCE", 2)

    async def work(control: RegionControl) -> None:
        waiting = [await asyncio.open_unix_connection(str(tmp_path / "control")) for _ in range(2)]
        with pytest.raises(RefusedError, match="2 connections are open"):
            await control.cloud()
        for _reader, writer in waiting:
            writer.close()
            await writer.wait_closed()
        while True:
            try:
                await control.cloud()
            except RefusedError:
                continue
            break

    with_control(region, tmp_path / "control", work)
