"""Read show commands back with genie, which lives in an environment of its own: JSON of pairs in, JSON of values out.

Run by that environment's interpreter; see judges.py.
"""

from __future__ import annotations

import json
import logging
import sys


def main() -> None:
    """Parse each pair of a command and its answer; one that has no parser or does not parse gives a string."""
    from genie.conf.base import Device  # type: ignore[import-not-found]  # noqa: PLC0415  (in its own environment)

    logging.disable(logging.CRITICAL)
    device = Device("R1", os="iosxe")
    device.custom.setdefault("abstraction", {})["order"] = ["os"]
    parsed: list[object] = []
    for command, text in json.load(sys.stdin):
        try:
            parsed.append(json.loads(json.dumps(device.parse(command, output=text), default=str)))
        except Exception as problem:  # noqa: BLE001  (genie raises what it likes; the test shows it)
            parsed.append(f"{type(problem).__name__}: {problem}")
    json.dump(parsed, sys.stdout)


if __name__ == "__main__":
    main()
