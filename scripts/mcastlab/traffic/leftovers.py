"""Probes that a killed run left on hosts: one that listens on is a member of its group, and no bystander any more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcastlab.ports import Shell

TIMEOUT_S: Final = 30.0

_REMOVE: Final = """\
for folder in /tmp/mcastlab-*-{host}; do
  [ -d "$folder" ] || continue
  pid=$(cat "$folder/state.pid" 2>/dev/null) && grep -qs "$folder/" "/proc/$pid/cmdline" && kill "$pid"
  rm -rf "$folder" && echo "$folder"
done
:"""


def remove_leftovers(shells: Mapping[str, Shell]) -> tuple[str, ...]:
    """End and remove the probes of earlier runs; to be called before the first of a run's own is there.

    Returns the names of hosts that had some.

    Raises:
        RefusedError: a host cannot be reached.
        TimedOutError: a host did not answer in time.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(shells))) as pool:
        told = pool.map(lambda shell: shell.run(_REMOVE.format(host=shell.host), timeout_s=TIMEOUT_S), shells.values())
        return tuple(name for name, result in zip(shells, told, strict=True) if result.stdout.strip())
