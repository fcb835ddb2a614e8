"""What a command in a node finds: a file system built from nothing, its own processes, no right over the machine.

There is /usr, read-only; an /etc that stands on what everybody may read of the machine's; the harmless devices; /proc
of the node's processes; of /sys the network's part; and empty folders. The old root is taken away, so that no path, no
descriptor and no handle leads to anything else. Whoever runs in it is of the user namespace that owns the node's
network: its root is a subordinate id outside.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab_twin.sandbox import mounts, subordinate_ids
from mcastlab_twin.sandbox.machine import SEARCH_PATH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcastlab_twin.sandbox.subordinate_ids import NodeIds

FOLDER: Final = mounts.STATE / "rootfs"
"""What nodes' file systems are built of."""

_CAPABILITIES: Final = (
    "chown,dac_override,dac_read_search,fowner,fsetid,kill,setgid,setuid,setfcap,"
    "net_bind_service,net_broadcast,net_admin,net_raw,ipc_lock,sys_chroot,sys_nice,sys_resource"
)
"""What root is in a node, over what is the node's. It lacks sys_admin: nothing is mounted in a node."""

LIMITS: Final = ("setpriv", "--bounding-set", f"-all,+{_CAPABILITIES.replace(',', ',+')}", "--")
ENVIRONMENT: Final = ("env", "-i", f"PATH={SEARCH_PATH}", "HOME=/root", "LANG=C.UTF-8", "USER=root")

_NAMESPACES: Final = ("--mount", "--uts", "--ipc", "--pid")
"""A node's own beside network and user namespace. They belong to the sandbox: nobody inside has rights over them."""

_FOLDERS: Final = {
    **dict.fromkeys(("dev", "etc", "home", "mnt", "old", "opt", "proc", "run", "srv", "usr", "var"), 0o755),
    **dict.fromkeys(("var/lib", "var/log"), 0o755),
    **dict.fromkeys(("sys", "sys/class", "sys/devices", "sys/devices/virtual", "sys/devices/virtual/net"), 0o755),
    **dict.fromkeys(("tmp", "var/tmp"), 0o1777),
    "root": 0o700,
}
_KEPT: Final = ("root", "home", "mnt", "opt", "srv", "var/lib", "var/log", "var/tmp")
"""Folders of a disk: what is in them, and in /etc, outlives a stop. /run and /tmp are empty after each start."""
_LINKS: Final = {"sys/class/net": "../devices/virtual/net", "var/run": "/run"}
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")
_DEVICE_LINKS: Final = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    **{name: f"/proc/self/fd/{number}" for number, name in enumerate(("stdin", "stdout", "stderr"))},
}
_MACHINE_FOLDERS: Final = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
"""/usr, and what is a link into it where the machine is of this decade."""

_UNWANTED: Final = frozenset({"shadow", "shadow-", "gshadow", "gshadow-", "machine-id", "frr"})
"""What of /etc is left out whoever may read it."""

_ENTER: Final = f"""
name=$1 netns=$2 disk=$3; shift 3
exec 9< "/run/userns/$netns"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "{FOLDER}/private"
cd "{FOLDER}/private"
cp -a "{FOLDER}/template" root
[ "$disk" ] || disk=$PWD
first=
if [ ! -e "$disk/made" ]; then
  first=yes
  rm -rf "$disk/upper" "$disk/work" "$disk/files"
  mkdir "$disk/upper" "$disk/work" "$disk/files" "$disk/files/var"
  chown --reference="{FOLDER}/etc" "$disk/upper"
  for folder in {" ".join(_KEPT)}; do cp -a "root/$folder" "$disk/files/$folder"; done
fi
mount --bind root root
cd root
for folder in "{FOLDER}"/machine/*; do mount --rbind "$folder" "${{folder##*/}}"; done
mount --rbind "{FOLDER}/dev" dev
mount -t devpts -o newinstance,ptmxmode=666,mode=620,nosuid,noexec devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
mount -t proc -o nosuid,nodev,noexec proc proc
mount --bind /sys/devices/virtual/net sys/devices/virtual/net
mount -o remount,bind,ro,nosuid,nodev,noexec sys/devices/virtual/net
for folder in {" ".join(_KEPT)}; do mount --bind "$disk/files/$folder" "$folder"; done
layers="lowerdir={FOLDER}/etc,upperdir=$disk/upper,workdir=$disk/work"
if ! said=$(mount -t overlay -o "nosuid,nodev,$layers" overlay etc 2>&1); then
  if [ "$first" ]; then cp -a "{FOLDER}/etc/." "$disk/upper"; fi
  mount --bind "$disk/upper" etc
fi
touch "$disk/made"
hostname "$name"
pivot_root . old
cd /
umount -l /old
rmdir /old
exec nsenter --user=/proc/self/fd/9 {" ".join((*LIMITS, *ENVIRONMENT))} sh -e -c '
exec 9<&-
name=$1 first=$2; shift 2
if [ "$first" ]; then
  echo "$name" > /etc/hostname
  echo "127.0.0.1 localhost $name" > /etc/hosts
fi
exec "$@"' sh "$name" "$first" "$@"
"""
"""Builds the tree and becomes the command that is to be PID 1 in it. Without overlayfs /etc is a copy.

/etc and the folders that a disk keeps stand in `disk`, and are as they were left where it has been used before.
"""


def make() -> None:
    """Make what nodes' file systems are built of; once, in the sandbox.

    Raises:
        OSError: the kernel refused a step; the error names it.
        RefusedError: there are no ids for users in nodes.
    """
    ids = subordinate_ids.node_ids()
    template, machine, devices = FOLDER / "template", FOLDER / "machine", FOLDER / "dev"
    for folder in (template, machine, devices, FOLDER / "private"):
        folder.mkdir(parents=True)
    for name, mode in _FOLDERS.items():
        (template / name).mkdir()
        (template / name).chmod(mode)
    for name, target in _LINKS.items():
        (template / name).symlink_to(target)
    for name in _MACHINE_FOLDERS:
        _show(Path("/", name), machine / name, template / name)
    _make_devices(devices)
    copy_settings(Path("/etc"), FOLDER / "etc")
    for top in (template, FOLDER / "etc"):
        _give(top, ids)
    (FOLDER / "enter").write_text(_ENTER)


def argv(netns: str, hostname: str, *command: str, disk: Path | None = None) -> tuple[str, ...]:
    """Return what builds a node in a network namespace of the fabric and runs `command` as its PID 1.

    Args:
        netns: the network namespace.
        hostname: the node's name for itself.
        command: what is to run in it.
        disk: a folder of the sandbox that outlives the node; without one its files go with it.
    """
    return (
        *("ip", "netns", "exec", netns),
        *("unshare", *_NAMESPACES, "--fork", "--kill-child"),
        *("sh", "-e", str(FOLDER / "enter"), hostname, netns, str(disk or ""), *command),
    )


def entrance(init: int) -> tuple[str, ...]:
    """Return what runs a command, to be put behind it, in the node whose PID 1 is `init`, as its root."""
    return ("nsenter", "--target", str(init), "--user", "--net", *_NAMESPACES, *LIMITS, *ENVIRONMENT)


def copy_settings(source: Path, target: Path) -> None:
    """Copy /etc as far as everybody may read it: what only some may read are the machine's secrets."""
    try:
        shutil.copytree(source, target, symlinks=True, ignore=_withheld)
    except shutil.Error as error:
        if any("Permission denied" not in str(why) for _, _, why in error.args[0]):
            raise


def _withheld(folder: str, names: Iterable[str]) -> set[str]:
    return {name for name in names if name in _UNWANTED or not _is_for_all(os.lstat(f"{folder}/{name}").st_mode)}


def _is_for_all(mode: int) -> bool:
    """Tell whether everybody may read a file, or look into a folder; nothing else than these is copied."""
    if stat.S_ISLNK(mode):
        return True
    if stat.S_ISDIR(mode):
        return mode & 0o005 == 0o005  # noqa: PLR2004  (r-x for others)
    return stat.S_ISREG(mode) and bool(mode & stat.S_IROTH)


def _show(folder: Path, place: Path, link: Path) -> None:
    """Have a folder of the machine in the node's root, read-only; a link stays one."""
    if folder.is_symlink():
        link.symlink_to(folder.readlink())
    elif folder.is_dir():
        place.mkdir()
        link.mkdir(exist_ok=True)
        mounts.bind(str(folder), str(place), recursive=True)
        set_ = mounts.READ_ONLY | mounts.NO_SUID | mounts.NO_DEVICES
        mounts.set_attributes(str(place), set_=set_, recursive=True)


def _make_devices(folder: Path) -> None:
    mounts.mount("tmpfs", str(folder), "tmpfs", 0, "mode=755")
    for name in ("pts", "shm"):
        (folder / name).mkdir()
    for name in _DEVICES:
        place = folder / name
        place.parent.mkdir(exist_ok=True)
        place.touch()
        mounts.bind(f"/dev/{name}", str(place))
    for name, target in _DEVICE_LINKS.items():
        (folder / name).symlink_to(target)
    mounts.set_attributes(str(folder), set_=mounts.READ_ONLY)


def _give(top: Path, ids: NodeIds) -> None:
    """Have all files be the node's users': root's are its root's."""
    for folder, folders, files in os.walk(top):
        for place in (folder, *(f"{folder}/{name}" for name in (*folders, *files))):
            status = os.lstat(place)
            os.chown(place, ids.of(status.st_uid), ids.of(status.st_gid), follow_symlinks=False)
