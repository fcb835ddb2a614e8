"""The AWS CDK's own command line, at the version that this project pins, with its files in a folder of the lab's own.

It works in one that is fresh each time: what a killed run left half written, or still writes, is in nobody's way.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from mcastlab.aws.cdk_install import cdk, node
from mcastlab.lab.design.kept_resources import KEPT_CONTEXT, NOTHING_KEPT
from mcastlab.places import IS_CLONE, PROJECT
from mcastlab_base import private_files
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mcastlab.lab.design.kept_resources import KeptResources

SHOWN_LINES: Final = 15
_FAILURE: Final = re.compile(r"\b[A-Z]+_FAILED\b")
"""Source: CloudFormation, stack status codes."""
_ENDS_WITHIN_S: Final = 5
_OPTIONS: Final = ("--ci", "--no-color", "--no-notices", "--progress", "events")
_FRESH: Final = "cdk-"


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command that runs the pinned CDK command line on our app, from any folder.

    Raises:
        RefusedError: it is not there and cannot be installed.
    """
    own = () if {"--app", "-a"}.intersection(arguments) else ("--app", app())
    return [str(node()), str(cdk()), *arguments, *own]


def app() -> str:
    """Return the command that starts our CDK app: a clone's app.py, or the installed package's."""
    words = (sys.executable, str(PROJECT / "app.py")) if IS_CLONE else (sys.executable, "-m", "mcastlab.stacks.app")
    # The CDK takes off quotes that stand first and last, as those of two paths with spaces do.
    return f"exec {shlex.join(words)}"


def environment() -> dict[str, str]:
    """Return the environment for the CDK: ours, with our Node and Python first on the path."""
    path = os.pathsep.join((str(node().parent), sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path}


def run_interactively(arguments: Sequence[str]) -> int:
    """Run the CDK command line on this terminal and return its exit code."""
    return subprocess.run(command(arguments), env=environment(), check=False).returncode


class CdkDeployer:
    """Synthesises a lab and deploys its stacks, each form of it once.

    Args:
        folder: the lab's folder; its log and, in the end, its cloud assembly are there.
        context: the options that tell the CDK app of the lab.
        progress: receives each line that the CDK prints; may be set anew.
    """

    def __init__(self, folder: Path, context: tuple[str, ...], progress: Callable[[str], None]) -> None:
        self.progress = progress
        self._folder = folder
        self._context = context
        self._work: Path | None = None
        self._made: dict[str, Path] = {}

    def __enter__(self) -> Self:
        self._work = _fresh(self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)
        self._work = None
        self._made.clear()

    def synthesise(self, kept: KeptResources) -> dict[str, dict[str, Any]]:
        """Return the templates of the lab's stacks by name.

        Raises:
            RefusedError: the CDK command line ended with another code than 0.
        """
        output = self._synthesised(kept)
        return {name: json.loads((output / file).read_text(encoding="utf-8")) for name, file in _templates(output)}

    def deploy(self, kept: KeptResources, parameters: Mapping[tuple[str, str], str]) -> None:
        """Deploy all stacks, with values of parameters by stack and name; all others keep theirs.

        Raises:
            RefusedError: the CDK command line ended with another code than 0.
        """
        given = [
            word for (stack, name), value in parameters.items() for word in ("--parameters", f"{stack}:{name}={value}")
        ]
        output, options = self._form(kept)
        # One run of the command line does both where it was not synthesised before.
        source = ("--app", str(output)) if output.exists() else (*options, "--output", str(output))
        try:
            self._run("deploy", "--all", "--require-approval", "never", *given, *source)
        finally:
            if output.exists():
                shutil.rmtree(_assembly(self._folder), ignore_errors=True)
                shutil.copytree(output, _assembly(self._folder))

    def _synthesised(self, kept: KeptResources) -> Path:
        output, options = self._form(kept)
        if not output.exists():
            self._run("synth", "--quiet", *options, "--output", str(output))
        return output

    def _form(self, kept: KeptResources) -> tuple[Path, tuple[str, ...]]:
        """Return where a form of the lab is synthesised to, and the options that tell the CDK app of it."""
        assert self._work is not None  # noqa: S101  (it is entered)
        key = "" if kept == NOTHING_KEPT else kept.model_dump_json()
        if key not in self._made:
            self._made[key] = self._work / f"cdk.out-{len(self._made)}"
        said = ("--context", f"{KEPT_CONTEXT}={key}") if key else ()
        return self._made[key], (*self._context, *said)

    def _run(self, *arguments: str) -> None:
        assert self._work is not None  # noqa: S101
        _run(arguments, self._folder, self._work, self.progress)


def destroy(folder: Path, context: tuple[str, ...], progress: Callable[[str], None]) -> None:
    """Destroy all stacks of what was deployed last from here, or else of the lab as it is now.

    Raises:
        RefusedError: the CDK command line ended with another code than 0.
    """
    work = _fresh(folder)
    there = (_assembly(folder) / "manifest.json").exists()
    source = ("--app", str(_assembly(folder))) if there else (*context, "--output", str(work / "cdk.out"))
    try:
        _run(("destroy", "--all", "--force", *source), folder, work, progress)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def deployed_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the stacks that were deployed last from here, which `destroy` destroys.

    Source: AWS CDK, cloud assembly schema, manifest.json.
    """
    return tuple(name for name, _ in _templates(_assembly(folder)))


def _templates(assembly: Path) -> Iterator[tuple[str, str]]:
    """Yield the names of an assembly's stacks and their templates' files; nothing where there is no assembly."""
    try:
        manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for key, artifact in manifest["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack":
            properties = artifact.get("properties", {})
            yield properties.get("stackName", key), properties.get("templateFile", "")


def _assembly(folder: Path) -> Path:
    return folder / "cdk.out"


def _fresh(folder: Path) -> Path:
    """Return a new folder to work in; those of runs that were killed go."""
    private_files.make_folder(folder)
    for left in folder.glob(f"{_FRESH}*"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=folder, prefix=_FRESH))


def _run(arguments: tuple[str, ...], folder: Path, work: Path, progress: Callable[[str], None]) -> None:
    temporary = work / "tmp"
    private_files.make_folder(temporary)
    _run_logged((*arguments, *_OPTIONS), log=folder / "cdk.log", temporary=temporary, progress=progress)


def _dies_with_us() -> tuple[str, ...]:
    """Return the prefix by which a program is killed when we are: what it has begun, the next run goes on from."""
    setpriv = shutil.which("setpriv")
    return () if setpriv is None else (setpriv, "--pdeathsig", "KILL", "--")


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End a program that we do not wait for any more."""
    try:
        yield
    except BaseException:
        process.terminate()
        try:
            process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


_EVENT: Final = re.compile(
    r"(?P<stack>[\w-]+)\s*\|\s*(?P<done>\d+)/(?P<of>\d+)\s*\|[^|]*\|\s*(?P<state>\w+)\s*\|\s*(?P<kind>[\w:]+)"
)
"""A line of a deployment, as ``--progress events`` prints it."""


def _event(line: str) -> str:
    """Return a line of the CDK command line in words, where it tells how far a stack is.

    >>> _event("demo-Router | 3/11 | 5:20:28 PM | CREATE_IN_PROGRESS   | AWS::EC2::Instance   | Router (RouterEC6)")
    'demo-Router: 3 of 11 resources; AWS::EC2::Instance CREATE_IN_PROGRESS'
    """
    event = _EVENT.match(line)
    if event is None:
        return line
    return f"{event['stack']}: {event['done']} of {event['of']} resources; {event['kind']} {event['state']}"


def _run_logged(arguments: Sequence[str], *, log: Path, temporary: Path, progress: Callable[[str], None]) -> None:
    """Run the CDK command line to its end.

    Args:
        arguments: its arguments.
        log: where all that it prints is appended.
        temporary: where it and the app keep temporary files.
        progress: receives each line.

    Raises:
        RefusedError: it ended with another code than 0; the text holds what failed and its last lines.
    """
    with (
        private_files.appended(log) as stream,
        subprocess.Popen(
            [*_dies_with_us(), *command(arguments)],
            cwd=PROJECT,
            env={**environment(), "TMPDIR": str(temporary)},
            umask=private_files.UMASK,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
        _ended(process),
    ):
        assert process.stdout is not None  # noqa: S101  (PIPE was asked for)
        lines: list[str] = []
        for line in process.stdout:
            stream.write(line)
            text = line.strip()
            if text:
                lines.append(text)
                progress(_event(text))
    if process.returncode != 0:
        raise RefusedError(
            f"cdk {arguments[0]} ended with {process.returncode}:\n" + "\n".join(_reasons(lines)),
            hint=f"all that it printed is in {log}",
        )


def _reasons(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines that say what failed, and the last ones; behind what failed other stacks may go on for long.

    >>> _reasons(["a | CREATE_FAILED | b | not authorized", *(f"c | {n}/40 | d" for n in range(40))])[:2]
    ('a | CREATE_FAILED | b | not authorized', 'c | 25/40 | d')
    """
    failed = [line for line in lines if _FAILURE.search(line)]
    return tuple(dict.fromkeys((*failed[:SHOWN_LINES], *lines[-SHOWN_LINES:])))
