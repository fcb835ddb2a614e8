"""Whether this machine can hold a twin, which way, and if not what it lacks. Facts first, then a pure decision."""

from __future__ import annotations

import getpass
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcastlab_base.errors import RefusedError

PROGRAMS: Final = {
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "nsenter": "util-linux",
    "tini": "tini",
    "ip": "iproute2",
    "bridge": "iproute2",
    "nft": "nftables",
    "bird": "bird2",
    "swanctl": "strongswan-swanctl",
    "/usr/sbin/charon-systemd": "charon-systemd",
    "/usr/lib/frr/zebra": "frr",
    "/usr/lib/frr/staticd": "frr",
    "/usr/lib/frr/pimd": "frr",
}
"""Every program that the twin starts, and the Debian package that has it."""

APPLIANCE: Final = "ffmpeg"
"""The program, and the package, that a remote site's appliances are made of; a lab without them needs none."""

USER_PROGRAMS: Final = {"newuidmap": "uidmap", "newgidmap": "uidmap"}
"""What an ordinary user needs on top: FRR, nftables' and strongSwan's users need ids of their own in the sandbox."""

SEARCH_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""An ordinary user's PATH on Debian lacks the sbin folders, where ip, nft and bird are."""

_SETTINGS: Final = {
    "user/max_user_namespaces": "0",
    "kernel/unprivileged_userns_clone": "0",
    "kernel/apparmor_restrict_unprivileged_userns": "1",
}
"""Kernel settings that forbid user namespaces to ordinary users, and the value that does. Sources: user_namespaces(7),
Debian's and Ubuntu's kernel patches."""


KERNEL_FEATURES: Final = {
    "CONFIG_VETH": "ip link add probe-a type veth peer name probe-b",
    "CONFIG_BRIDGE_IGMP_SNOOPING": "ip link add probe-c type bridge mcast_snooping 1",
    "CONFIG_IP_MROUTE": "test -e /proc/sys/net/ipv4/conf/all/mc_forwarding",
    "CONFIG_NF_TABLES_INET": "nft add table inet probe",
    "CONFIG_NF_TABLES_NETDEV": "nft add table netdev probe",
    "CONFIG_NF_TABLES_BRIDGE": "nft add table bridge probe",
}
"""What the fabric needs of the kernel, by its setting, with a command that succeeds in a fresh network namespace only
where that is there. Source: the kernel's own Kconfig files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What bears on holding a twin."""

    linux: bool
    root: bool
    user: str
    missing_programs: tuple[str, ...]
    tun: bool
    """/dev/net/tun is there and may be opened."""
    subordinate_ids: bool
    """/etc/subuid and /etc/subgid give the user a range."""
    forbidding_settings: tuple[str, ...]
    unshare_refusal: str
    """What unshare said when it was tried; empty where it works."""
    kernel_lacks: tuple[str, ...] = ()
    """Settings of `KERNEL_FEATURES` that did not work when they were tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the sandbox is made here, and why."""

    user_namespace: bool
    why: str


_AS_ROOT: Final = "as root; commands in its nodes run as subordinate users"


def decide(machine: Machine) -> Way:
    """Return the way that the sandbox is made on this machine.

    Raises:
        RefusedError: something lacks; the error says what and how to get it.
    """
    if not machine.linux:
        raise RefusedError(
            "the twin is made of Linux network namespaces and cannot run on this system",
            hint="run it in a Debian or Ubuntu virtual machine",
        )
    needed = PROGRAMS | ({} if machine.root else USER_PROGRAMS)
    missing = [name for name in needed if name in machine.missing_programs]
    if missing:
        packages = " ".join(sorted({needed[name] for name in missing}))
        raise RefusedError(f"programs are missing: {', '.join(missing)}", hint=f"apt-get install {packages}")
    if not machine.tun:
        raise RefusedError(
            "/dev/net/tun cannot be opened, and the VPN and GRE tunnels need it",
            hint="load the kernel module 'tun' (modprobe tun); in a container, pass the device in",
        )
    if machine.root and machine.unshare_refusal:
        raise RefusedError(
            f"root may not make namespaces here: {machine.unshare_refusal}",
            hint="in a container, give it CAP_SYS_ADMIN and CAP_NET_ADMIN; nodes need user namespaces"
            " (sysctl user.max_user_namespaces)",
        )
    way = Way(user_namespace=False, why=_AS_ROOT) if machine.root else _decide_for_user(machine)
    if machine.kernel_lacks:
        raise RefusedError(
            f"this kernel lacks what the twin's networks are made of: {', '.join(machine.kernel_lacks)}",
            hint="as root, load the modules (modprobe veth bridge nf_tables), or boot a kernel that has these settings",
        )
    return way


def _decide_for_user(machine: Machine) -> Way:
    if not machine.subordinate_ids:
        raise RefusedError(
            f"user {machine.user} has no range in /etc/subuid and /etc/subgid",
            hint=f"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {machine.user}, or run with sudo",
        )
    if machine.unshare_refusal:
        because = "; ".join(machine.forbidding_settings) or machine.unshare_refusal
        raise RefusedError(
            f"this kernel does not let user {machine.user} make user namespaces: {because}",
            hint="run the same command with sudo, or have the setting changed",
        )
    return Way(
        user_namespace=True,
        why=f"as user {machine.user}, in a user namespace: the kernel allows it and /etc/subuid has a range",
    )


def inspect() -> Machine:
    """Look at this machine: programs, devices, settings, and whether unshare works when it is tried."""
    linux = sys.platform == "linux"
    root = linux and os.geteuid() == 0
    user = getpass.getuser()
    names = PROGRAMS | ({} if root else USER_PROGRAMS)
    missing = tuple(name for name in names if find_program(name) is None)
    subordinate = root or all(_has_range(Path(file), user) for file in ("/etc/subuid", "/etc/subgid"))
    refusal, lacks = _try_unshare(root=root) if linux and subordinate and not missing else ("", ())
    return Machine(
        linux=linux,
        root=root,
        user=user,
        missing_programs=missing,
        tun=linux and _opens(Path("/dev/net/tun")),
        subordinate_ids=subordinate,
        forbidding_settings=() if root else _forbidding_settings(),
        unshare_refusal=refusal,
        kernel_lacks=lacks,
    )


def find_program(name: str) -> str | None:
    """Return the program's path, or None; sbin folders are searched too, and a path is looked up as it is."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SEARCH_PATH}")


def unshare_arguments(*, user_namespace: bool) -> tuple[str, ...]:
    """Return the arguments that give unshare a sandbox's namespaces; its death takes everything inside with it."""
    identity = ("--user", "--map-auto", "--map-root-user") if user_namespace else ()
    return (*identity, "--pid", "--mount", "--net", "--fork", "--kill-child")


def _try_unshare(*, root: bool) -> tuple[str, tuple[str, ...]]:
    """Return what unshare said where it did not work, and what the kernel lacks where it did."""
    probes = "; ".join(f"{command} >&2 || echo {setting}" for setting, command in KERNEL_FEATURES.items())
    unshare = find_program("unshare") or "unshare"
    tried = subprocess.run(
        [
            unshare,
            *unshare_arguments(user_namespace=not root),
            "sh",
            "-c",
            f"unshare --user true || exit 1; {probes}; true",
        ],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
        env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SEARCH_PATH}"},
    )
    if tried.returncode != 0:
        return tried.stderr.strip() or f"unshare ended with {tried.returncode}", ()
    return "", tuple(tried.stdout.split())


def _opens(device: Path) -> bool:
    try:
        return stat.S_ISCHR(device.stat().st_mode) and os.access(device, os.R_OK | os.W_OK)
    except OSError:
        return False


def _has_range(file: Path, user: str) -> bool:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return False
    return any(line.split(":", 1)[0] in {user, str(os.getuid())} for line in lines)


def _forbidding_settings() -> tuple[str, ...]:
    found = []
    for setting, value in _SETTINGS.items():
        try:
            is_so = Path("/proc/sys", setting).read_text().strip() == value
        except OSError:
            continue
        if is_so:
            found.append(f"{setting.replace('/', '.')} = {value}")
    return tuple(found)
