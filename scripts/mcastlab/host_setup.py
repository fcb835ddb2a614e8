"""Hosts' setup: a script of the user's own, run over the hosts' shells once, and again when it or the host is another.

What a host has run it notes itself, so that nothing is remembered here and a new host begins anew.
"""

from __future__ import annotations

import base64
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from mcastlab.contained import read_contained
from mcastlab.lab.document import at_line
from mcastlab.lab.own_files import FileOfLab
from mcastlab.text import count, printable
from mcastlab_base.errors import BadInputError, LabError, RefusedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.lab.document import LineOf
    from mcastlab.lab.model import Hosts, Lab
    from mcastlab.ports import Shell

LARGEST: Final = 16 * 1024
"""Octets of a script: as many as EC2 takes of user data, and one command of SSM carries them."""
LIMIT_S: Final = 900
LATER_S: Final = 60.0
"""How much longer than its script a command may take."""
FOLDER: Final = "/var/lib/mcastlab"
SHOWN_LINES: Final = 10
UNCHANGED, RAN = "unchanged", "ran"
_TIMED_OUT: Final = 124
"""Source: timeout(1)."""

# Its note goes before it runs: a script that fails half way is run again, as is the one of before.
_RUN: Final = """\
umask 077
folder={folder}
note=$folder/setup.sha256
[ "$(cat "$note" 2>/dev/null)" != {digest} ] || {{ echo {unchanged}; exit 0; }}
mkdir -p "$folder" && rm -f "$note" || exit
echo {script} | base64 -d >"$folder/setup" && chmod 0700 "$folder/setup" || exit
: >"$folder/setup.log" && cd / && umask 022 || exit
timeout -k 5 {limit_s} {run}"$folder/setup" >"$folder/setup.log" 2>&1 </dev/null
code=$?
[ $code = 0 ] || {{ tail -n {lines} "$folder/setup.log" >&2; exit $code; }}
echo {digest} >"$note.new" && mv "$note.new" "$note" && echo {ran}
"""


def setup_text(hosts: Hosts) -> str:
    """Return the script of a hosts entry that has one.

    Raises:
        BadInputError: its file cannot be read, leads out of the lab file's folder, or is too large.
    """
    where = f"hosts[{hosts.name}].setup"
    text = _read(where, hosts.setup) if isinstance(hosts.setup, FileOfLab) else hosts.setup or ""
    size = len(text.encode())
    if not text.strip() or "\0" in text:
        raise BadInputError(f"{where}: the script is {'no text' if text.strip() else 'empty'}", hint="write a script")
    if size > LARGEST:
        raise BadInputError(
            f"{where}: the script has {size} octets, and a command carries {LARGEST}",
            hint="have a small script fetch what is large, or put it into the image of hosts[].image",
        )
    return text


def _read(where: str, file: FileOfLab) -> str:
    try:
        return read_contained(Path(file.folder), PurePosixPath(file.path))
    except FileNotFoundError:
        raise BadInputError(
            f"{where}: {file} cannot be read: No such file or directory",
            hint="write a path relative to the lab file, or the script",
        ) from None
    except BadInputError as error:
        raise BadInputError(f"{where}: {error.text}", hint=error.hint) from None


def refuse_broken_setups(lab: Lab, where: str, line_of: LineOf) -> None:
    """Read each script, and forget it.

    Args:
        lab: the lab.
        where: its file, as it is reported.
        line_of: the line of a field in that file, by its path.

    Raises:
        BadInputError: one of them cannot be run; a line for each mistake.
    """
    lines, hints = [], []
    for hosts in lab.hosts:
        if hosts.setup is not None:
            try:
                setup_text(hosts)
            except BadInputError as error:
                lines.append(f"{at_line(where, line_of(f'hosts[{hosts.name}].setup'))}: {error.text}")
                hints.append(error.hint)
    if lines:
        raise BadInputError("\n".join(lines), hint=hints[0])


def set_up(lab: Lab, shells: Mapping[str, Shell], *, progress: Callable[[str], None]) -> dict[str, bool]:
    """Run the setup of each host that has not run it, and return of each that has one whether it ran now.

    Raises:
        BadInputError: a script cannot be read.
        RefusedError: one failed, or a host cannot be reached; those of the other hosts ended all the same.
        TimedOutError: one did not end in time.
    """
    commands = {
        name: command(setup_text(hosts)) for hosts in lab.hosts if hosts.setup is not None for name in hosts.names
    }
    if not commands:
        return {}
    progress(f"the setup of {count(len(commands), 'host')}, for at most {LIMIT_S // 60} min")

    def one(name: str) -> bool | LabError:
        try:
            return _set_up(shells[name], commands[name])
        except LabError as error:
            return error

    # All at once, so that hosts of an entry, which are given the very same command, share it.
    with ThreadPoolExecutor(len(commands)) as pool:
        found = dict(zip(commands, pool.map(one, commands), strict=True))
    failed = [each for each in found.values() if isinstance(each, LabError)]
    if failed:
        kind = TimedOutError if all(isinstance(each, TimedOutError) for each in failed) else RefusedError
        hint = f"the whole output is in {FOLDER}/setup.log of the host; up runs the script again"
        raise kind("\n".join(each.text for each in failed), hint=failed[0].hint or hint)
    return {name: each is True for name, each in found.items()}


def command(text: str) -> str:
    """Return the shell command that runs a script where it has not run; it needs nothing of the host but a shell."""
    script = text.encode()
    return _RUN.format(
        folder=FOLDER,
        digest=hashlib.sha256(script).hexdigest(),
        script=base64.b64encode(script).decode(),
        limit_s=LIMIT_S,
        lines=SHOWN_LINES,
        run="" if text.startswith("#!") else "sh ",
        unchanged=UNCHANGED,
        ran=RAN,
    )


def _set_up(shell: Shell, asked: str) -> bool:
    result = shell.run(asked, timeout_s=LIMIT_S + LATER_S)
    if result.code == 0:
        return re.search(rf"^{RAN}$", result.stdout, re.MULTILINE) is not None
    said = last_lines(result.stderr or result.stdout)
    if result.code == _TIMED_OUT:
        raise TimedOutError(f"{shell.host}: the setup did not end within {LIMIT_S} s{said}")
    raise RefusedError(f"{shell.host}: the setup ended with {result.code}{said}")


def last_lines(text: str) -> str:
    r"""Return the last lines of an output, as they follow a sentence.

    >>> last_lines("one\ntwo\n")
    ':\n  one\n  two'
    """
    lines = [printable(line) for line in text.strip().splitlines()[-SHOWN_LINES:]]
    return "".join([":", *(f"\n  {line}" for line in lines)]) if lines else ""
