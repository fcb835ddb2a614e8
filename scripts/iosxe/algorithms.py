"""IOS's names of IKEv2 and ESP algorithms in strongSwan's words, as rows.

Sources: Cisco IOS-XE Security Command Reference (``encryption``, ``integrity``, ``group``, ``crypto ipsec
transform-set``); strongSwan's list of cipher suite keywords; RFC 7296 3.3.2 for the group numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from iosxe.state import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iosxe.intent import IkeProposal, IpsecTunnel

_Key = TypeVar("_Key", str, int)

IKE_ENCRYPTION: Final = {
    "aes-cbc-128": "aes128",
    "aes-cbc-192": "aes192",
    "aes-cbc-256": "aes256",
    "aes-gcm-128": "aes128gcm16",
    "aes-gcm-256": "aes256gcm16",
    "3des": "3des",
    "des": "des",
}
IKE_INTEGRITY: Final = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
GROUPS: Final = {
    1: "modp768",
    2: "modp1024",
    5: "modp1536",
    14: "modp2048",
    15: "modp3072",
    16: "modp4096",
    19: "ecp256",
    20: "ecp384",
    21: "ecp521",
    24: "modp2048s256",
}
ESP_ENCRYPTION: Final = {
    "esp-aes": "aes128",
    "esp-aes 128": "aes128",
    "esp-aes 192": "aes192",
    "esp-aes 256": "aes256",
    "esp-gcm": "aes128gcm16",
    "esp-gcm 128": "aes128gcm16",
    "esp-gcm 192": "aes192gcm16",
    "esp-gcm 256": "aes256gcm16",
    "esp-3des": "3des",
    "esp-null": "null",
}
ESP_INTEGRITY: Final = {
    "esp-md5-hmac": "md5",
    "esp-sha-hmac": "sha1",
    "esp-sha256-hmac": "sha256",
    "esp-sha384-hmac": "sha384",
    "esp-sha512-hmac": "sha512",
}

SHOWN_ENCRYPTION: Final = {"AES_CBC": "AES-CBC", "AES_GCM_16": "AES-GCM", "3DES_CBC": "3DES", "DES_CBC": "DES"}
"""charon's names of what an SA uses, as ``show crypto ikev2 sa`` prints them."""
SHOWN_INTEGRITY: Final = {
    "HMAC_MD5_96": "MD596",
    "HMAC_SHA1_96": "SHA96",
    "HMAC_SHA2_256_128": "SHA256",
    "HMAC_SHA2_384_192": "SHA384",
    "HMAC_SHA2_512_256": "SHA512",
}
SHOWN_PRF: Final = {
    "PRF_HMAC_MD5": "MD5",
    "PRF_HMAC_SHA1": "SHA1",
    "PRF_HMAC_SHA2_256": "SHA256",
    "PRF_HMAC_SHA2_384": "SHA384",
    "PRF_HMAC_SHA2_512": "SHA512",
}
SHOWN_GROUP: Final = {
    **{f"MODP_{name.removeprefix('modp')}": number for number, name in GROUPS.items() if name.startswith("modp")},
    **{f"ECP_{name.removeprefix('ecp')}": number for number, name in GROUPS.items() if name.startswith("ecp")},
    "MODP_2048_256": 24,
}


def ike_proposals(tunnel: IpsecTunnel) -> tuple[str, ...]:
    """Return the IKE proposals: ciphers with integrity in one, AEAD ciphers (which need a PRF instead) in another.

    Raises:
        BackendError: strongSwan has no such algorithm.
    """
    return tuple(found for proposal in tunnel.ike_proposals for found in _offers(proposal))


def _offers(proposal: IkeProposal) -> Iterator[str]:
    ciphers = [_word(IKE_ENCRYPTION, name) for name in proposal.encryption]
    hashes = [_word(IKE_INTEGRITY, name) for name in proposal.integrity]
    groups = [_word(GROUPS, number) for number in proposal.groups]
    plain = [cipher for cipher in ciphers if "gcm" not in cipher]
    aead = [cipher for cipher in ciphers if "gcm" in cipher]
    if plain:
        yield "-".join([*plain, *hashes, *groups])
    if aead:
        yield "-".join([*aead, *(f"prf{name}" for name in hashes or ["sha256"]), *groups])


def esp_proposals(tunnel: IpsecTunnel) -> tuple[str, ...]:
    """Return the ESP proposal of the transform set, with the group where perfect forward secrecy is on.

    Raises:
        BackendError: strongSwan has no such algorithm.
    """
    parts = [_word(ESP_ENCRYPTION, tunnel.esp_encryption)]
    if tunnel.esp_integrity is not None:
        parts.append(_word(ESP_INTEGRITY, tunnel.esp_integrity))
    if tunnel.pfs_group is not None:
        parts.append(_word(GROUPS, tunnel.pfs_group))
    return ("-".join(parts),)


def _word(rows: Mapping[_Key, str], name: _Key) -> str:
    if name not in rows:
        raise BackendError(f"no algorithm {name!r} here; known are {', '.join(str(key) for key in rows)}")
    return rows[name]
