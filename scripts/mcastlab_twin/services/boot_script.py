"""What a host's systemd does at each boot, as far as user data leaves something for it: settings and oneshot units.

The nodes have no systemd. Only what is the node's own is done: /etc begins as a copy of this machine's.
Sources: sysctl.d(5), systemd-sysctl.service(8); systemd.unit(5), .wants/; systemd.service(5), Type=oneshot.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS: Final = "sysctl.d"
UNITS: Final = "systemd/system/multi-user.target.wants"

_SCRIPT: Final = """
machines_own() {{ case "$1" in {known}) return 0;; esac; return 1; }}
for file in /etc/{settings}/*.conf; do
  [ -f "$file" ] || continue
  machines_own "{settings}/${{file##*/}}" || sysctl -q -p "$file" || failed="$failed $file"
done
for unit in /etc/{units}/*.service; do
  [ -f "$unit" ] || continue
  machines_own "{units}/${{unit##*/}}" && continue
  grep -q '^Type=oneshot' "$unit" || continue
  sed -n 's/^ExecStart=-\\{{0,1\\}}//p' "$unit" > /run/to-start
  while read -r line; do sh -c "$line" < /dev/null || failed="$failed $unit"; done < /run/to-start
done
[ -z "$failed" ] || {{ echo "failed:$failed" >&2; exit 1; }}
"""


def boot_script(skeleton_etc: Path) -> str:
    """Return the script of a boot that is not the first, given the /etc that nodes begin with."""
    known = [
        f"{folder}/{file.name}"
        for folder, ending in ((SETTINGS, "*.conf"), (UNITS, "*.service"))
        for file in sorted((skeleton_etc / folder).glob(ending))
    ]
    return _SCRIPT.format(
        known="|".join(shlex.quote(name) for name in known) or "''", settings=SETTINGS, units=UNITS
    ).lstrip()
