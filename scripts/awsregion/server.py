"""The region's process: the AWS API on a loopback socket, the control API on a Unix socket."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import tempfile
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypercorn.asyncio import serve
from hypercorn.config import Config

from awsregion.control_server import ControlServer
from awsregion.core import Region
from awsregion.credentials import ACCOUNT
from awsregion.ec2.errors import AwsError
from awsregion.ec2.store import Neighbours
from awsregion.front import Front
from awsregion.ministack_environment import environment
from awsregion.ministack_host import Host
from awsregion.slowness import SLOW
from awsregion.state_file import Keeper
from awsregion.tunnel import EndpointTunnels
from awsregion.web_guard import hosts_of
from awsregion.wire import Wire
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from awsregion.cfn.resource import Vault
    from awsregion.credentials import OwnerCredentials
    from awsregion.ec2.store import Record

_BACKLOG: Final = 128
_KEEP_ALIVE_S: Final = 75
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a region is run."""

    region: str
    owner: OwnerCredentials
    """Whose requests are answered."""
    state: Path
    control: Path | None
    log: Path | None
    settle_s: float = 0.02
    """Seconds that a state lasts which AWS takes time for, as pending or deleting."""
    quotas: Mapping[str, int] = field(default_factory=dict)
    """Quotas that the account has had raised."""
    slow: float | None = None
    """How fast the clock of a region in its slow mode goes; None is a fast region."""
    instances: Path | None = None
    """A folder with a Unix socket for each instance that answers SSH, named by its id."""
    keep: bool = False
    """Write the state down, and begin with what is there."""


class HostedRegion(Region):
    """A region whose CloudFormation, IAM and parameters are the host's."""

    vault: Vault

    def __init__(self, settings: Settings, wire: Wire) -> None:
        super().__init__(
            name=settings.region,
            account=ACCOUNT,
            wire=wire,
            neighbours=Neighbours(
                instance_profile=self._instance_profile, keep_secret=self._keep_secret, drop_secret=self._drop_secret
            ),
        )
        self.ec2.settle_s = settings.settle_s
        self.ec2.quotas |= settings.quotas
        if settings.slow is not None:
            self.slow(SLOW)
            self.run_clock(settings.slow)
        self._host: Host | None = None

    def hosted_by(self, host: Host) -> None:
        """Take the host into service."""
        self._host = host
        self.vault = host.vault
        host.attach(self)

    def publish_newer(self) -> None:
        """Publish newer images."""
        if self._host is not None:
            self._host.publish_newer()

    def _keep_secret(self, name: str, value: str) -> str:
        if self._host is None:
            raise AwsError("Unavailable", "The server is not yet able to process your request.", 503)
        return self._host.keep_secret(name, value)

    def _drop_secret(self, name: str) -> None:
        if self._host is not None:
            self._host.drop_secret(name)

    def _instance_profile(self, named: str) -> Record | None:
        return None if self._host is None else self._host.instance_profile(named)


def inherited(fd: int) -> socket.socket:
    """Return an inherited, listening TCP socket.

    Raises:
        BadInputError: it is none, or reachable from outside this machine.
    """
    try:
        listener = socket.socket(fileno=fd)
        listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        host = listener.getsockname()[0]
    except OSError as error:
        raise BadInputError(f"descriptor {fd} is no socket: {error.strerror}") from error
    if not listening:
        raise BadInputError(f"socket {fd} does not listen", hint="listen before the region is started")
    _check_loopback(host)
    return listener


def opened(host: str, port: int) -> socket.socket:
    """Return a new listening TCP socket; port 0 takes a free one.

    Raises:
        BadInputError: the address is not one of loopback, or the port is taken.
    """
    _check_loopback(host)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInputError(f"{host}:{port} cannot be had: {why}", hint="port 0 takes a free one") from error
    listener.listen(_BACKLOG)
    return listener


def _check_loopback(host: str) -> None:
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise BadInputError(
            f"{host} is not a loopback address", hint="the region speaks no TLS: it serves 127.0.0.1 only"
        )


def run(settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called as soon as requests are answered."""
    os.umask(0o077)
    settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("tmp", "ministack", "s3"):
        (settings.state / name).mkdir(exist_ok=True)
    os.environ.update(
        environment(
            state=settings.state,
            region=settings.region,
            account=ACCOUNT,
            access_key_id=settings.owner.access_key_id,
        )
    )
    tempfile.tempdir = str(settings.state / "tmp")
    _log_to(settings.log)
    asyncio.run(_serve(settings, listener, ready))


async def _serve(settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    region = HostedRegion(settings, Wire(ServiceModel(Loader().load_service_model("ec2", "service-2"), "ec2")))
    keeper = Keeper(region, settings.state / "ec2.json")
    if settings.keep:
        keeper.load_ec2()
    control = ControlServer(region)
    if settings.control is not None:
        settings.control.unlink(missing_ok=True)
        await control.start(settings.control)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = Config()
    hosts = hosts_of(*listener.getsockname()[:2])
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = _KEEP_ALIVE_S
    config.graceful_timeout = 0.3
    config.errorlog = logging.getLogger("hypercorn")
    config.include_server_header = False
    ready()
    # The host is imported beside: EC2, Run Command and the control socket do not wait for it.
    attached = asyncio.ensure_future(_attached(region, loop, kept=settings.keep))
    kept = asyncio.ensure_future(_kept(keeper, attached)) if settings.keep else None
    try:
        front = Front(region, attached, settings.owner, hosts, EndpointTunnels(region, settings.instances))
        await serve(front, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]  # hypercorn names its own scope types
    finally:
        region.end()
        if kept is not None:
            kept.cancel()
            keeper.save(attached.result() if attached.done() and attached.exception() is None else None)
        control.close()
        if settings.control is not None:
            settings.control.unlink(missing_ok=True)


async def _attached(region: HostedRegion, loop: asyncio.AbstractEventLoop, *, kept: bool) -> Host:
    loaded = await loop.run_in_executor(None, Host)
    if kept:
        loaded.load()
    region.hosted_by(loaded)
    return loaded


async def _kept(keeper: Keeper, attached: asyncio.Future[Host]) -> None:
    await keeper.keep(await asyncio.shield(attached))


def _log_to(path: Path | None) -> None:
    handler: logging.Handler = logging.StreamHandler() if path is None else logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING if path is None else logging.INFO)
    # Its start-up lines name a port that is not this region's.
    logging.getLogger("hypercorn").setLevel(logging.WARNING)
