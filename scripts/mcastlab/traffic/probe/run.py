"""Carries out a node's part of a plan on its host, and prints what was sent and heard as one JSON object.

    probe run PLAN NAME

PLAN is JSON, or that compressed by zlib and in Base64; `mcastlab.traffic.plan` says what is in it. A run ends by itself
when its plan does; until then, and while its pages are asked for, the commands reach it.
"""

from __future__ import annotations

import base64
import json
import resource
import socket
import sys
import zlib
from typing import Any

from mcastlab.traffic.probe.engine import Engine
from mcastlab.traffic.probe.serving import PAGE_CHARACTERS, held, inlet, page_of, serve_pages


def raise_limits() -> None:
    """Take as many open files as this user may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run(plan: dict[str, Any], node: int) -> None:
    """Carry out a node's part of a plan and print what was found, or its first page."""
    raise_limits()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(inlet(plan["run"], node))
        listener.listen()
        text = json.dumps(Engine(plan, node).run(listener), separators=(",", ":"))
        if len(text) > PAGE_CHARACTERS:
            packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
            text = json.dumps(page_of(packed, 0))
            if len(packed) > PAGE_CHARACTERS:
                serve_pages(listener, packed)
        print(text, flush=True)


def main(arguments: list[str]) -> None:
    """Run one plan."""
    _, document, name = arguments
    text = document if document.startswith("{") else zlib.decompress(base64.b64decode(document)).decode()
    plan = json.loads(text)
    if plan.get("held"):
        plan["media"] = held(plan["run"])
    run(plan, [each for each, _ in plan["nodes"]].index(name))


if __name__ == "__main__":
    main(sys.argv[1:])
