"""What the sandbox sees of the machine's files: all of it read-only, with private folders where programs write.

Called once, first thing inside, in the sandbox's own mount namespace; nothing of it is seen outside.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

PRIVATE: Final = {
    "/run": "0755",
    "/tmp": "1777",  # noqa: S108  (a private tmpfs is put over it)
    "/var/tmp": "1777",  # noqa: S108
    "/dev/shm": "1777",  # noqa: S108
    "/etc/frr": "0755",
}
"""Folders that become empty and the sandbox's own, with their modes."""

INSIDE: Final = Path("/run/mcastlab")
"""The run folder of the outside, as it is seen inside."""
STATE: Final = Path("/run/twin")
"""The sandbox's own state: gone with it."""

_MS_NOSUID, _MS_NODEV, _MS_BIND, _MS_REC = 2, 4, 1 << 12, 1 << 14
_SYS_MOUNT_SETATTR: Final = 442
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
READ_ONLY, NO_SUID, NO_DEVICES = 1, 2, 4
"""Attributes of a mount. Source: linux/mount.h, MOUNT_ATTR_RDONLY and so on."""
_MS_PRIVATE = 1 << 18


class _MountAttributes(ctypes.Structure):
    """struct mount_attr. Source: mount_setattr(2)."""

    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def make_private(run_dir: Path) -> None:
    """Give this mount namespace read-only files of the machine and private folders to write in.

    Raises:
        OSError: the kernel refused a step; the error names it.
    """
    kept = {folder: os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) for folder in _folders_we_run_from()}
    outside = os.open(run_dir, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    set_attributes("/", set_=READ_ONLY, propagation=_MS_PRIVATE, recursive=True)
    for folder, mode in PRIVATE.items():
        if Path(folder).is_dir():
            mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV, f"mode={mode}")
    if Path("/dev/pts").is_dir():
        mount("devpts", "/dev/pts", "devpts", _MS_NOSUID, "newinstance,ptmxmode=0666,mode=0620")
    mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV, "")
    guard_proc()
    INSIDE.mkdir(mode=0o700)
    bind(f"/proc/self/fd/{outside}", str(INSIDE))
    set_attributes(str(INSIDE), clear=READ_ONLY)
    os.close(outside)
    for place, descriptor in kept.items():
        if not place.is_dir():
            place.mkdir(parents=True)
            bind(f"/proc/self/fd/{descriptor}", str(place))
        os.close(descriptor)
    STATE.mkdir(mode=0o755)
    os.chdir("/")


def guard_proc() -> None:
    """Let only the network's settings be written: all others are the whole machine's.

    In a user namespace the kernel sees to it; root without one needs this.
    """
    bind("/proc/sys", "/proc/sys")
    bind("/proc/sys/net", "/proc/sys/net")
    set_attributes("/proc/sys", set_=READ_ONLY)
    for name in ("/proc/sysrq-trigger", "/proc/irq", "/proc/bus"):
        if Path(name).exists():
            bind(name, name)
            set_attributes(name, set_=READ_ONLY)


def _folders_we_run_from() -> tuple[Path, ...]:
    """Folders that must stay in sight, should they lie under one that is hidden: the interpreter's and the code's."""
    code = Path(__file__).resolve().parents[2]
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent, code}
    return tuple(folder for folder in sorted(found) if folder.is_dir())


def bind(source: str, target: str, *, recursive: bool = False) -> None:
    """Have a file or folder stand in another place too."""
    mount(source, target, None, _MS_BIND | (_MS_REC if recursive else 0), None)


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
    """Make a mount; OSError names what was refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    texts = (source, target, kind)
    encoded = [None if text is None else text.encode() for text in texts]
    data = None if options is None else options.encode()
    if libc.mount(*encoded, ctypes.c_ulong(flags), data) != 0:
        raise _refused(f"mount of {source}", target)


def set_attributes(
    target: str, *, set_: int = 0, clear: int = 0, propagation: int = 0, recursive: bool = False
) -> None:
    """Change attributes of a mount; OSError names what was refused. Source: mount_setattr(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = _MountAttributes(set_, clear, propagation, 0)
    flags = _AT_RECURSIVE if recursive else 0
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    if libc.syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, target.encode(), flags, ctypes.byref(wanted), size) != 0:
        raise _refused("mount_setattr (Linux 5.12 or later)", target)


def _refused(step: str, target: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{step}: {os.strerror(number)}", target)
