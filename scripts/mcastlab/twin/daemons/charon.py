"""An IKEv2/ESP tunnel as a route-based interface: one strongSwan charon a tunnel.

The ESP is charon's own, in user space (plugin kernel-libipsec), so it needs nothing of the kernel but a TUN device. One
such charon has one TUN, and with the selectors 0.0.0.0/0 that a route-based tunnel has only one tunnel can use it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcastlab.twin.daemons.error import DaemonError
from mcastlab.twin.daemons.iproute import ip
from mcastlab.twin.daemons.vici import Message, Vici
from mcastlab.twin.daemons.wait import connected, ended
from mcastlab.twin.process import ProgramError, run, spawn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from mcastlab.secret import Secret

_LOG: Final = logging.getLogger(__name__)
_PROGRAM: Final = "/usr/sbin/charon-systemd"
_RETRY_S: Final = 1.0
_SETTLE_S: Final = 0.1
_STANDARD_PORTS: Final = (500, 4500)
_ESTABLISHED: Final = frozenset({"ESTABLISHED", "REKEYING", "REKEYED"})
_INSTALLED: Final = frozenset({"INSTALLED", "REKEYING", "REKEYED", "UPDATING"})

LIBIPSEC_MTU: Final = 1400
"""What kernel-libipsec reads from its TUN at most, whatever MTU the TUN has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CharonTunnel:
    """One end of a tunnel with selectors 0.0.0.0/0 on both sides. Proposals are in strongSwan's words."""

    name: str
    """Names the connection and its files; unique within the run directory."""
    netns: str
    """Where IKE and ESP leave and arrive."""
    local: IPv4Address
    remote: IPv4Address
    pre_shared_key: Secret
    initiate: bool
    """This end brings the tunnel up, and back up after an outage."""
    device: str
    """The tunnel interface's name."""
    device_netns: str | None = None
    """The namespace that the interface is to stand in; None is `netns`."""
    device_address: IPv4Interface | None = None
    device_mtu: int = LIBIPSEC_MTU
    local_id: IPv4Address | None = None
    """None is `local`."""
    remote_id: IPv4Address | None = None
    """None is `remote`."""
    ike_proposals: tuple[str, ...] = ("aes256-sha256-modp2048",)
    esp_proposals: tuple[str, ...] = ("aes256-sha256-modp2048",)
    ike_lifetime_s: int = 28800
    esp_lifetime_s: int = 3600
    dpd_delay_s: int | None = 10
    """None sends no liveness checks."""
    local_ports: tuple[int, int] = _STANDARD_PORTS
    """A second tunnel of one namespace needs others; nftables shows them as 500 and 4500 outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeSa:
    """An IKE SA as charon lists it. Algorithms are in strongSwan's words; times in seconds."""

    local: IPv4Address
    local_port: int
    remote: IPv4Address
    remote_port: int
    established: bool
    child_installed: bool
    """An ESP SA pair carries packets."""
    encryption: str
    key_bits: int
    integrity: str
    prf: str
    dh_group: str
    established_s: int
    bytes_in: int
    bytes_out: int


def daemon_settings(tunnel: CharonTunnel, socket: Path, log: Path) -> str:
    """Return the daemon's ``strongswan.conf``; it holds no secret.

    Routes are the caller's alone: charon installs none, and the rule that kernel-libipsec adds all the same (220, with
    a default route into the TUN) is given a mark that no packet carries. A peer counts as dead after 20 s without an
    answer, asked every second, so that a tunnel is back within a second after an outage.
    """
    ike_port, nat_t_port = tunnel.local_ports
    return f"""\
charon-systemd {{
  install_routes = no
  install_virtual_ip = no
  process_route = no
  port = {ike_port}
  port_nat_t = {nat_t_port}
  retransmit_timeout = 1
  retransmit_base = 1
  retransmit_tries = 19
  load = random nonce aes sha1 sha2 hmac gmp curve25519 kdf gcm openssl drbg kernel-libipsec kernel-netlink \
socket-default vici
  plugins {{
    vici {{
      socket = unix://{socket}
    }}
    kernel-netlink {{
      fwmark = 0x7fff0000
    }}
    kernel-libipsec {{
      allow_peer_ts = yes
    }}
  }}
  filelog {{
    file {{
      path = {log}
      time_format = %T
      time_add_ms = yes
      default = 1
      flush_line = yes
    }}
  }}
}}
"""


def connection(tunnel: CharonTunnel) -> Message:
    """Return the connection as ``load-conn`` takes it.

    It tries once and restarts nothing by itself: `Charon` initiates again whenever there is no tunnel, which covers
    refusals too (a wrong key that is put right, a peer that has not yet loaded its side).
    """
    dpd: Message = {} if tunnel.dpd_delay_s is None else {"dpd_delay": f"{tunnel.dpd_delay_s}s"}
    child = {
        "mode": "tunnel",
        "local_ts": ["0.0.0.0/0"],
        "remote_ts": ["0.0.0.0/0"],
        "esp_proposals": tunnel.esp_proposals,
        "rekey_time": f"{tunnel.esp_lifetime_s * 9 // 10}s",
        "life_time": f"{tunnel.esp_lifetime_s}s",
        "start_action": "none",
        "close_action": "none",
        "dpd_action": "clear",
    }
    return {
        tunnel.name: {
            "version": "2",
            "mobike": "no",
            "local_addrs": [str(tunnel.local)],
            "remote_addrs": [str(tunnel.remote)],
            "proposals": tunnel.ike_proposals,
            "rekey_time": f"{tunnel.ike_lifetime_s * 9 // 10}s",
            "keyingtries": "1",
            **dpd,
            "local": {"auth": "psk", "id": str(tunnel.local_id or tunnel.local)},
            "remote": {"auth": "psk", "id": str(tunnel.remote_id or tunnel.remote)},
            "children": {tunnel.name: child},
        }
    }


def rewriting_table(tunnel: CharonTunnel) -> str:
    """Return the name of the tunnel's nftables table."""
    return f"ike_{tunnel.name}"


def port_rewriting(tunnel: CharonTunnel) -> str:
    """Return the nftables table that shows the tunnel's ports as 500 and 4500 outside; empty where they are those."""
    if tunnel.local_ports == _STANDARD_PORTS:
        return ""
    leaving = f"ip saddr {tunnel.local} ip daddr {tunnel.remote} udp sport"
    arriving = f"ip saddr {tunnel.remote} ip daddr {tunnel.local} udp dport"
    pairs = tuple(zip(tunnel.local_ports, _STANDARD_PORTS, strict=True))
    out = "\n".join(f"  {leaving} {inside} udp sport set {outside}" for inside, outside in pairs)
    back = "\n".join(f"  {arriving} {outside} udp dport set {inside}" for inside, outside in pairs)
    # Stateless, before connection tracking on the way in and after it on the way out.
    return f"""\
table ip {rewriting_table(tunnel)} {{
 chain leaving {{
  type filter hook postrouting priority 300; policy accept;
{out}
 }}
 chain arriving {{
  type filter hook prerouting priority -350; policy accept;
{back}
 }}
}}
"""


def shared_key(tunnel: CharonTunnel) -> Message:
    """Return the pre-shared key as ``load-shared`` takes it: over the socket, so that no file holds it."""
    owners = [str(tunnel.local_id or tunnel.local), str(tunnel.remote_id or tunnel.remote)]
    return {"id": tunnel.name, "type": "IKE", "data": tunnel.pre_shared_key.reveal(), "owners": owners}


def ike_sa(listed: Mapping[str, Any]) -> IkeSa:
    """Return an SA from its ``list-sa`` event; what a connecting one does not have yet is 0 or empty."""
    children = [child for child in listed.get("child-sas", {}).values() if child.get("state") in _INSTALLED]
    return IkeSa(
        local=IPv4Address(listed["local-host"]),
        local_port=int(listed.get("local-port", 0)),
        remote=IPv4Address(listed["remote-host"]),
        remote_port=int(listed.get("remote-port", 0)),
        established=listed.get("state") in _ESTABLISHED,
        child_installed=bool(children),
        encryption=listed.get("encr-alg", ""),
        key_bits=int(listed.get("encr-keysize", 0)),
        integrity=listed.get("integ-alg", ""),
        prf=listed.get("prf-alg", ""),
        dh_group=listed.get("dh-group", ""),
        established_s=int(listed.get("established", 0)),
        bytes_in=sum(int(child.get("bytes-in", 0)) for child in children),
        bytes_out=sum(int(child.get("bytes-out", 0)) for child in children),
    )


def tun_of(pid: int) -> str:
    """Return the name of the TUN device that a process holds open.

    Raises:
        DaemonError: it holds none.
    """
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        for line in info.read_text().splitlines():
            if line.startswith("iff:"):
                return line.split()[1]
    raise DaemonError(f"process {pid} holds no TUN device; its log says why")


class Charon:
    """The daemon of one tunnel. Its interface is up exactly while the tunnel has an ESP SA pair."""

    def __init__(self, tunnel: CharonTunnel, run_dir: Path) -> None:
        self.tunnel = tunnel
        self._run_dir = run_dir
        self._socket = run_dir / f"{tunnel.name}.vici"
        self._device_netns = tunnel.device_netns or tunnel.netns
        self._process: asyncio.subprocess.Process | None = None
        self._stand_in: str | None = None
        self._follower: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the daemon, put the interface (down) in its place, load the connection and, on this side, initiate.

        Does not wait for the other end.

        Raises:
            DaemonError, ProgramError, TimeoutError: the daemon or a program failed or did not answer.
        """
        tunnel = self.tunnel
        self._run_dir.mkdir(parents=True, exist_ok=True)
        settings = self._run_dir / f"{tunnel.name}.strongswan.conf"
        settings.write_text(daemon_settings(tunnel, self._socket, self._run_dir / f"{tunnel.name}.charon.log"))
        if rewriting := port_rewriting(tunnel):
            await run("nft", "-f", "-", netns=tunnel.netns, given=rewriting)
        self._process = process = await spawn(
            _PROGRAM,
            netns=tunnel.netns,
            log=self._run_dir / f"{tunnel.name}.charon.out",
            env={"STRONGSWAN_CONF": str(settings), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        try:
            async with self._vici() as vici:
                await vici.request("version")  # it answers once every plugin is loaded, so the TUN is there
                await self._place_device(process.pid)
                await vici.request("load-shared", shared_key(tunnel))
                await vici.request("load-conn", connection(tunnel))
        except BaseException:
            await self.stop()
            raise
        self._follower = asyncio.create_task(self._follow(), name=f"charon {tunnel.name}")

    async def stop(self) -> None:
        """Say goodbye to the other end, end the daemon and remove its interface. Harmless when not started."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])
            self._follower = None
        if self._process is None:
            return
        await ended(self._process, timeout_s=3)
        self._process = None
        if self._stand_in is not None:
            await run("ip", "-n", self.tunnel.netns, "link", "del", self._stand_in, check=False)
            self._stand_in = None
        if port_rewriting(self.tunnel):
            await run(
                "nft", "delete", "table", "ip", rewriting_table(self.tunnel), netns=self.tunnel.netns, check=False
            )

    async def sas(self) -> tuple[IkeSa, ...]:
        """Return the IKE SAs, connecting ones too; none while the daemon does not run.

        Raises:
            DaemonError: the daemon went away.
        """
        if self._process is None:
            return ()
        async with self._vici() as vici:
            told = await vici.stream("list-sas", "list-sa")
        return tuple(ike_sa(sa) for listed in told for sa in listed.values() if isinstance(sa, dict))

    @asynccontextmanager
    async def _vici(self) -> AsyncIterator[Vici]:
        if self._process is None:
            raise DaemonError(f"charon of {self.tunnel.name} does not run")
        vici = Vici(*await connected(self._socket, self._process))
        try:
            yield vici
        finally:
            vici.close()

    async def _place_device(self, pid: int) -> None:
        """Give the daemon's TUN its name and namespace, and leave a stand-in by its first name.

        The daemon goes on naming its TUN by the first name when it asks the kernel for routes, and refuses a child SA
        ("No such device") where there is none by that name.
        """
        tunnel, first_name = self.tunnel, tun_of(pid)
        move = "" if self._device_netns == tunnel.netns else f"netns {self._device_netns} "
        await ip(
            tunnel.netns,
            [
                f"link set {first_name} down",
                f"link set {first_name} {move}name {tunnel.device}",
                f"tuntap add mode tun name {first_name}",
                f"link set {first_name} up",
            ],
        )
        self._stand_in = first_name
        address = () if tunnel.device_address is None else (f"address add {tunnel.device_address} dev {tunnel.device}",)
        mtu = min(tunnel.device_mtu, LIBIPSEC_MTU)
        await ip(self._device_netns, [f"link set {tunnel.device} mtu {mtu}", *address])

    async def _follow(self) -> None:
        """Keep the interface in step with the tunnel, and initiate while there is no tunnel."""
        changed = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch(changed))
                tasks.create_task(self._keep_in_step(changed))
        except* (DaemonError, ProgramError, TimeoutError, ChildProcessError):
            _LOG.exception("the tunnel %s in %s is no longer kept up", self.tunnel.name, self.tunnel.netns)

    async def _watch(self, changed: asyncio.Event) -> None:
        async with self._vici() as vici:
            async for _ in vici.events("child-updown", "ike-updown"):
                changed.set()

    async def _keep_in_step(self, changed: asyncio.Event) -> None:
        device_up = False
        while True:
            settling = changed.is_set()
            changed.clear()
            sas = await self.sas()
            installed = any(sa.child_installed for sa in sas)
            if installed != device_up:
                await ip(self._device_netns, [f"link set {self.tunnel.device} {'up' if installed else 'down'}"])
                device_up = installed
            wanting = self.tunnel.initiate and not installed
            if wanting and all(sa.established for sa in sas):
                async with self._vici() as vici:
                    await self._initiate(vici)
            # charon tells of a change before its list shows it, so the list is read once more shortly after.
            wait_s = _SETTLE_S if settling else _RETRY_S if wanting else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await changed.wait()

    async def _initiate(self, vici: Vici) -> None:
        name = self.tunnel.name
        # Timeout -1: charon answers at once and goes on by itself.
        await vici.request("initiate", {"child": name, "ike": name, "timeout": "-1", "init-limits": "no"})
