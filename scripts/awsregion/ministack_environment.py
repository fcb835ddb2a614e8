"""What MiniStack finds in its environment when it is imported."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


SERVICES: Final = ("cloudformation", "s3", "iam", "sts", "ssm", "secretsmanager", "ecr", "kms", "tagging")
"""MiniStack's services that answer; CloudFormation's `cdk bootstrap` needs the last ones."""


def environment(*, state: Path, region: str, account: str, access_key_id: str) -> Mapping[str, str]:
    """Return the variables that MiniStack must find when it is imported: nothing outside `state`, nothing optional.

    It receives the account's access key, by which it knows the account's root, and never the secret: requests that come
    to it have been verified before.
    """
    return MappingProxyType(
        {
            "MINISTACK_REGION": region,
            "MINISTACK_ACCOUNT_ID": account,
            "MINISTACK_HOST": "127.0.0.1",
            "SERVICES": ",".join(SERVICES),
            "PERSIST_STATE": "1",
            "LOCALSTACK_PERSISTENCE": "0",
            "S3_PERSIST": "1",
            "STATE_DIR": str(state / "ministack"),
            "S3_DATA_DIR": str(state / "s3"),
            "TMPDIR": str(state / "tmp"),
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AUTH": "false",
            "USE_SSL": "0",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "INFO",
            "DOCKER_HOST": "unix:///nonexistent",
        }
    )
