"""EC2 Instance Connect: pushed keys, and tunnels that an endpoint opens where the groups of both ends allow it."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from twin.awsregion.labs import HOST_IMAGE, host, make_net

from awsregion.control import RegionControl
from awsregion.ec2.errors import AwsError
from awsregion.instance_connect import PUSHED_S, PushedKeys
from awsregion.live import Live
from mcastlab.aws.clients import Clients
from mcastlab.aws.tunnel import Tunnels
from mcastlab.cli.main import main
from mcastlab.routers.boot import UnreadyError
from mcastlab.routers.ssh.client_config import SshHost
from mcastlab.routers.ssh.host_keys import offered_key
from mcastlab.routers.ssh.host_shell import HostLogin, new_key, open_host, public_text
from mcastlab.routers.ssh.login import RouterLogin, connected
from mcastlab_base.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twin.awsregion.conftest import Served
    from twin.awsregion.labs import Net

    from awsregion.core import Region

pytestmark = pytest.mark.process

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8 mine"


def groups(region: Region, net: Net, *, source: str, target: str) -> tuple[str, str]:
    """Make the endpoint's group, which lets SSH out to a network, and the host's, which lets it in from one."""
    made = [
        region.call("CreateSecurityGroup", {"GroupName": name, "Description": name, "VpcId": net.vpc})["GroupId"]
        for name in ("door", "host")
    ]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    region.call("RevokeSecurityGroupEgress", {"GroupId": made[0], "IpPermissions": everything})
    for action, group, network in (
        ("AuthorizeSecurityGroupEgress", made[0], target),
        ("AuthorizeSecurityGroupIngress", made[1], source),
    ):
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": network}]}
        region.call(action, {"GroupId": group, "IpPermissions": [rule]})
    return made[0], made[1]


def asked(region: Region, net: Net, *, source: str = "10.0.1.0/24", target: str = "10.0.1.0/24") -> dict[str, str]:
    """Make an endpoint and a host that runs; return the parameters of a tunnel between them."""
    door, inside = groups(region, net, source=source, target=target)
    endpoint = region.call("CreateInstanceConnectEndpoint", {"SubnetId": net.subnet, "SecurityGroupIds": [door]})
    instance = host(region, net.subnet, SecurityGroupIds=[inside])
    region.report(Live(running=(instance["InstanceId"],)))
    return {
        "instanceConnectEndpointId": endpoint["InstanceConnectEndpoint"]["InstanceConnectEndpointId"],
        "privateIpAddress": instance["PrivateIpAddress"],
        "remotePort": "22",
        "maxTunnelDuration": "3600",
        "instance": instance["InstanceId"],
    }


@pytest.mark.parametrize(
    ("source", "target", "comes_through"),
    [
        ("10.0.1.0/24", "10.0.0.0/16", True),
        ("10.0.9.0/24", "10.0.1.0/24", False),
        ("10.0.1.0/24", "10.0.9.0/24", False),
    ],
)
def test_a_tunnel_comes_through_where_both_groups_let_it(
    region: Region, source: str, target: str, *, comes_through: bool
) -> None:
    tunnel = asked(region, make_net(region), source=source, target=target)
    assert region.tunnel_target(tunnel) == (tunnel["instance"] if comes_through else None)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("instanceConnectEndpointId", "eice-0123456789abcdef0"),
        ("remotePort", "23"),
        ("remotePort", ""),
        ("maxTunnelDuration", "3601"),
        ("maxTunnelDuration", "9" * 5000),
    ],
)
def test_a_wrong_parameter_of_a_tunnel_is_refused(region: Region, parameter: str, value: str) -> None:
    tunnel = asked(region, make_net(region))
    with pytest.raises(AwsError) as caught:
        region.tunnel_target({**tunnel, parameter: value})
    assert caught.value.code == "InvalidParameter"


def test_nothing_comes_through_to_an_instance_that_is_stopped_or_of_another_vpc(region: Region) -> None:
    tunnel = asked(region, make_net(region))
    elsewhere = host(region, make_net(region).subnet)
    region.report(Live(running=(tunnel["instance"], elsewhere["InstanceId"])))
    assert region.tunnel_target({**tunnel, "privateIpAddress": "10.0.1.200"}) is None
    region.call("StopInstances", {"InstanceIds": [tunnel["instance"]]})
    assert region.tunnel_target(tunnel) is None


def test_a_pushed_key_serves_one_user_of_one_instance_for_a_minute() -> None:
    now = [0.0]
    keys = PushedKeys(lambda: now[0])
    keys.push("i-1", "ec2-user", KEY)
    assert (keys.of("i-1", "ec2-user"), keys.of("i-1", "root"), keys.of("i-2", "ec2-user")) == ((KEY,), (), ())
    now[0] = PUSHED_S - 0.001
    assert keys.of("i-1", "ec2-user") == (KEY,)
    now[0] = PUSHED_S
    assert keys.of("i-1", "ec2-user") == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"InstanceId": "i-0123456789abcdef0"}, "EC2InstanceNotFoundException"),
        ({"SSHPublicKey": "-----BEGIN PUBLIC KEY-----"}, "InvalidArgsException"),
        ({"AvailabilityZone": "us-east-1c"}, "InvalidArgsException"),
    ],
)
def test_a_key_that_cannot_be_pushed_is_refused(region: Region, change: dict[str, str], code: str) -> None:
    request = {"InstanceId": asked(region, make_net(region))["instance"], "InstanceOSUser": "ec2-user"}
    with pytest.raises(AwsError) as caught:
        region.perform_instance_connect("SendSSHPublicKey", {**request, "SSHPublicKey": KEY, **change})
    assert caught.value.code == code
    assert region.pushed_keys.of(request["InstanceId"], "ec2-user") == ()


def test_a_key_for_an_instance_that_does_not_run_is_refused(region: Region) -> None:
    tunnel = asked(region, make_net(region))
    region.call("StopInstances", {"InstanceIds": [tunnel["instance"]]})
    request = {"InstanceId": tunnel["instance"], "InstanceOSUser": "ec2-user", "SSHPublicKey": KEY}
    with pytest.raises(AwsError) as caught:
        region.perform_instance_connect("SendSSHPublicKey", request)
    assert caught.value.code == "EC2InstanceStateInvalidException"


@pytest.fixture(scope="module")
def echo(served: Served) -> Iterator[str]:
    """An instance of the region's process behind an endpoint, whose port 22 answers each line with itself."""
    ec2 = served.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="both", Description="both", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.1.0/24"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    endpoint: Any = ec2.create_instance_connect_endpoint(SubnetId=subnet, SecurityGroupIds=[group])
    (made,) = ec2.run_instances(ImageId=HOST_IMAGE, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group])[
        "Instances"
    ]
    instance: str = made["InstanceId"]
    control = RegionControl(served.control)
    asyncio.run(control.report(Live(running=(instance,))))
    served.instances.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(served.instances / instance))
        listener.listen()
        threading.Thread(target=_echo, args=(listener,), daemon=True).start()
        yield instance
    ec2.terminate_instances(InstanceIds=[instance])
    ec2.delete_instance_connect_endpoint(
        InstanceConnectEndpointId=endpoint["InstanceConnectEndpoint"]["InstanceConnectEndpointId"]
    )


def _echo(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1 << 16):
                    connection.sendall(data)


def test_bytes_pass_unchanged_both_ways_and_the_end_is_reported(
    served: Served, echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    data = bytes(range(256)) * 2000
    for _ in range(2):
        with Tunnels(Clients("us-east-1")).open(echo) as end:
            end.settimeout(20)
            sender = threading.Thread(target=end.sendall, args=(data,))
            sender.start()
            answer = b""
            while len(answer) < len(data):
                answer += end.recv(1 << 16)
            sender.join()
            assert answer == data


@pytest.fixture
def silent(served: Served, echo: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The instance while nothing comes through to its port: AWS opens the tunnel, and closes it with a reason."""
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    control = served.instances / echo
    control.rename(control.with_suffix(".away"))
    yield echo
    control.with_suffix(".away").rename(control)


def test_the_end_of_a_tunnel_says_why_it_was_closed(silent: str) -> None:
    with Tunnels(Clients("us-east-1")).open(silent) as end:
        end.settimeout(20)
        assert end.recv(1) == b"", "nothing answers there, and the tunnel ends"
        assert end.closed_because == "Unable to connect to target"


def test_a_login_through_a_tunnel_that_is_closed_tells_the_reason(silent: str, tmp_path: Path) -> None:
    tunnels = Tunnels(Clients("us-east-1"))
    host = SshHost(
        alias=silent,
        hostname=silent,
        port=22,
        user="ec2-user",
        identity_file=None,
        known_hosts=tmp_path / "known_hosts",
        proxy_command=None,
        dial=lambda: tunnels.open(silent),
    )
    key = new_key()
    host.known_hosts.write_text(f"{silent} {public_text(key)}\n", encoding="utf-8")
    router = RouterLogin(
        router="demo/aws-router",
        key=silent,
        host=host,
        user="ec2-user",
        private_key=None,
        known_hosts=host.known_hosts,
    )
    node = HostLogin(name="probe", host=host, user="ec2-user", key=key, known_hosts=host.known_hosts)
    for attempt in (
        lambda: connected(router),
        lambda: open_host(node, "true"),
        # What is asked first of an instance that was never met.
        lambda: offered_key(host),
    ):
        with pytest.raises(RefusedError, match="the tunnel was closed: Unable to connect to target") as refused:
            attempt()
        assert "let TCP 22 through" in refused.value.hint


def test_a_proxy_command_of_ours_tells_the_reason_too(silent: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["ssh", "--stdio", silent]) == ExitCode.REFUSED
    reported = capfd.readouterr()
    assert (reported.out, reported.err.splitlines()[0]) == (
        "",
        f"error: {silent}: the tunnel was closed: Unable to connect to target",
    )


def test_who_may_not_open_a_tunnel_is_refused_with_the_reason(
    served: Served, echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    clients = Clients("us-east-1")
    tunnels = Tunnels(clients)
    monkeypatch.setattr(clients, "presigned", lambda url, *_, **__: url)
    with pytest.raises(RefusedError, match=r"the tunnel to i-\w+ is refused: .*AccessDenied"):
        tunnels.open(echo)


def test_a_tunnel_to_nobody_is_no_answer_yet(served: Served, echo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    clients = Clients("us-east-1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{closed.getsockname()[1]}/openTunnel"
    monkeypatch.setattr(clients, "presigned", lambda *_, **__: url)
    with pytest.raises(UnreadyError, match="no tunnel to i-"):
        Tunnels(clients).open(echo)
