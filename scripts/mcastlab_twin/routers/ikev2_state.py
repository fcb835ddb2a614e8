"""strongSwan's security associations read into the values that ``show crypto ikev2 sa`` prints. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iosxe.algorithms import SHOWN_ENCRYPTION, SHOWN_GROUP, SHOWN_INTEGRITY, SHOWN_PRF
from iosxe.state import LiveIkev2Sa

if TYPE_CHECKING:
    from mcastlab_twin.services.charon import CharonTunnel
    from mcastlab_twin.services.charon_conf import IkeSa


def shown_sa(tunnel: CharonTunnel, sa: IkeSa) -> LiveIkev2Sa:
    """Return an association of a tunnel with the names that IOS has for its algorithms."""
    return LiveIkev2Sa(
        local=sa.local,
        local_port=_outside_port(tunnel, sa.local_port),
        remote=sa.remote,
        remote_port=sa.remote_port,
        ready=sa.established,
        encryption=SHOWN_ENCRYPTION.get(sa.encryption, sa.encryption),
        key_bits=sa.key_bits,
        prf=SHOWN_PRF.get(sa.prf, sa.prf),
        integrity=SHOWN_INTEGRITY.get(sa.integrity, sa.integrity),
        dh_group=SHOWN_GROUP.get(sa.dh_group, 0),
        lifetime_s=tunnel.ike_lifetime_s,
        active_s=sa.established_s,
    )


def _outside_port(tunnel: CharonTunnel, port: int) -> int:
    """Return the port that the other end sees."""
    return dict(zip(tunnel.local_ports, (500, 4500), strict=True)).get(port, port)
