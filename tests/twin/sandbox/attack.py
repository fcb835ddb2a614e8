"""What somebody tries whose commands run in a node; prints as JSON what came of each attempt that worked.

Runs with what a node has. Its argument is JSON: files of the machine with their device and inode, what they hold
from back to front, ids of processes and of a shared memory outside, the name of a key, and the folders that a node
is to have.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import stat
import struct
import sys
from typing import Any

TARGETS: dict[str, Any] = json.loads(sys.argv[1])

libc = ctypes.CDLL(None, use_errno=True)
found: dict[str, list[str]] = {}
WAYS_OUT = ("mnt", "pid", "net", "user", "ipc", "uts")
SYSCALLS = {"x86_64": (175, 176, 250), "aarch64": (105, 106, 219)}[os.uname().machine]
INIT_MODULE, DELETE_MODULE, KEYCTL = SYSCALLS
CLONE_NEWNS, CLONE_NEWUSER, MS_BIND, MS_REC, MS_REMOUNT, MNT_DETACH = 0x20000, 0x10000000, 4096, 16384, 32, 2
STANDARD_ERROR = 2
SMALL = 4096
PTRACE_SEIZE = 0x4206
AT_FDCWD = -100


def succeeded(what: str, how: object = "") -> None:
    found.setdefault(what, []).append(str(how))


def opens(path: str, how: str = "reads") -> bool:
    try:
        flags = os.O_RDONLY if how == "reads" else os.O_WRONLY
        os.close(os.open(path, flags | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def by_path(prefix: str = "", what: str = "by path") -> None:
    for target in TARGETS["files"]:
        for how in ("reads", "writes"):
            if opens(prefix + target["path"], how):
                succeeded(what, f"{how} {prefix}{target['path']}")


def by_processes() -> None:
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            by_path(f"/proc/{entry}/root", "by /proc/PID/root")
            by_path(f"/proc/{entry}/cwd", "by /proc/PID/cwd")


class Handle(ctypes.Structure):
    _fields_ = (("size", ctypes.c_uint), ("kind", ctypes.c_int), ("bytes", ctypes.c_ubyte * 128))


def by_handle(what: str = "by open_by_handle_at") -> None:
    """Inode numbers are handles on ext4, and generation 0 any generation."""
    for folder in ("/", "/usr", "/etc", "/dev", "/tmp", "/run", "/proc", "/usr/lib"):
        try:
            mount = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        own = Handle(128, 0)
        mount_id = ctypes.c_int()
        if libc.name_to_handle_at(AT_FDCWD, folder.encode(), ctypes.byref(own), ctypes.byref(mount_id), 0) == 0:
            opened(mount, own, f"{folder} itself", what)
        for number in (2, *(target["inode"] for target in TARGETS["files"])):
            handle = Handle(8, 1)
            struct.pack_into("=II", handle.bytes, 0, number & 0xFFFFFFFF, 0)
            opened(mount, handle, f"inode {number} on the file system of {folder}", what)
        os.close(mount)


def opened(mount: int, handle: Handle, which: str, what: str) -> None:
    descriptor = libc.open_by_handle_at(mount, ctypes.byref(handle), os.O_RDONLY)
    if descriptor >= 0:
        succeeded(what, which)
        os.close(descriptor)


def by_devices() -> None:
    for target in TARGETS["files"]:
        for folder in ("/tmp", "/dev", "/root"):
            place = f"{folder}/disk"
            try:
                os.mknod(place, stat.S_IFBLK | 0o600, target["device"])
                succeeded("by mknod", place)
            except OSError:
                continue
    for folder, _, names in os.walk("/dev"):
        for name in names:
            path = f"{folder}/{name}"
            try:
                mode = os.stat(path).st_mode
            except OSError:
                continue
            if stat.S_ISBLK(mode) or name in ("mem", "kmsg", "port", "kvm", "fuse", "loop-control"):
                succeeded("by devices", path)


def mount(source: str, place: str, kind: str | None, flags: int = 0) -> bool:
    return bool(libc.mount(source.encode(), place.encode(), kind and kind.encode(), ctypes.c_ulong(flags), None) == 0)


def by_mounts(*, nested: bool) -> None:
    by_new_mounts(nested=nested)
    by_old_mounts()
    by_path(what="by mounting")


def by_new_mounts(*, nested: bool) -> None:
    for kind in ("proc", "sysfs", "devtmpfs", "ext4", "cgroup2", "debugfs", "securityfs", "bpf"):
        if mount("/dev/vda" if kind == "ext4" else kind, "/mnt", kind):
            for name in os.listdir("/mnt"):
                # What is seen of a fresh proc or cgroup is the node's; what counts is whether it may be written.
                if not nested or (name in {"sysrq-trigger", "cgroup.procs"} and opens(f"/mnt/{name}", "writes")):
                    succeeded("by mounting", f"{kind}: {name}")
            libc.umount2(b"/mnt", MNT_DETACH)
    for source in ("/", "/usr", "/proc/1/root"):
        if mount(source, "/mnt", None, MS_BIND | MS_REC):
            if not nested:
                succeeded("by mounting", f"bind of {source}")
            by_path("/mnt", "by mounting")
            libc.umount2(b"/mnt", MNT_DETACH)


def by_old_mounts() -> None:
    for place in ("/usr", "/etc", "/proc", "/dev", "/sys/devices/virtual/net", "/dev/pts"):
        if libc.umount2(place.encode(), MNT_DETACH) == 0:
            succeeded("by umount", place)
    if mount("none", "/usr", None, MS_BIND | MS_REMOUNT):
        succeeded("by mounting", "/usr writable")
    for name in ("/usr/bin/attacked", "/usr/attacked"):
        try:
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o755))
            succeeded("by mounting", name)
        except OSError:
            continue


def by_signals() -> None:
    mine = {int(entry) for entry in os.listdir("/proc") if entry.isdigit()}
    # This program itself and what a shell of it left behind may have any number; what we may signal must be seen.
    strangers = [pid for pid in range(1, 1 << 17) if pid not in mine and may_signal(pid)]
    now = {int(entry) for entry in os.listdir("/proc") if entry.isdigit()}
    for pid in strangers:
        if pid not in now and may_signal(pid):
            succeeded("by signals", pid)
    for entry in sorted(mine & now):
        comm = read(f"/proc/{entry}/comm").strip()
        if comm not in ("tini", "sleep", "sh", "bash", "python3", "python3.11", "python3.12", "python3.13"):
            succeeded("by processes seen", comm)
    for pid in TARGETS["processes"]:
        if pid not in mine and libc.ptrace(PTRACE_SEIZE, pid, None, None) == 0:
            succeeded("by ptrace", pid)


def may_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM  # it is there, which is too much already: its ids are of another namespace
    return True


def by_namespaces() -> None:
    for kind in WAYS_OUT:
        for entry in os.listdir("/proc"):
            path = f"/proc/{entry}/ns/{kind}"
            try:
                if not entry.isdigit() or os.stat(path).st_ino == os.stat(f"/proc/self/ns/{kind}").st_ino:
                    continue
                descriptor = os.open(path, os.O_RDONLY)
            except OSError:
                continue
            child = os.fork()
            if child == 0:
                os._exit(0 if libc.setns(descriptor, 0) == 0 else 1)
            if os.waitpid(child, 0)[1] == 0:
                succeeded("by nsenter", path)


def by_netlink() -> None:
    """A link's other end has a number for its namespace: links there may be asked for by it, with rights over it."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as asking:
        asking.settimeout(2)
        for number in range(4):
            attribute = struct.pack("=HHi", 8, 46, number)  # IFLA_TARGET_NETNSID
            body = struct.pack("=BxHiII", 0, 0, 1, 0, 0) + attribute  # link 1 there
            asking.send(struct.pack("=IHHII", 16 + len(body), 18, 1, 1, 0) + body)  # RTM_GETLINK, NLM_F_REQUEST
            answer = asking.recv(1 << 16)
            if struct.unpack_from("=H", answer, 4)[0] == 16:  # RTM_NEWLINK
                succeeded("by netlink into another node", f"number {number}")


def by_settings() -> None:
    for path in (
        *("/proc/sys/kernel/panic", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe"),
        *("/proc/sys/vm/drop_caches", "/proc/sys/fs/file-max", "/proc/sysrq-trigger", "/proc/kcore", "/proc/kmsg"),
        *("/sys/kernel/uevent_helper", "/sys/power/state", "/sys/fs/cgroup/cgroup.procs"),
    ):
        if opens(path, "writes") or (path in {"/proc/kcore", "/proc/kmsg"} and opens(path)):
            succeeded("by settings", path)
    for name, number, arguments in (
        ("init_module", INIT_MODULE, (None, 0, b"")),
        ("delete_module", DELETE_MODULE, (b"no_such_module", 0)),
    ):
        ctypes.set_errno(0)
        if libc.syscall(number, *arguments) == 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            succeeded("by kernel modules", f"{name}: {os.strerror(ctypes.get_errno())}")


def by_what_is_inherited() -> None:
    search, session = 10, -3
    if libc.syscall(KEYCTL, search, session, b"user", TARGETS["key"].encode(), 0) >= 0:
        succeeded("by the starter's keys", TARGETS["key"])
    if libc.shmget(TARGETS["memory"], 0, 0) >= 0:
        succeeded("by shared memory", TARGETS["memory"])
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            by_descriptors(f"/proc/{entry}/fd")


def by_descriptors(folder: str) -> None:
    """What leads to a folder leads on to those above it; files and pipes lead nowhere, but we were given three."""
    try:
        numbers = os.listdir(folder)
    except OSError:
        return
    for number in numbers:
        path = f"{folder}/{number}"
        try:
            what, is_folder = os.readlink(path), os.path.isdir(path)
        except OSError:
            continue
        if is_folder:
            succeeded("by descriptors", f"{path}: {what}")
            by_path(f"{path}/..", "by descriptors")
        elif int(number) > STANDARD_ERROR and folder == f"/proc/{os.getpid()}/fd" and not what.startswith("pipe:"):
            succeeded("by descriptors", f"{path}: {what}")


def by_what_lies_about() -> None:
    for name in sorted(set(os.listdir("/")) - set(TARGETS["folders"])):
        succeeded("by folders seen", name)
    for folder in ("/etc", "/run", "/home", "/root", "/tmp", "/var", "/srv", "/mnt", "/opt"):
        for place, _, names in os.walk(folder):
            for name in names:
                if TARGETS["drow"][::-1] in read(f"{place}/{name}"):
                    succeeded("by folders seen", f"{place}/{name}")


def read(path: str) -> str:
    """Return what a small file holds; of others nothing is sought."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) or os.stat(path).st_size > SMALL:
            return ""
        with open(path, errors="replace") as stream:
            return stream.read(SMALL)
    except OSError:
        return ""


def in_a_user_namespace_of_ones_own() -> None:
    """With all rights over nothing but what is made in it."""
    telling, reported = os.pipe()
    child = os.fork()
    if child == 0:
        found.clear()
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0:
            by_path(what="by path")
            by_handle("by open_by_handle_at")
            by_mounts(nested=True)
            by_devices()
            by_settings()
        os.write(reported, repr(found).encode())
        os._exit(0)
    os.close(reported)
    text = b""
    while chunk := os.read(telling, 1 << 16):
        text += chunk
    os.waitpid(child, 0)
    for what, hows in eval(text).items():  # noqa: S307  (our own child's)
        found.setdefault(f"{what}, in a user namespace", []).extend(hows)


def main() -> None:
    for attempt in (by_path, by_processes, by_handle, by_devices, by_namespaces, by_netlink, by_settings):
        attempt()
    by_what_is_inherited()
    by_what_lies_about()
    by_signals()
    in_a_user_namespace_of_ones_own()
    by_mounts(nested=False)
    print(json.dumps({"user": os.getuid(), "worked": found}))


main()
