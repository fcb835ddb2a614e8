"""Passwords of logins: read from where their owner keeps them, kept in memory, written nowhere.

For each kind the first of these that is set is used: the environment variable itself, the file descriptor that
``..._FD`` names (its first line), the command that ``..._COMMAND`` names (the first line that it prints; it finds the
router's name in MCASTLAB_ROUTER), and last the person at the terminal. The lab file has no place for them.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
from typing import TYPE_CHECKING, Final

from mcastlab_base.errors import BadInputError
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PASSWORD: Final = "MCASTLAB_ROUTER_PASSWORD"  # noqa: S105  (a variable's name)
ENABLE: Final = "MCASTLAB_ENABLE_SECRET"
ROUTER: Final = "MCASTLAB_ROUTER"
"""The variable in which a password command finds the name of the router that it is asked for."""
COMMAND_TIMEOUT_S: Final = 120
"""Enough for a person to unlock a store of passwords."""


class LoginSecrets:
    """What logs in to routers besides keys, each asked for once.

    Args:
        environment: its variables.
        ask: asks the person at the terminal, without showing what is typed; None where there is none.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ, ask: Callable[[str], str] | None = None) -> None:
        self._environment = environment
        self._ask = ask
        self._known: dict[tuple[str, str], Secret | None] = {}
        self._descriptors: dict[str, Secret] = {}
        self._asking = threading.Lock()

    @property
    def has_enable(self) -> bool:
        """Whether an enable secret is there without asking."""
        return any(f"{ENABLE}{suffix}" in self._environment for suffix in ("", "_FD", "_COMMAND"))

    def password(self, router: str, user: str) -> Secret | None:
        """Return the password of a user of a router, or None where nobody tells it.

        Raises:
            BadInputError: a descriptor or command that is named gives none.
        """
        return self._found(PASSWORD, router, f"Password of {user} on {router}: ")

    def enable(self, router: str) -> Secret | None:
        """Return a router's enable secret, or None where nobody tells it.

        Raises:
            BadInputError: as `password`.
        """
        return self._found(ENABLE, router, f"Enable secret of {router}: ")

    def _found(self, name: str, router: str, question: str) -> Secret | None:
        key = (name, router)
        # Routers are logged in to at once, and a person is asked one thing at a time.
        with self._asking:
            if key not in self._known:
                self._known[key] = self._read(name, router, question)
            return self._known[key]

    def _read(self, name: str, router: str, question: str) -> Secret | None:
        if name in self._environment:
            return Secret(self._environment[name])
        if (descriptor := self._environment.get(f"{name}_FD")) is not None:
            if name not in self._descriptors:
                self._descriptors[name] = _of_descriptor(f"{name}_FD", descriptor)
            return self._descriptors[name]
        if (command := self._environment.get(f"{name}_COMMAND")) is not None:
            return _printed(f"{name}_COMMAND", command, {**self._environment, ROUTER: router})
        return None if self._ask is None else Secret(self._ask(question))


def _of_descriptor(name: str, number: str) -> Secret:
    try:
        with os.fdopen(os.dup(int(number)), encoding="utf-8") as opened:
            return Secret(opened.readline().rstrip("\n"))
    except (OSError, ValueError):
        raise BadInputError(
            f"{name} names the file descriptor {number!r}, which cannot be read",
            hint=f"open it before: {name}=3 ... 3< FILE",
        ) from None


def _printed(name: str, command: str, environment: Mapping[str, str]) -> Secret:
    """Return the first line that a command prints; what it prints on its error output is the person's to see."""
    try:
        done = subprocess.run(
            shlex.split(command),
            env=dict(environment),
            stdout=subprocess.PIPE,
            encoding="utf-8",
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else "it does not end, or is not a command"
        raise BadInputError(f"{name}: the command cannot be run: {reason}", hint="try it in a shell") from None
    secret = done.stdout.partition("\n")[0].rstrip("\r")
    if done.returncode or not secret:
        raise BadInputError(
            f"{name}: the command ended with {done.returncode} and printed {'no' if not secret else 'a'} first line",
            hint="it has to print the password in its first line",
        )
    return Secret(secret)
