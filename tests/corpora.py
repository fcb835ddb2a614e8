"""Read public captures of real routers with our readers, judged by genie: ``python tests/corpora.py [FILE]``.

The captures are not the project's. They are read from ``captures.json`` in the folder that `SHARED` names.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "scripts")]

from corpora_values import COMMANDS
from judges import genie_reads

from mcastlab.ios.show.tables import UnreadableError
from mcastlab.lab_files import PROJECT

SHARED: Final = "MCASTLAB_SHARED"
"""The environment variable that names the folder; without it, ``shared`` beside the project."""
CAPTURES: Final = Path(os.environ.get(SHARED, PROJECT.parent / "shared")) / "cases" / "captures.json"
RIGHT, EXPLAINED, UNJUDGED, REFUSED, WRONG = "right", "explained", "unjudged", "refused", "wrong"

NO_SUCH_LINE: Final = "its line with the encrypted packets is not there, as in no router's answer"
NOT_READ: Final[dict[str, str]] = {
    "genie:iosxe/tests/ShowCryptoIpsecSaPeer/cli/equal/golden_output_output.txt": NO_SUCH_LINE,
    "genie:iosxe/tests/ShowCryptoIpsecSaPeerDetail/cli/equal/golden_output_output.txt": NO_SUCH_LINE,
    "genie:iosxe/tests/ShowIpRouteWord/cli/equal/golden_output4_output.txt": "no ip routing: it has no routes",
    "genie:ios/tests/ShowIpRpf/cli/equal/golden_output_output.txt": "its mask 255.255.255.225 is none",
    "genie:ios/tests/ShowIpRpf/cli/equal/golden_output2_output.txt": "its mask 255.255.255.225 is none",
    "ntc:ping/cisco_ios_ping_directed_broadcast.raw": "a ping to a broadcast address tells no success rate",
}
"""By the source of a capture why no value is read from it."""

CAPITALS: Final = "genie writes interfaces that are no part of the router itself with a capital"
GENIE_DIFFERS: Final[dict[str, str]] = {
    "genie:iosxe/tests/ShowInterfaces/cli/equal/golden_interface_output_7_output.txt": CAPITALS,
    "genie:iosxe/tests/ShowInterfaces/cli/equal/golden_output_3_output.txt": CAPITALS,
    "genie:iosxe/tests/ShowIpInterfaceBrief/cli/equal/golden_output.txt": "genie writes short names out",
    "genie:iosxe/tests/ShowIpMroute/cli/equal/golden_output5_output.txt": "genie numbers interfaces that repeat",
    "genie:iosxe/tests/ShowIpRouteWord/cli/equal/golden_output_7_output.txt": "genie keeps the AS number in asdot",
}
"""By the source of a capture why genie's values are others than ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureVerdict:
    """What became of one capture."""

    command: str
    source: str
    verdict: str
    reported: str = ""


def verdicts(path: Path = CAPTURES) -> list[CaptureVerdict]:
    """Return the verdict on each capture of a file."""
    captures = json.loads(path.read_text(encoding="utf-8"))
    judged = genie_reads([(COMMANDS[each["command"]][3] or each["command"], each["text"]) for each in captures])
    return [_verdict(capture, genie) for capture, genie in zip(captures, judged, strict=True)]


def _verdict(capture: dict[str, str], genie: object) -> CaptureVerdict:
    command, source = capture["command"], capture["source"]
    reader, ours, theirs, _ = COMMANDS[command]

    def found(verdict: str, reported: str = "") -> CaptureVerdict:
        return CaptureVerdict(command=command, source=source, verdict=verdict, reported=reported)

    try:
        mine = ours(reader(capture["text"]))
    except UnreadableError as error:
        return found(REFUSED, NOT_READ[source]) if source in NOT_READ else found(WRONG, error.text)
    if isinstance(genie, str):
        return found(UNJUDGED, genie)
    try:
        judge = theirs(genie)
    except (KeyError, ValueError) as error:
        return found(UNJUDGED, f"genie's values lack {error}")
    if mine == judge:
        return found(RIGHT)
    if source in GENIE_DIFFERS:
        return found(EXPLAINED, GENIE_DIFFERS[source])
    differing = sorted(key for key in mine.keys() | judge.keys() if mine.get(key) != judge.get(key))
    reported = "; ".join(f"{key}: {mine.get(key)} is {judge.get(key)} to genie" for key in differing[:3])
    return found(WRONG, reported)


def table(found: list[CaptureVerdict]) -> str:
    """Return the counts by command, and what is not simply right."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in found:
        counts[each.command][each.verdict] += 1
    columns = (RIGHT, EXPLAINED, UNJUDGED, REFUSED, WRONG)
    lines = [f"{'command':42}" + "".join(f"{column:>11}" for column in columns)]
    lines += [
        f"{command:42}" + "".join(f"{counts[command][column]:>11}" for column in columns) for command in sorted(counts)
    ]
    totals = Counter(each.verdict for each in found)
    lines.append(f"{'all ' + str(len(found)):42}" + "".join(f"{totals[column]:>11}" for column in columns))
    lines += ["", *(f"{each.verdict}: {each.source}: {each.reported}" for each in found if each.verdict != RIGHT)]
    return "\n".join(lines)


def main() -> int:
    """Print the table; 1 where a capture is wrong, 2 where there are none."""
    path = Path(sys.argv[1]) if sys.argv[1:] else CAPTURES
    if not path.exists():
        sys.stderr.write(f"{path} is not there: set {SHARED} to the folder that holds cases/captures.json\n")
        return 2
    found = verdicts(path)
    sys.stdout.write(f"{table(found)}\n")
    return int(any(each.verdict == WRONG for each in found))


if __name__ == "__main__":
    sys.exit(main())
