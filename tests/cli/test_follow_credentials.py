"""Credentials that expire while the members of groups are read: reported, and found again once they were renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from follow.test_draw import FOLLOWED

from awsregion import standalone
from mcastlab.aws.clients import Clients
from mcastlab.aws.multicast_members import DomainMembers
from mcastlab.follow.gateway import GatewayWatch
from mcastlab.follow.schedule import GATEWAY_IDLE_S
from mcastlab_base.waiting import attempts

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from awsregion.standalone import Standalone

LIVES_S = 5
"""STS gives no session of less than 900 s, but the region does, where the SDK does not refuse to ask for it."""


def test_expired_credentials_are_reported_and_renewed_ones_are_found(
    account: Standalone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in standalone.environment(account).items():
        monkeypatch.setenv(name, value)
    sts = boto3.client("sts", config=Config(parameter_validation=False))
    file = tmp_path / "credentials"

    def renew(seconds: int) -> None:
        given = sts.get_session_token(DurationSeconds=seconds)["Credentials"]
        lines = (
            f"aws_access_key_id = {given['AccessKeyId']}",
            f"aws_secret_access_key = {given['SecretAccessKey']}",
            f"aws_session_token = {given['SessionToken']}",
        )
        file.write_text("\n".join(("[default]", *lines, "")), encoding="utf-8")

    renew(LIVES_S)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    members = DomainMembers(
        lambda: Clients(FOLLOWED.region).ec2,
        domain_id="tgw-mcast-domain-00000000000000000",
        router_instance_id="i-00000000000000000",
        host_instance_ids={},
        blocks=FOLLOWED.blocks,
    )
    watch = GatewayWatch(members)

    def refusal() -> str:
        watch.poll()
        assert watch.latest.error is not None
        return watch.latest.error.text

    assert "has no network interface" in refusal(), "AWS was asked"
    assert any("expired" in refusal() for _ in attempts(20.0, every_s=0.2))
    assert watch.poll() > GATEWAY_IDLE_S, "it is asked less and less often"
    renew(900)
    assert "has no network interface" in refusal()
