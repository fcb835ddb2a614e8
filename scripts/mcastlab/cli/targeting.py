"""Where a command acts: the one place that finds it, tells it, and points this process at it."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

from awsregion import standalone
from mcastlab.cli.context import Target
from mcastlab.cli.exclusive import exclusively
from mcastlab.command_line import command, program
from mcastlab.places import state_folder
from mcastlab_base.errors import BadInputError, CheckFailedError, LabError, RefusedError
from mcastlab_twin import lifecycle
from mcastlab_twin.foreign_environment import foreign
from mcastlab_twin.impairing import asked, impair
from mcastlab_twin.inspection import TwinNodes
from mcastlab_twin.network.impairment import Impairment
from mcastlab_twin.sandbox import run_folder

if TYPE_CHECKING:
    from mcastlab.cli.context import Context
    from mcastlab.command_line import LabCommand
    from mcastlab.lab.model import Lab
    from mcastlab.scenario.script import WorseWan
    from mcastlab_twin.sandbox.run_folder import Twin

_CREDENTIALS: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES: Final = {
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "AWS_CONFIG_FILE": "~/.aws/config",
    "BOTO_CONFIG": "~/.boto",
}
"""Where the SDK looks for credentials. Source: boto3 documentation, Configuring credentials."""
_VENDOR: Final = Path("/sys/class/dmi/id/sys_vendor")


def enter(context: Context, *, changes: bool = False, ended: bool = False) -> Target:
    """Find a run's target, tell it, and point this process at it until the run is over.

    Args:
        context: the run.
        changes: it changes the lab, so that no other command may at the same time.
        ended: a twin that has crashed will do, as its files are to be removed.

    Raises:
        BadInputError: there is none, or there are two and none was chosen.
        CheckFailedError: the twin that was chosen is not up.
        RefusedError: the credentials are refused, or another command works on the target.
    """
    lab = context.lab
    target = resolve(context, ended=ended)
    print(target, file=sys.stderr, flush=True)
    if changes:
        context.stack.enter_context(exclusively(target.lock, target.text))
        if not target.asks and not ended and lifecycle.find(lab.name) is None:
            raise RefusedError(f"the twin {lab.name} has ended just now", hint=context.command("demo"))
    context.stack.callback(_set_environment, dict(os.environ))
    point_at(target)
    return target


def point_at(target: Target) -> None:
    """Point this process, and what it starts, at a target."""
    kept = {name: value for name, value in os.environ.items() if name not in target.foreign}
    _set_environment({**kept, **target.values})


def _set_environment(values: dict[str, str]) -> None:
    for name in set(os.environ) - set(values):
        del os.environ[name]
    os.environ.update(values)


def resolve(context: Context, *, ended: bool = False) -> Target:
    """Return a run's target; see `enter`."""
    lab, chosen = context.lab, context.command.target
    own = lifecycle.find(lab.name)
    if own is not None and _leads_to(own):
        if chosen == "aws":
            raise BadInputError(
                f"--aws was said, and this shell's environment leads to the twin {own.name}",
                hint=f'eval "$({command("twin", "env", "--undo")})"',
            )
        return own_target(lab, own)
    stands = own is not None or run_folder.path(lab.name).exists()
    if chosen == "twin" or (chosen is None and stands and not _leads_elsewhere()):
        if own is None and not ended:
            raise CheckFailedError(f"no twin called {lab.name} is up", hint=f"start one: {context.command('twin up')}")
        return own_target(lab, own)
    if chosen is None and stands:
        _refuse_two(context)
    return _aws_target(lab, context.command)


def own_target(lab: Lab, twin: Twin | None) -> Target:
    """Return the target that a lab's own twin is, with its sites' ways to the internet where it is up."""
    target = twin_target(lab.name, twin)
    if twin is None:
        return target
    before = asked(twin.run_dir).impaired

    def worse(site: str, wanted: WorseWan | None) -> None:
        impairment = before.get(site)
        if wanted is not None:
            times = {"delay_ms": wanted.delay_ms, "jitter_ms": wanted.jitter_ms}
            impairment = Impairment(loss_percent=100 * wanted.loss, **times)
        impair(twin, lab, site, impairment)

    return replace(target, impair=worse)


def twin_target(name: str, twin: Twin | None) -> Target:
    """Return the target that a lab's own twin is; without a twin, one that is to be started or has crashed."""
    lock = run_folder.base() / f".{name}.lock"
    text = f"twin {name} on this machine"
    if twin is None:
        return Target(text=text, asks=False, lock=lock)
    values = lifecycle.environment(twin)
    return Target(text=text, asks=False, lock=lock, values=values, foreign=foreign(os.environ), nodes=TwinNodes(twin))


def _leads_to(twin: Twin) -> bool:
    """Say whether this environment was pointed at a twin, perhaps before the twin was started anew."""
    url = os.environ.get("AWS_ENDPOINT_URL", "")
    return url == twin.endpoint or (os.environ.get("MCASTLAB_TWIN") == twin.name and _is_loopback(url))


def _is_loopback(url: str) -> bool:
    try:
        return ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


def _leads_elsewhere() -> bool:
    """Say whether this environment leads to an API or has credentials, as far as that costs no time to find out."""
    if any(name.startswith("AWS_ENDPOINT_URL") for name in os.environ):
        return True
    files = (Path(os.environ.get(name) or usual).expanduser() for name, usual in _FILES.items())
    if not (any(name in os.environ for name in _CREDENTIALS) or any(file.exists() for file in files) or _is_on_ec2()):
        return False
    # The SDK takes its time to be imported: it is only where there may be something to find.
    from mcastlab.aws.identity import has_credentials  # noqa: PLC0415

    try:
        return has_credentials()
    except LabError:
        return True


def _is_on_ec2() -> bool:
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return False
    try:
        return "Amazon" in _VENDOR.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def _aws_target(lab: Lab, of_lab: LabCommand) -> Target:
    from mcastlab.aws.identity import caller, endpoint_of, has_credentials  # noqa: PLC0415  (as above)

    if not has_credentials():
        raise BadInputError(
            f"no target: there is no twin called {lab.name}, and this environment has no AWS credentials",
            hint=f"set AWS_PROFILE, or start a twin: {of_lab('demo')}",
        )
    endpoint = endpoint_of(lab.region)
    identity = caller(lab.region)
    place = "AWS" if endpoint is None else f"{_local(endpoint) or 'AWS API'} at {endpoint},"
    return Target(
        text=f"{place} account {identity.account}, {lab.region}, as {identity.arn}",
        asks=True,
        lock=state_folder() / lab.name / "lock",
        values={"AWS_REGION": lab.region, "AWS_DEFAULT_REGION": lab.region},
    )


def _local(endpoint: str) -> str | None:
    """Return what on this machine serves an API, in words."""
    for name in standalone.names():
        region = standalone.find(name)
        if region is not None and region.endpoint == endpoint:
            return f"region {name} on this machine"
    for folder in run_folder.base().iterdir():
        twin = run_folder.read_record(folder)
        if twin is not None and twin.endpoint == endpoint and run_folder.is_alive(folder):
            return f"twin {twin.name} on this machine"
    return None


def _refuse_two(context: Context) -> NoReturn:
    try:
        other = _aws_target(context.lab, context.command).text
    except LabError as error:
        other = f"AWS by this environment's credentials ({error.text})"
    verb, *rest = context.words
    choices = (" ".join((program(), verb, f"--{choice}", shlex.join(rest))).rstrip() for choice in ("twin", "aws"))
    raise BadInputError(
        f"there are two targets, and neither was chosen:\n{twin_target(context.lab.name, None).text}\n{other}",
        hint="\n       or: ".join(choices),
    )
