"""How commands reach a run that is under way on this host, and its pages afterwards: abstract Unix sockets."""

from __future__ import annotations

import base64
import json
import os
import socket
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE_CHARACTERS = 20_000
PAGES_WAIT_S = 60
# In place of a node's number: what keeps parts of a plan.
HELD = -1


def inlet(run: str, node: int) -> str:
    """Return the name of the abstract Unix socket by which a run is sent things; it is no file."""
    return f"\0mcastlab-{run}-{node}"


def heed(listener: socket.socket) -> bytes:
    """Return what a caller tells; it is answered by the end of its connection."""
    caller, _ = listener.accept()
    with caller:
        return caller.recv(100)


def running() -> list[str]:
    """Return the names of the inlets of all runs on this host."""
    lines = Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()
    names = {line.split()[-1] for line in lines if "@mcastlab-" in line}
    return ["\0" + name[1:] for name in sorted(names)]


def tell(name: str, word: str) -> bytes:
    """Tell a run something by its inlet and return its answer; none if there is no such run."""
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(name)
        except ConnectionRefusedError:
            return b""
        caller.sendall(word.encode())
        caller.shutdown(socket.SHUT_WR)
        return whole(caller)


def whole(caller: socket.socket) -> bytes:
    """Return all that the other end writes."""
    return b"".join(iter(lambda: caller.recv(1 << 16), b""))


def page_of(text: str, number: int) -> dict[str, Any]:
    """Return a part of a packed answer as small as a shell's output has to be."""
    page = text[number * PAGE_CHARACTERS :][:PAGE_CHARACTERS]
    return {"pages": -(-len(text) // PAGE_CHARACTERS), "page": page}


def serve(listener: socket.socket, answer: Callable[[bytes], bytes | None]) -> None:
    """Answer from a process in the background, until asked to stop, an answer is none, or nobody asks for a while."""
    if os.fork():
        return
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    listener.settimeout(PAGES_WAIT_S)
    try:
        answered: bytes | None = b""
        while answered is not None:
            caller, _ = listener.accept()
            with caller:
                word = whole(caller)
                answered = None if word == b"stop" else answer(word)
                caller.sendall(answered or b"")
    finally:
        os._exit(0)


def serve_pages(listener: socket.socket, text: str) -> None:
    """Hand out the pages of an answer."""
    serve(listener, lambda word: json.dumps(page_of(text, int(word))).encode())


def hold(run: str, text: str) -> int:
    """Keep a part of what a run will send behind those before it, and return how much is kept."""
    name = inlet(run, HELD)
    kept = tell(name, text)
    if kept:
        return int(kept)
    parts = [text]

    def keep(word: bytes) -> bytes:
        if word == b"all":
            return "".join(parts).encode()
        parts.append(word.decode())
        return str(sum(map(len, parts))).encode()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        listener.listen()
        serve(listener, keep)
    return len(text)


def held(run: str) -> Any:
    """Return what was kept for a run, and keep it no longer."""
    text = tell(inlet(run, HELD), "all")
    tell(inlet(run, HELD), "stop")
    return json.loads(zlib.decompress(base64.b64decode(text)))
