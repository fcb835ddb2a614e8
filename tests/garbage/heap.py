"""Garbage: what a router, a host or AWS may answer instead of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GARBAGE: Final[Mapping[str, Callable[[str], str]]] = {
    "nothing": lambda _: "",
    "blank lines": lambda _: "\n \n\t\n",
    "half": lambda answer: answer[: len(answer) // 2],
    "all but the last line": lambda answer: answer.rstrip().rpartition("\n")[0],
    "binary": lambda _: "\x00\x01\x7f\ufffd\ufffd\x1b[2J\x9b" * 40,
    "another encoding": lambda answer: answer.encode("utf-16").decode("latin-1"),
    "a long line": lambda answer: answer + "x" * 100_000,
    "a long answer": lambda answer: answer * 50,
    "not authorised": lambda _: "% Authorization failed.\n",
    "not authorised, as AAA says it": lambda _: "Command authorization failed.\n",
    "an unknown command": lambda _: "      ^\n% Invalid input detected at '^' marker.\n",
    "an error": lambda _: "%Error opening nvram:/startup-config (Device or resource busy)\n",
    "JSON": lambda _: '{"a": [1, 2, {"b": null}]}\n',
    "a page": lambda _: "<!DOCTYPE html><html><body>Sign in</body></html>\n",
    "a traceback": lambda _: "%SCHED-3-THRASHING: Process thrashing\n-Traceback= 1#8c0a 0x5 0x7\n",
    "no digits": lambda answer: "".join("x" if each.isdecimal() else each for each in answer),
    "huge digits": lambda answer: "".join("9" * 30 if each.isdecimal() else each for each in answer),
    "foreign digits": lambda answer: answer.translate({ord(each): chr(0x660 + int(each)) for each in "0123456789"}),
    "no letters": lambda answer: "".join("1" if each.isalpha() else each for each in answer),
    "no line ends": lambda answer: answer.replace("\n", " "),
    "words backwards": lambda answer: "\n".join(" ".join(reversed(line.split())) for line in answer.splitlines()),
    "a message of the log": lambda answer: (
        "*Mar  1 00:00:00.000: %LINEPROTO-5-UPDOWN: Line protocol on Interface Tunnel5, changed state to up\n" + answer
    ),
    "a running configuration": lambda _: (
        "Building configuration...\n!\nversion 17.9\nrouter bgp 65000.1000\n"
        " neighbor 10.0.0.1 password s3cr3t-of-owner\n"
        "end\n"
    ),
}
