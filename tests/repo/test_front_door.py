"""The two commands of a fresh machine: through links, in folders with spaces, behind a proxy, on other systems."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from documented import words_of

from mcastlab.aws import cdk_install
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.process

STUB: Final = '#!/bin/sh\nprintf "%s" "${0##*/}"\nprintf " [%s]" "$@"\necho\n'
CERTIFICATES: Final = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    "npm_config_cafile",
)


def bash(script: str, clone: Path = PROJECT, /, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run lines behind those of prepare.sh, with an environment in which no certificates are named but those given."""
    kept = {name: value for name, value in os.environ.items() if name not in CERTIFICATES}
    return subprocess.run(
        ["/bin/bash", "-euc", f'source "$0/scripts/prepare.sh"\n{script}', str(clone)],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What the scripts need of a clone that was prepared, in a folder with spaces; its programs print their words."""
    folder = tmp_path / "a folder" / "the clone"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("scripts/lab", "scripts/test", "scripts/prepare.sh", "requirements.lock", "pyproject.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy2(PROJECT / name, folder / name)
    (folder / ".toolchain").mkdir()
    for file in (*PROJECT.glob(".toolchain/*.json"), *PROJECT.glob(".toolchain/*.txt")):
        shutil.copy2(file, folder / ".toolchain")
    for name in ("python", "mypy", "ruff", "lint-imports", "pytest"):
        program = folder / ".venv" / "bin" / name
        program.write_text(STUB, encoding="utf-8")
        program.chmod(0o755)
    assert bash('printf "%s" "$(wanted_stamp) $root" >"$stamp"', folder).returncode == 0
    return folder


@pytest.mark.parametrize("way", ["itself", "link", "relative link", "link to a link", "folder that is a link"])
def test_lab_runs_from_anywhere(clone: Path, tmp_path: Path, way: str) -> None:
    elsewhere = tmp_path / "my bin"
    elsewhere.mkdir()
    lab = clone / "scripts" / "lab"
    (elsewhere / "lab").symlink_to(lab)
    (elsewhere / "relative").symlink_to(os.path.relpath(lab, elsewhere))
    (elsewhere / "second").symlink_to("lab")
    (elsewhere / "clone").symlink_to(clone)
    ways = {
        "itself": lab,
        "link": elsewhere / "lab",
        "relative link": Path("my bin") / "relative",
        "link to a link": elsewhere / "second",
        "folder that is a link": elsewhere / "clone" / "scripts" / "lab",
    }
    done = subprocess.run(
        [ways[way], "check", "--lab", "a b.yaml"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("python [-m] [mcastlab] [check] [--lab] [a b.yaml]\n", "")


def test_test_runs_through_a_link_too(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "gate").symlink_to(clone / "scripts" / "test")
    done = subprocess.run(
        [tmp_path / "gate", *words_of("./scripts/test --fast"), "-k", "a b"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pytest [-m] [unit]" in done.stdout
    assert "[-k] [a b]" in done.stdout
    assert "ruff [check] [--quiet]" in done.stderr


@pytest.mark.parametrize("name", [name for name in CERTIFICATES if name != "SSL_CERT_DIR"])
def test_certificates_that_one_tool_trusts_are_trusted_by_all(name: str) -> None:
    reported = bash("trust; env", **{name: "/etc/my ca.pem"}).stdout.splitlines()
    for each in ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"):
        assert f"{each}=/etc/my ca.pem" in reported
    assert not set(CERTIFICATES) & {line.partition("=")[0] for line in bash("trust; env").stdout.splitlines()}


def test_certificates_that_each_tool_has_stay() -> None:
    own = {"SSL_CERT_FILE": "/a", "REQUESTS_CA_BUNDLE": "/b", "NODE_EXTRA_CA_CERTS": "/c"}
    reported = bash("trust; env", **own).stdout.splitlines()
    assert {"SSL_CERT_FILE=/a", "PIP_CERT=/b", "NODE_EXTRA_CA_CERTS=/c"} <= set(reported)


class _Asked(BaseHTTPRequestHandler):
    paths: Final[list[str]] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        self.send_error(404)

    def log_message(self, *_: object) -> None:  # it says nothing
        pass


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A registry on loopback whose certificate is its own; its address, and that certificate."""
    key, certificate = tmp_path / "key.pem", tmp_path / "ca.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost", "-days", "2"),
            *("-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"),
        ],
        check=True,
        capture_output=True,
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Asked)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    _Asked.paths.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}", certificate
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("tool", ["uv", "npm"])
def test_tools_of_the_preparation_reach_a_registry_with_a_certificate_of_its_own(
    tool: str,
    trusted: bool,  # noqa: FBT001  (pytest's parameter)
    registry: tuple[str, Path],
    tmp_path: Path,
) -> None:
    address, certificate = registry
    npm = cdk_install._wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # noqa: SLF001
    commands = {
        "uv": f'"{Path(sys.executable).with_name("uv")}" pip install --dry-run --no-cache --no-config '
        f'--python "{sys.executable}" --index-url {address}/simple a-package-of-nobody',
        "npm": f'"{cdk_install.node()}" "{npm}" view a-package-of-nobody --registry {address} --fetch-retries 0 '
        f'--cache "{tmp_path}"',
    }
    named = {"REQUESTS_CA_BUNDLE": str(certificate)} if trusted else {}
    done = bash(f"trust; {commands[tool]}", no_proxy="localhost", UV_HTTP_RETRIES="0", **named)
    assert done.returncode != 0
    assert bool(_Asked.paths) is trusted, done.stderr


def machine(folder: Path, system: str, *programs: str) -> str:
    """A search path on which there are only these programs, and what the scripts themselves call."""
    folder.mkdir()
    for name in ("cat", "dirname", "readlink", "cut", "bash"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, script in {"uname": f"echo {system}", **dict.fromkeys(programs, "exit 1")}.items():
        (folder / name).write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("system", "programs", "first", "hint"),
    [
        ("Darwin", ["brew"], "the twin (demo, --twin) needs Linux", None),
        ("Linux", ["dnf", "ssh", "ip", "nft", "ps"], "the twin (demo, --twin) lacks: bird swanctl", "dnf install bird"),
        ("Linux", ["pacman", "ssh"], "the twin (demo, --twin) lacks: ip nft", "pacman -S iproute2 nftables bird"),
        ("Linux", ["zypper"], "the twin (demo, --twin) lacks: ssh", "packages of these names"),
    ],
)
def test_another_system_says_first_what_the_twin_lacks_and_goes_on(
    system: str, programs: list[str], first: str, hint: str | None, tmp_path: Path
) -> None:
    path = machine(tmp_path / "bin", system, *programs)
    done = bash("install_packages; find_python", PATH=path, HOME="/")
    lines = done.stderr.splitlines()
    assert lines[0].startswith(first)
    assert hint is None or hint in lines[1]
    assert done.returncode in {0, 2}  # /usr/bin/python3 is looked at by its whole name


@pytest.mark.parametrize(("program", "how"), [("brew", "brew install python"), ("dnf", "dnf install python")])
def test_a_python_that_is_missing_is_named_with_the_command_that_installs_it(
    program: str, how: str, tmp_path: Path
) -> None:
    done = bash(
        'eval "$(declare -f find_python | sed "s:/usr/bin/python3::")"; find_python',
        PATH=machine(tmp_path / "bin", "Linux", program) + ":" + str(sed(tmp_path)),
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: no Python 3.11 or later is here"
    assert how in done.stderr.splitlines()[1]


def sed(folder: Path) -> Path:
    (folder / "sed").mkdir()
    (folder / "sed" / "sed").symlink_to(str(shutil.which("sed")))
    return folder / "sed"
