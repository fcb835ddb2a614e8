"""Run programs, here or in a network namespace of the sandbox."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab_base import private_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProgramOutput:
    """How a program ended and what it printed."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str


class ProgramError(Exception):
    """A program that was to succeed did not; the text holds its command, code and output."""

    def __init__(self, output: ProgramOutput, given: str | None = None) -> None:
        sent = f"\ngiven:\n{given}" if given else ""
        super().__init__(
            f"{' '.join(output.argv)} ended with {output.code}\n{output.stderr}{output.stdout}".rstrip() + sent
        )
        self.output = output


def argv_in(netns: str | None, argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that runs `argv` in the named network namespace, or `argv` itself where none is named."""
    return argv if netns is None else ("ip", "netns", "exec", netns, *argv)


async def run(
    *argv: str,
    netns: str | None = None,
    given: str | None = None,
    check: bool = True,
    timeout_s: float = 20,
    env: Mapping[str, str] | None = None,
    secret: bool = False,
) -> ProgramOutput:
    """Run a program to its end.

    Args:
        argv: the program and its arguments; no shell is used.
        netns: the network namespace to run it in.
        given: its standard input.
        check: raise if it ends with another code than 0.
        timeout_s: seconds after which it is killed.
        env: its whole environment, where it is not to be ours.
        secret: its input must not be reported in an error.

    Raises:
        ProgramError: it ended with another code than 0 and `check` is on.
        TimeoutError: it did not end in time; it has been killed.
    """
    command = argv_in(netns, argv)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=env,
    )
    try:
        async with asyncio.timeout(timeout_s):
            stdout, stderr = await process.communicate(None if given is None else given.encode())
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    code = process.returncode if process.returncode is not None else -1
    output = ProgramOutput(command, code, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
    if check and output.code != 0:
        raise ProgramError(output, None if secret else given)
    return output


async def spawn(
    *argv: str, netns: str | None = None, log: Path, env: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start a program that stays; what it prints is appended to `log`."""
    with private_files.appended(log) as stream:
        return await asyncio.create_subprocess_exec(
            *argv_in(netns, argv), stdin=asyncio.subprocess.DEVNULL, stdout=stream, stderr=stream, env=env
        )


async def ip(netns: str, lines: Sequence[str]) -> None:
    """Run the lines, each an `ip` command without the word ip, in a namespace; stops at the first that fails.

    Raises:
        ProgramError: a line failed; its text holds all of them.
    """
    if lines:
        await run("ip", "-n", netns, "-batch", "-", given="".join(f"{line}\n" for line in lines))
