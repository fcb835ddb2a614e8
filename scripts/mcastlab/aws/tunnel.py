"""The way to instances without a public address: tunnels through their VPC's EC2 Instance Connect Endpoint.

A tunnel is a WebSocket, asked for by a signed URL; its binary frames are a TCP connection to the instance.
Sources: EC2 user guide, Connect using EC2 Instance Connect Endpoint; the AWS CLI's ``open-tunnel``.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

import websocket

from mcastlab.aws.clients import asking, ec2_filter, is_of_aws, list_all
from mcastlab.routers.boot import Unready, UnreadyError
from mcastlab.routers.ssh.client_config import SSH_PORT
from mcastlab.routers.ssh.proxy_sockets import TunnelSocket
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.aws.clients import Clients

SERVICE: Final = "ec2-instance-connect"
LONGEST_S: Final = 3600
"""Seconds that a tunnel lasts at most."""
PRESIGNED_S: Final = 60
CONNECT_S: Final = 15
_OPEN: Final = ("create-complete", "update-in-progress", "update-complete", "update-failed")
"""States in which an endpoint takes connections."""
_CHUNK: Final = 65_000
_FORBIDDEN: Final = (401, 403)
_FINE: Final = (0, websocket.STATUS_NORMAL, websocket.STATUS_GOING_AWAY)
_CA_BUNDLES: Final = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name certificates to trust. Source: AWS SDKs and Tools Reference Guide, ca_bundle; OpenSSL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelEnd:
    """An instance, and the endpoint through which it is reached."""

    address: str
    endpoint_id: str
    host: str
    """The endpoint's name."""


class _Tunnel(websocket.WebSocket):
    """A WebSocket that gives the other side's reason to end also where that takes no answer any more."""

    def send_close(self, *args: Any, **options: Any) -> None:
        """Answer that it ends, if anybody listens."""
        with suppress(OSError, websocket.WebSocketException):
            super().send_close(*args, **options)


class Tunnels:
    """Opens tunnels; where each leads is asked once."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._ends: dict[str, TunnelEnd] = {}

    def open(self, instance_id: str, port: int = SSH_PORT) -> TunnelSocket:
        """Return a socket whose other end is a port of an instance.

        Where nothing comes through to the port, AWS opens the tunnel and closes it again; the socket says why.

        Raises:
            UnreadyError: the tunnel does not open now; it may later.
            RefusedError: there is no such instance or endpoint, or the credentials may not open a tunnel.
        """
        if instance_id not in self._ends:
            self._ends[instance_id] = _end(self._clients, instance_id)
        connection = _connected(self._url(self._ends[instance_id], port), instance_id)
        end, its = socket.socketpair()
        ours = TunnelSocket(fileno=end.detach())
        threading.Thread(target=_pass_on, args=(connection, ours, its), daemon=True).start()
        return ours

    def _url(self, end: TunnelEnd, port: int) -> str:
        """Return the signed URL of a tunnel: at the endpoint's own name, or where the environment has AWS's API."""
        api = urlsplit(str(self._clients.instance_connect.meta.endpoint_url))
        place = f"wss://{end.host}"
        if not is_of_aws(api.geturl()):
            place = f"{'ws' if api.scheme == 'http' else 'wss'}://{api.netloc}"
        asked = {
            "instanceConnectEndpointId": end.endpoint_id,
            "maxTunnelDuration": LONGEST_S,
            "privateIpAddress": end.address,
            "remotePort": port,
        }
        return self._clients.presigned(f"{place}/openTunnel?{urlencode(asked)}", SERVICE, valid_s=PRESIGNED_S)


def push_key(clients: Clients, instance_id: str, user: str, public_key: str) -> None:
    """Let a public key, in OpenSSH form, log a user in to an instance for a minute.

    Source: EC2 Instance Connect API Reference, SendSSHPublicKey.

    Raises:
        RefusedError: AWS refuses.
    """
    with asking(f"pushing a key to {instance_id} by EC2 Instance Connect"):
        clients.instance_connect.send_ssh_public_key(
            InstanceId=instance_id, InstanceOSUser=user, SSHPublicKey=public_key
        )


def _end(clients: Clients, instance_id: str) -> TunnelEnd:
    """Return where a tunnel to an instance goes: an endpoint in its subnet is the nearest.

    Raises:
        RefusedError: AWS does not tell, or the VPC has no endpoint.
    """
    with asking(f"looking for the way to {instance_id}"):
        found = list_all(clients.ec2, "describe_instances", "Reservations", "Instances", InstanceIds=[instance_id])[0]
        if "PrivateIpAddress" not in found:
            raise RefusedError(f"{instance_id} has no address: it is {found['State']['Name']}", hint="start it")
        endpoints = list_all(
            clients.ec2,
            "describe_instance_connect_endpoints",
            "InstanceConnectEndpoints",
            Filters=ec2_filter("vpc-id", [found["VpcId"]]),
        )
        there = sorted(
            (each["SubnetId"] != found["SubnetId"], each["InstanceConnectEndpointId"], each["DnsName"])
            for each in endpoints
            if each["State"] in _OPEN
        )
        if not there:
            raise RefusedError(
                f"the VPC {found['VpcId']} of {instance_id} has no EC2 Instance Connect Endpoint that is ready",
                hint="the lab's router stack brings one: deploy the lab; or write a ProxyCommand for the instance into "
                "the SSH client configuration",
            )
        _, endpoint_id, host = there[0]
        return TunnelEnd(address=found["PrivateIpAddress"], endpoint_id=endpoint_id, host=host)


def _connected(url: str, instance_id: str) -> websocket.WebSocket:
    bundle = next((os.environ[name] for name in _CA_BUNDLES if os.environ.get(name)), None)
    try:
        connection = websocket.create_connection(
            url,
            timeout=CONNECT_S,
            suppress_origin=True,
            enable_multithread=True,
            class_=_Tunnel,
            sslopt={} if bundle is None else {"ca_certs": bundle},
        )
    except websocket.WebSocketBadStatusException as error:
        body = error.resp_body or b""
        said = " ".join(body.decode(errors="replace").split())[:200] or f"HTTP status {error.status_code}"
        if error.status_code in _FORBIDDEN:
            raise RefusedError(
                f"the tunnel to {instance_id} is refused: {said}",
                hint="the credentials need ec2-instance-connect:OpenTunnel, and must not have expired",
            ) from None
        raise _closed(instance_id, said) from None
    except (websocket.WebSocketException, OSError) as error:
        raise _closed(instance_id, str(error) or type(error).__name__) from None
    connection.settimeout(None)
    return connection


def _closed(instance_id: str, why: str) -> UnreadyError:
    return UnreadyError(
        f"no tunnel to {instance_id}: {why}",
        Unready.NO_ANSWER,
        hint="does the network, or a proxy of it, let a WebSocket to AWS through?",
    )


def _pass_on(connection: websocket.WebSocket, ours: TunnelSocket, its: socket.socket) -> None:
    """Pass bytes both ways until one side has ended, and then end the other."""
    sending = threading.Thread(target=_to_instance, args=(connection, its), daemon=True)
    sending.start()
    with suppress(OSError, websocket.WebSocketException):
        while True:
            kind, data = connection.recv_data()
            if kind == websocket.ABNF.OPCODE_CLOSE:
                ours.closed_because = _reason(data)
            if kind != websocket.ABNF.OPCODE_BINARY:
                break
            its.sendall(data)
    with suppress(OSError):
        its.shutdown(socket.SHUT_RDWR)
    sending.join()
    if connection.sock is not None:
        connection.sock.close()
    its.close()


def _reason(body: bytes) -> str:
    r"""Return why a WebSocket was closed, of what its last frame holds; nothing where that is as it should be.

    Source: RFC 6455, sections 5.5.1 and 7.4.1.

    >>> _reason(b"\x03\xf3Unable to connect to target"), _reason(b"\x03\xf3"), _reason(b"\x03\xe8"), _reason(b"")
    ('Unable to connect to target', 'WebSocket status 1011', '', '')
    """
    status, said = int.from_bytes(body[:2], "big"), " ".join(body[2:].decode(errors="replace").split())
    return said or (f"WebSocket status {status}" if status not in _FINE else "")


def _to_instance(connection: websocket.WebSocket, its: socket.socket) -> None:
    with suppress(OSError, websocket.WebSocketException):
        while data := its.recv(_CHUNK):
            connection.send_binary(data)
    with suppress(OSError, websocket.WebSocketException):
        connection.send_close()
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)  # whoever reads hears of the end now
