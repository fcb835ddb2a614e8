"""The life of a twin, as functions that return values: up, find, down, and the environment that points tools at it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from awsregion import credentials
from mcastlab.places import APPLIANCES, STATE_VARIABLE
from mcastlab_base.errors import TimedOutError
from mcastlab_base.waiting import attempts
from mcastlab_twin.sandbox import launcher, run_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcastlab.lab.model import Lab
    from mcastlab_twin.sandbox.run_folder import Twin


CAVEATS: Final = (
    "Latency, jitter and throughput here are the twin's own.",
    "How long routers take to find each other is the twin's too: IOS may take up to 30 s longer.",
)
"""What a twin cannot vouch for, as measurements are to say it. Source: README, Where the twin differs."""

_POLL_S: Final = 0.02
_POLITE_S: Final = 5
_KILLED_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedTwin:
    """What `down` found and took away."""

    name: str
    was_up: bool
    had_files: bool
    """A run folder was there, of a running twin or of one that had crashed."""
    seconds: float


def up(lab: Lab, name: str, *, quotas: Sequence[str] = (), slow: float | None = None) -> Twin:
    """Start a twin of the lab: an empty AWS region and the lab's remote sites.

    One that starts just now is waited for. It may be one whose starter was killed: that one ends by itself, since it
    finds nobody to tell that it is ready.

    Args:
        lab: the lab.
        name: the twin's name.
        quotas: those of the region that were raised, as ``route=100``.
        slow: how fast the clock of a region in its slow mode goes; None is a fast region.

    Raises:
        RefusedError: the machine cannot hold it, or one of that name is up.
        TimedOutError: it was not ready in time.
    """
    folder = run_folder.path(name)
    if run_folder.is_alive(folder) and run_folder.is_ending(folder):
        down(name)
    for _ in attempts(launcher.READY_S, every_s=_POLL_S):
        if not run_folder.is_alive(folder) or find(name) is not None:
            break
    return launcher.start(lab, name, quotas=quotas, slow=slow)


def find(name: str) -> Twin | None:
    """Return the twin of that name, where one is up and ready, and not about to end; else None."""
    folder = run_folder.path(name)
    twin = run_folder.read_record(folder) if run_folder.is_alive(folder) and not run_folder.is_ending(folder) else None
    return twin if twin is not None and twin.ready else None


def down(name: str) -> RemovedTwin:
    """End a twin and remove its run folder. Done twice, or after a crash, it is as good.

    Raises:
        TimedOutError: a process would not die.
    """
    begin = time.monotonic()
    folder = run_folder.path(name)
    was_up = run_folder.is_alive(folder)
    twin = run_folder.read_record(folder) if was_up else None
    if twin is not None:
        run_folder.mark_ending(folder)
        _end(twin)
    if was_up and all(run_folder.is_alive(folder) for _ in attempts(_KILLED_S, every_s=_POLL_S)):
        raise TimedOutError(
            f"the twin {name} still runs after {_KILLED_S} s", hint="it may be starting just now: try again"
        )
    had_files = run_folder.remove(folder)
    return RemovedTwin(name=name, was_up=was_up, had_files=had_files, seconds=time.monotonic() - begin)


def environment(twin: Twin) -> dict[str, str]:
    """Return the variables that make `cdk`, `aws` and boto3 talk to the twin; what is `foreign` is to go.

    Raises:
        RefusedError: the twin's access key is gone.
    """
    owner = credentials.read(twin.credentials)
    return {
        "AWS_ENDPOINT_URL": twin.endpoint,
        "AWS_ACCESS_KEY_ID": owner.access_key_id,
        "AWS_SECRET_ACCESS_KEY": owner.secret.reveal(),
        "AWS_REGION": twin.region,
        "AWS_DEFAULT_REGION": twin.region,
        # A profile in the user's own files must not lead elsewhere.
        "AWS_CONFIG_FILE": str(twin.run_dir / "aws_config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(twin.credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_HOME": str(twin.run_dir / "cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        "MCASTLAB_SSH_CONFIG": str(twin.ssh_config),
        "MCASTLAB_CAVEATS": "\n".join(CAVEATS),
        "MCASTLAB_PACE": "local",
        **({APPLIANCES: " ".join(f"{name}={at}" for name, at in twin.buttons.items())} if twin.buttons else {}),
        "MCASTLAB_TWIN": twin.name,
        # What is recorded in the twin goes with it: host keys, what is ours on its routers.
        STATE_VARIABLE: str(twin.run_dir / "state"),
    }


def _end(twin: Twin) -> None:
    """Ask the sandbox's PID 1 to end, and kill the outer process if it does not."""
    init = launcher.init_of(twin)
    if init is not None:
        with suppress(ProcessLookupError):
            os.kill(init, signal.SIGTERM)
    if init is None or not launcher.reap(twin.pid, _POLITE_S):
        launcher.kill(twin.pid)
