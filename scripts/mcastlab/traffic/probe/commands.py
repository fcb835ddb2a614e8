"""What the probe does on a host beside its runs.

    probe hello                    say what this host is, and what its clock shows
    probe page RUN NODE NUMBER     print a further page of what `run` found
    probe hold RUN TEXT            keep a part of what a `run` will send, as it is too long for one command
    probe stop RUN NODE            end a `run`, or the wait for its pages, at once
    probe clear                    end every `run` on this host

Each prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from mcastlab.traffic.probe.serving import hold, inlet, running, tell

CHRONY_S = 2


def hello() -> dict[str, Any]:
    """Return what this host is, what its clock shows, and what its time service tells of that."""
    import subprocess  # noqa: PLC0415  (nothing else starts a program, and each start of the probe would load it)

    found: dict[str, Any] = {"python": sys.version.split()[0], "kernel": os.uname().release, "time_ns": time.time_ns()}
    with suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run(
            ["chronyc", "-c", "-n", "tracking"], capture_output=True, text=True, timeout=CHRONY_S, check=True
        )
        found["tracking"] = asked.stdout
    # Of a hardware clock chrony knows no error: the driver of the network card tells that.
    with suppress(OSError, ValueError):
        errors = [int(each.read_text()) for each in Path("/sys/bus/pci/devices").glob("*/phc_error_bound")]
        found["ptp_error_ns"] = max(errors) if errors else None
    return found


def main(arguments: list[str]) -> None:
    """Run one verb."""
    verb, *words = arguments or [""]
    if verb == "hello":
        print(json.dumps(hello()))
    elif verb == "hold":
        print(json.dumps({"kept": hold(words[0], words[1])}))
    elif verb == "page":
        print(tell(inlet(words[0], int(words[1])), words[2]).decode() or json.dumps({"pages": 0, "page": ""}))
    elif verb == "stop":
        print(json.dumps({"stopped": tell(inlet(words[0], int(words[1])), "stop") == b""}))
    elif verb == "clear":
        print(json.dumps({"stopped": len([tell(name, "stop") for name in running()])}))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
