"""Makes and removes network namespaces, each owned by a user namespace of its own.

A program, so that the namespaces that it leaves and enters are no other's: ``namespaces.py MAP``, with lines
``add NAME`` and ``del NAME`` on standard input, where MAP is what uid_map and gid_map of each are to hold. They stand
as ip-netns(8) has them, in /run/netns, and their user namespaces beside them in /run/userns. Whoever is root of that
user namespace has its network to himself and nothing else: no other node's, and nothing of the machine's.
"""

from __future__ import annotations

import ctypes
import os
import sys

FOLDERS = ("/run/netns", "/run/userns")
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_MS_BIND, _MS_REC, _MS_SHARED, _MNT_DETACH = 1 << 12, 1 << 14, 1 << 20, 2

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, step: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{step}: {os.strerror(number)}")


def _mount(source: str, target: str, flags: int) -> None:
    _checked(_libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(flags), None), f"mount on {target}")


def share(folder: str) -> None:
    """Make a folder whose mounts come and go for daemons too that have left this mount namespace, as ip-netns does."""
    os.makedirs(folder, mode=0o755, exist_ok=True)  # noqa: PTH103  (this program imports nothing that takes long)
    try:
        _mount("", folder, _MS_SHARED | _MS_REC)
    except OSError:
        _mount(folder, folder, _MS_BIND | _MS_REC)
        _mount("", folder, _MS_SHARED | _MS_REC)


def add(name: str, id_map: str) -> None:
    """Make a network namespace in a new user namespace with that map, and bind both to their names."""
    made, report = os.pipe()
    held, let_go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(let_go)
        failed = _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) and ctypes.get_errno()
        os.write(report, bytes([failed]))
        os.read(held, 1)  # ends when the parent has bound the namespaces, or is gone
        os._exit(0)
    os.close(report)
    os.close(held)
    try:
        failed = (os.read(made, 1) or b"\1")[0]
        if failed:
            raise OSError(failed, f"unshare for {name}: {os.strerror(failed)}")
        for file in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{file}", "w", encoding="ascii") as stream:  # noqa: PTH123
                stream.write(id_map)
        for folder, kind in zip(FOLDERS, ("net", "user"), strict=True):
            place = f"{folder}/{name}"
            os.close(os.open(place, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0))
            _mount(f"/proc/{child}/ns/{kind}", place, _MS_BIND)
    finally:
        os.close(let_go)
        os.close(made)
        os.waitpid(child, 0)


def remove(name: str) -> None:
    """Take the names away; the namespaces end with their last process."""
    for folder in FOLDERS:
        place = f"{folder}/{name}"
        _checked(_libc.umount2(place.encode(), _MNT_DETACH), f"umount of {place}")
        os.unlink(place)  # noqa: PTH108


def main() -> int:
    """Carry out the lines; the first that fails ends it."""
    id_map = sys.argv[1]
    for folder in FOLDERS:
        share(folder)
    for line in sys.stdin:
        do, name = line.split()
        if do == "add":
            add(name, id_map)
        else:
            remove(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
