"""``show crypto ikev2 sa``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab.twin.router.state import Ikev2Sa


def ikev2_sa(associations: Iterable[Ikev2Sa]) -> str:
    """Return the IKEv2 security associations; nothing where there are none, as IOS does."""
    blocks = [_association(number, each) for number, each in enumerate(associations, 1)]
    if not blocks:
        return ""
    return " IPv4 Crypto IKEv2  SA \n\n" + "\n".join(blocks) + "\n IPv6 Crypto IKEv2  SA \n\n"


def _association(number: int, each: Ikev2Sa) -> str:
    local, remote = f"{each.local}/{each.local_port}", f"{each.remote}/{each.remote_port}"
    status = "READY" if each.ready else "IN-NEG"
    return (
        "Tunnel-id Local                 Remote                fvrf/ivrf            Status \n"
        f"{number:<9} {local:<21} {remote:<21} {'none/none':<20} {status}  \n"
        f"      Encr: {each.encryption}, keysize: {each.key_bits}, PRF: {each.prf}, Hash: {each.integrity}, "
        f"DH Grp:{each.dh_group}, Auth sign: PSK, Auth verify: PSK\n"
        f"      Life/Active Time: {each.lifetime_s}/{each.active_s} sec\n"
    )
