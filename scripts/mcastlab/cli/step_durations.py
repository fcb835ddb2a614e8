"""How long steps usually take, in one table: in AWS, and in a region on this machine.

>>> usually(Step.BOOT)
'usually 5 to 10 min'
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "MCASTLAB_PACE"
"""The variable of the environment that names the column: `local` where the region says so, else AWS."""
LOCAL: Final = "local"


class Step(StrEnum):
    """A step that takes long somewhere."""

    REGION = "region"
    ACCOUNT = "account"
    LOGINS = "logins"
    DEPLOY = "deploy"
    BOOT = "boot"
    SETUP = "setup"
    PUSH = "push"
    PROTOCOLS = "protocols"
    VERIFY = "verify"
    TRAFFIC = "traffic"
    CLEAN = "clean"
    DESTROY = "destroy"
    REMAINING = "remaining"


_USUAL: Final[Mapping[Step, tuple[str, str]]] = {
    # AWS: a VPN connection and a gateway's attachments take longest. Source: AWS Site-to-Site VPN, Getting started.
    Step.REGION: ("2 s", "2 s"),
    Step.ACCOUNT: ("10 s", "1 s"),
    Step.LOGINS: ("10 s", "1 s"),
    Step.DEPLOY: ("10 to 20 min", "10 to 20 s"),
    # Source: Cisco, Deploying Catalyst 8000V on AWS: 5 to 10 minutes until SSH answers.
    Step.BOOT: ("5 to 10 min", "1 s"),
    # As long as the user's script.
    Step.SETUP: ("as long as the script", "1 s"),
    Step.PUSH: ("20 s", "2 s"),
    # BGP's connect retry and PIM's hello interval, 30 s each; RFC 4271, 10; RFC 7761, 4.11.
    Step.PROTOCOLS: ("30 to 90 s", "2 s"),
    Step.VERIFY: ("1 min", "15 s"),
    Step.TRAFFIC: ("40 s", "12 s"),
    Step.CLEAN: ("20 s", "2 s"),
    Step.DESTROY: ("10 to 20 min", "5 s"),
    Step.REMAINING: ("30 s", "1 s"),
}


def usually(step: Step) -> str:
    """Return how long a step usually takes here, in words."""
    aws, local = _USUAL[step]
    duration = local if os.environ.get(VARIABLE) == LOCAL else aws
    return f"usually {duration}"
