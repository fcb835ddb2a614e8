"""The actions of AWS that the toolkit needs, one list for whoever asks: the published policy, and pre-flight checks.

`permissions.json` is generated from the resource types of the stacks and from our own calls, and a test holds it to
both: `pytest --update-golden tests/stacks/test_permissions.py` writes it, and `docs/iam-policy.json` with it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).with_name("permissions.json")
PASSING: Final = "iam:PassRole"


@cache
def actions(purpose: str) -> tuple[str, ...]:
    """Return the actions for a purpose: ``deploy`` (`up` and `down`), or ``use`` (what all commands ask besides).

    >>> "ec2:RunInstances" in actions("deploy"), "ssm:SendCommand" in actions("use")
    (True, True)
    """
    table: dict[str, list[str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(table[purpose])


def policy() -> dict[str, Any]:
    """Return an IAM policy that allows them; the lab's role is passed to EC2 alone."""
    deploy = [each for each in actions("deploy") if each != PASSING]
    passed = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Deploy", "Effect": "Allow", "Action": deploy, "Resource": "*"},
            {"Sid": "PassRole", "Effect": "Allow", "Action": PASSING, "Resource": "*", "Condition": passed},
            {"Sid": "Use", "Effect": "Allow", "Action": list(actions("use")), "Resource": "*"},
        ],
    }
