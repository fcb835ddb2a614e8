"""Something that would make a deployment fail, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentProblem:
    """Something that would make the deployment fail, and what to do about it."""

    what: str
    remedy: str
