"""Read show commands back with genie, which lives in an environment of its own: JSON of texts in, JSON of values out.

Run by that environment's interpreter; see test_genie.py.
"""

from __future__ import annotations

import json
import logging
import sys


def main() -> None:
    """Parse each text with genie's parser of its command; a text that has none or does not parse gives a string."""
    from genie.conf.base import Device  # type: ignore[import-not-found]  # noqa: PLC0415  (in its own environment)

    logging.disable(logging.CRITICAL)
    device = Device("R1", os="iosxe")
    device.custom.setdefault("abstraction", {})["order"] = ["os"]
    parsed: dict[str, object] = {}
    for command, text in json.load(sys.stdin).items():
        try:
            parsed[command] = json.loads(json.dumps(device.parse(command, output=text), default=str))
        except Exception as problem:  # noqa: BLE001  (genie raises what it likes; the test shows it)
            parsed[command] = f"{type(problem).__name__}: {problem}"
    json.dump(parsed, sys.stdout)


if __name__ == "__main__":
    main()
