"""A charon's tunnel as a value, what charon is given of it, and what it lists of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Interface
    from pathlib import Path

    from mcastlab_base.secret import Secret
    from mcastlab_twin.services.vici import Message

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
    ike_proposals: tuple[str, ...] = ("aes256-sha256-modp2048",)
    esp_proposals: tuple[str, ...] = ("aes256-sha256-modp2048",)
    ike_lifetime_s: int = 28800
    esp_lifetime_s: int = 3600
    replay_window: int = 64
    """How many packets one may come behind the latest and still be taken. Source: RFC 4303, section 3.4.3."""
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
    number: str
    """Charon's own; the IKE SA has another after each rekey."""
    children: frozenset[str]
    """The numbers of the ESP SA pairs that carry packets."""
    encryption: str
    key_bits: int
    integrity: str
    prf: str
    dh_group: str
    established_s: int
    bytes_in: int
    bytes_out: int

    @property
    def child_installed(self) -> bool:
        """Whether an ESP SA pair carries packets."""
        return bool(self.children)


_COMMON: Final = "random nonce aes sha1 sha2 hmac gmp curve25519 kdf gcm openssl drbg"


def daemon_settings(tunnel: CharonTunnel, socket: Path, log: Path, *, in_kernel: bool = False) -> str:
    """Return the daemon's ``strongswan.conf``; it holds no secret. Without kernel-libipsec the kernel does ESP.

    Routes are the caller's alone: charon installs none, and the rule that kernel-libipsec adds all the same (220, with
    a default route into the TUN) is given a mark that no packet carries. A peer counts as dead after 20 s without an
    answer, asked every second, so that a tunnel is back within a second after an outage.
    """
    ike_port, nat_t_port = tunnel.local_ports
    library = "" if in_kernel else "kernel-libipsec "
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
  load = {_COMMON} {library}kernel-netlink socket-default vici
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


def connection(tunnel: CharonTunnel, *, mark: int | None = None) -> Message:
    """Return the connection as ``load-conn`` takes it.

    It tries once and restarts nothing by itself: `Charon` initiates again whenever there is no tunnel, which covers
    refusals too (a wrong key that is put right, a peer that has not yet loaded its side). With a `mark`, its
    packets are those of the kernel's VTI of that number.
    """
    number: Message = {} if mark is None else {"mark_in": str(mark), "mark_out": str(mark)}
    dpd: Message = {} if tunnel.dpd_delay_s is None else {"dpd_delay": f"{tunnel.dpd_delay_s}s"}
    child = {
        "mode": "tunnel",
        **number,
        "local_ts": ["0.0.0.0/0"],
        "remote_ts": ["0.0.0.0/0"],
        "esp_proposals": tunnel.esp_proposals,
        "rekey_time": f"{tunnel.esp_lifetime_s * 9 // 10}s",
        "life_time": f"{tunnel.esp_lifetime_s}s",
        "replay_window": str(tunnel.replay_window),
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
            "remote": {"auth": "psk", "id": str(tunnel.remote)},
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
    owners = [str(tunnel.local_id or tunnel.local), str(tunnel.remote)]
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
        number=listed.get("uniqueid", ""),
        children=frozenset(child.get("uniqueid", "") for child in children),
        encryption=listed.get("encr-alg", ""),
        key_bits=int(listed.get("encr-keysize", 0)),
        integrity=listed.get("integ-alg", ""),
        prf=listed.get("prf-alg", ""),
        dh_group=listed.get("dh-group", ""),
        established_s=int(listed.get("established", 0)),
        bytes_in=sum(int(child.get("bytes-in", 0)) for child in children),
        bytes_out=sum(int(child.get("bytes-out", 0)) for child in children),
    )
