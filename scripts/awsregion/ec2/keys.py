"""Key pairs.

Source: Amazon EC2 User Guide, "Create a key pair", "How the fingerprint is calculated";
CloudFormation, AWS::EC2::KeyPair (the private key goes to Parameter Store).
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from awsregion.ec2.common import required, tag_new
from awsregion.ec2.describe import Listing
from awsregion.ec2.errors import AwsError, invalid_value, not_found

if TYPE_CHECKING:
    from awsregion.ec2.parameters import Given
    from awsregion.ec2.store import Ec2, Record

_RSA_BITS: Final = 2048


def create_key_pair(ec2: Ec2, given: Given) -> Record:
    """Make a key pair; the private half is in the answer and nowhere else."""
    name, kind = required(given, "KeyName"), given.get("KeyType", "rsa")
    if given.get("KeyFormat", "pem") != "pem":
        raise invalid_value("KeyFormat", given["KeyFormat"], "Only pem can be had here.")
    private = _generate(kind)
    material = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL
        if isinstance(private, rsa.RSAPrivateKey)
        else serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    ).decode()
    public = private.public_key()
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # EC2 made it: SHA-1 of the private key in PKCS #8 for RSA.
    fingerprint = _colons(hashlib.sha1(der, usedforsecurity=False)) if kind == "rsa" else _sha256(public)
    record = _store(ec2, given, name, kind, _openssh(public), fingerprint)
    return {**_answer(ec2, record), "KeyMaterial": material}


def import_key_pair(ec2: Ec2, given: Given) -> Record:
    """Take over a public key, in OpenSSH's format."""
    name, blob = required(given, "KeyName"), required(given, "PublicKeyMaterial")
    try:
        public = serialization.load_ssh_public_key(blob if isinstance(blob, bytes) else blob.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format") from error
    if isinstance(public, rsa.RSAPublicKey):
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        # Imported: MD5 of the public key for RSA.
        kind, fingerprint = "rsa", _colons(hashlib.md5(der, usedforsecurity=False))
    elif isinstance(public, ed25519.Ed25519PublicKey):
        kind, fingerprint = "ed25519", _sha256(public)
    else:
        raise AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format")
    return _answer(ec2, _store(ec2, given, name, kind, _openssh(public), fingerprint))


def delete_key_pair(ec2: Ec2, given: Given) -> Record:
    """Delete a key pair by id or name; one that is not there is no error, as in EC2."""
    identifier = given.get("KeyPairId")
    named = ec2.all("key-pair", KeyName=given.get("KeyName")) if "KeyName" in given else []
    record = ec2.get("key-pair", identifier) if identifier else next(iter(named), None)
    if record is None:
        return {"Return": True}
    ec2.remove("key-pair", record["KeyPairId"])
    return {"Return": True, "KeyPairId": record["KeyPairId"]}


def key_named(ec2: Ec2, name: str) -> Record:
    """Return the key pair of that name.

    Raises:
        AwsError: there is none.
    """
    for record in ec2.all("key-pair", KeyName=name):
        return record
    raise not_found("key-pair", name)


def describe_key_pairs(ec2: Ec2, given: Given) -> Record:
    """List key pairs, with their public halves where asked."""
    names, public = given.get("KeyNames"), given.get("IncludePublicKey", False)
    answer = _LISTING(ec2, given)
    for name in names or []:
        key_named(ec2, name)
    answer["KeyPairs"] = [
        {**record, **({"PublicKey": record["_public_key"]} if public else {})}
        for record in answer["KeyPairs"]
        if not names or record["KeyName"] in names
    ]
    return answer


def _generate(kind: str) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    return ed25519.Ed25519PrivateKey.generate()


def _openssh(public: rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> str:
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def _colons(digest: hashlib._Hash) -> str:
    return digest.digest().hex(":")


def _sha256(public: rsa.RSAPublicKey | ed25519.Ed25519PublicKey) -> str:
    blob = base64.b64decode(_openssh(public).split()[1])
    return base64.b64encode(hashlib.sha256(blob).digest()).decode()


def _store(ec2: Ec2, given: Given, name: str, kind: str, public: str, fingerprint: str) -> Record:  # noqa: PLR0917  (a key pair's fields, in one place)
    if ec2.all("key-pair", KeyName=name):
        raise AwsError("InvalidKeyPair.Duplicate", f"The keypair '{name}' already exists.")
    identifier = ec2.new_id("key")
    record = ec2.add(
        "key-pair",
        identifier,
        {
            "KeyPairId": identifier,
            "KeyName": name,
            "KeyType": kind,
            "KeyFingerprint": fingerprint,
            "CreateTime": ec2.now(),
            "_public_key": f"{public} {name}",
        },
    )
    tag_new(ec2, given, {"key-pair": [identifier]})
    return record


def _answer(ec2: Ec2, record: Record) -> Record:
    shown = {name: record[name] for name in ("KeyPairId", "KeyName", "KeyFingerprint")}
    return ec2.tagged(record["KeyPairId"], shown)


_LISTING: Final = Listing("DescribeKeyPairs", "key-pair", also={"fingerprint": "KeyFingerprint"})
