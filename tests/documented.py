"""The commands of the documentation: those of its shell blocks, and the examples that each verb declares.

And those that a sentence names whole. Each stands in one of the lists below, in an order that works. A command in none
of them fails a test, and so does an entry that no page has any more.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import docs_pages
import yaml

from mcastlab.cli.main import names, verb_of
from mcastlab.lab_files import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mcastlab.cli.arguments import Verb

DOCS: Final = PROJECT / "docs"
PAGES: Final = [PROJECT / "README.md", *sorted(DOCS.glob("*.md"))]
EXPLAINED: Final = [
    *PAGES,
    PROJECT / "router_templates" / "README.md",
    *sorted((PROJECT / "scripts").glob("*/README.md")),
]

OFFLINE: Final[Mapping[str, int]] = {
    "./scripts/lab init lab.yaml": 0,
    "./scripts/lab check": 0,
    "./scripts/lab check --lab demo --json": 0,
    "./scripts/lab test pages.yaml --check": 0,
    "./scripts/lab test conference --check": 0,
    "./scripts/lab schema > lab.schema.json": 0,
    "./scripts/lab schema verify": 0,
    "./scripts/lab schema --tests": 0,
    "./scripts/lab completion bash > lab.bash": 0,
    "./scripts/lab twin env --undo": 0,
}
"""Without a lab that is up, in a folder that holds nothing but what the documentation shows; with the exit codes."""

ALONE: Final[Mapping[str, int]] = {
    "./scripts/lab region up": 0,
    "./scripts/lab region env": 0,
    "./scripts/lab region status": 0,
    "./scripts/lab region publish": 0,
    "./scripts/lab region advance --days 14": 0,
    "./scripts/lab region fault create AWS::EC2::VPC": 0,
    "./scripts/lab region fault update AWS::EC2::VPC": 0,
    "./scripts/lab region fault delete AWS::EC2::VPC": 0,
    "./scripts/lab region fault throttle CreateVpc --times 3": 0,
    "./scripts/lab region fault deny CreateVpc": 0,
    "./scripts/lab region fault expire ec2:DescribeInstances": 0,
    "./scripts/lab region fault unsubscribe '*'": 0,
    "./scripts/lab region fault delay AWS::EC2::VPNConnection 30": 0,
    "./scripts/lab region fault lose tgw-attach-0123456789abcdef0": 3,  # there is no such attachment
    "./scripts/lab region fault list": 0,
    "./scripts/lab region fault clear": 0,
    "./scripts/lab region down --keep": 0,
    "./scripts/lab region up --quota vpc=20": 0,
    "./scripts/lab region env --undo": 0,
    "./scripts/lab region down": 0,
    "./scripts/lab router serve --port 0 --count 3": 0,
    "./scripts/lab router serve --port 0 --fault refuse@12": 0,
    "./scripts/lab router serve --port 0 --config running.txt": 0,
}
"""On a Region or on routers by themselves."""

IN_A_LAB: Final[Mapping[str, int]] = {
    "./scripts/lab twin up --lab demo": 0,
    "./scripts/lab down --lab demo": 0,
    "./scripts/lab twin up --lab lab.yaml": 0,
    "./scripts/lab twin env --lab demo": 0,
    'eval "$(./scripts/lab twin env --lab demo)"': 0,
    'eval "$(./scripts/lab twin env --lab lab.yaml)"': 0,  # the last one, as `pin` writes into the lab file
    'eval "$(./scripts/lab twin env)"': 0,
    "./scripts/lab twin status": 0,
    "./scripts/lab check --reach": 0,
    "./scripts/lab up": 0,
    "./scripts/lab cdk bootstrap": 0,
    "./scripts/lab verify --lab demo --html page.html": 0,
    "./scripts/lab verify --html page.html": 0,
    "./scripts/lab verify --no-traffic --json > after.json": 0,
    "./scripts/lab compare before.json after.json --html compare.html": 0,
    "./scripts/lab ssh phone-1": 0,
    "./scripts/lab ssh aws-router": 0,
    "./scripts/lab ssh doppel-1 -- ip maddress": 0,
    "./scripts/lab run -- python3 my_test.py": 0,
    "./scripts/lab run -- aws ec2 describe-vpcs": 0,
    "./scripts/lab run -- ansible-playbook -i inventory.yaml site.yml": 0,
    "./scripts/lab status": 0,
    "./scripts/lab status --watch": 0,
    "./scripts/lab status --watch --json": 0,
    "./scripts/lab traffic --stream g711u --junit traffic.xml": 0,
    "./scripts/lab traffic --profile conference": 0,
    "./scripts/lab test pages.yaml --junit pages.xml": 0,
    "./scripts/lab listen paging --for 5": 1,  # nobody sends
    "./scripts/lab listen paging --live --at phone-1 --for 5 > heard.au": 1,  # nobody sends
    "./scripts/lab page paging --tone --for 3": 0,
    "./scripts/lab follow": 0,
    "./scripts/lab follow --json > follow.jsonl": 0,
    "./scripts/lab twin pcap phone-1": 0,
    "./scripts/lab twin pcap phone-1 phone-1.pcap": 0,
    "./scripts/lab twin impair lab --delay 40ms --jitter 5ms --loss 1%": 0,
    "./scripts/lab twin impair lab --clear": 0,
    "./scripts/lab drift": 0,
    "./scripts/lab cdk diff --all": 0,
    "./scripts/lab cdk deploy --all": 0,
    "./scripts/lab pin --context": 0,
    "./scripts/lab pin": 0,
    "./scripts/lab configure --dry-run": 0,
    "./scripts/lab configure --remove": 0,
    "./scripts/lab drift --site lab --json": 1,
    "./scripts/lab configure --site lab": 0,
    "./scripts/lab down --prove": 1,  # the lab stands
    "./scripts/lab down": 0,
    "./scripts/lab twin down --lab demo": 0,
    "./scripts/lab twin down": 0,
}
"""On the demo's lab, in one twin; a lab file of that lab stands in the folder too."""

ELSEWHERE: Final[Mapping[str, str]] = {
    "./scripts/lab demo --once": "tests/e2e/test_demo.py",
    "./scripts/lab demo --lab lab.yaml": "tests/e2e/test_demo.py",
    "./scripts/lab demo --once --lab lab.yaml --junit mcastlab.xml --html mcastlab.html --json > mcastlab.json": (
        "tests/e2e/test_wheel.py"
    ),
    "./scripts/lab up --yes": "tests/e2e/test_up_goes_on.py",
    "./scripts/lab cdk synth --quiet": "tests/e2e/test_wheel.py",
    "./scripts/test": ".github/workflows/gate.yml",
    "./scripts/test --fast": "tests/repo/test_front_door.py",
}
"""Run by other tests of the gate, which take its words from here (`words_of`), or by a step of the gate's workflow."""


def words_of(line: str) -> tuple[str, ...]:
    """The words of a command that is listed as run elsewhere, without its program and where its output goes."""
    assert line in ELSEWHERE, line
    _, *words = shlex.split(line)
    return tuple(words[: words.index(">")] if ">" in words else words)


def runs(line: str, file: Path) -> bool:
    """Whether a step of a workflow is a command, or a test hands on its words to what runs it."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".yml":
        jobs = yaml.safe_load(text)["jobs"].values()
        return any(step.get("run") == line for job in jobs for step in job["steps"])
    handed_on = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Starred)]
    asked = [node for each in handed_on for node in ast.walk(each) if isinstance(node, ast.Call)]
    return any(ast.unparse(node) == f"words_of({line!r})" for node in asked)


RUNNING: Final = "02-dc-edge.cfg"
"""The running configuration of `router serve --config`."""
PLAYBOOK: Final = """\
- hosts: devices
  gather_facts: false
  tasks:
  - command: ip -brief address
"""
"""A user's own; routers would need a collection of Ansible Galaxy."""
UNTIL_INTERRUPTED: Final = frozenset({"follow", "pcap", "serve", "--watch"})
"""Words of commands that go on until they are interrupted."""
FIRST_OUTPUT_S: Final = 30
COMMAND_S: Final = 240


def blocks(language: str) -> list[tuple[str, str]]:
    """The blocks of a language, each with its page."""
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [(page.name, block) for page in EXPLAINED for block in fence.findall(page.read_text(encoding="utf-8"))]


def block_with(language: str, text: str) -> str:
    """The one block of a language that has a text."""
    (found,) = (block for _, block in blocks(language) if text in block)
    return found


def shell_lines() -> dict[str, str]:
    """Each command of a shell block and each example of a verb, with where it stands."""
    found = {line: page for page, block in blocks("sh") for line in block.splitlines() if line.strip()}
    for name in names():
        for verb in leaves(verb_of(name)):
            found |= {f"./scripts/lab {each}": f"help of {name}" for each in verb.examples}
    return found


def sentence_commands() -> dict[str, str]:
    """Each command that a sentence names between backticks, with its page; that of a wheel as a clone's."""
    found = {}
    for page in EXPLAINED:
        prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for code in re.findall(r"`((?:\./scripts/lab|mcastlab) [^`]+)`", prose):
            found[re.sub(r"^mcastlab", "./scripts/lab", " ".join(code.split()))] = page.name
    return found


def is_whole(command: str) -> bool:
    """Whether it can be run as it stands: it has more than the names of verbs, and nothing to be replaced (`FILE`)."""
    _, *words = command.split()
    return not set(words) <= verbs_and_actions() and not any(re.match(r"\[?[A-Z]+\b", word) for word in words)


def verbs_and_actions() -> set[str]:
    """The words of which commands consist, for one that is named without its arguments."""
    return {word for path in docs_pages.HELP.glob("*.txt") for word in path.stem.split("-")}


def leaves(verb: type[Verb]) -> Iterator[type[Verb]]:
    """The commands that a verb consists of."""
    if not verb.verbs:
        yield verb
    for each in verb.verbs.values():
        yield from leaves(each)


@dataclass
class DocumentedShell:
    """A shell in a folder that looks like a clone, in which commands of the documentation run one after the other."""

    folder: Path
    environment: dict[str, str]
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "scripts").mkdir()
        (self.folder / "scripts" / "lab").symlink_to(PROJECT / "scripts" / "lab")
        (self.folder / "pages.yaml").write_text(block_with("yaml", "name: pages"), encoding="utf-8")
        (self.folder / "inventory.yaml").write_text(block_with("yaml", "ansible_network_os"), encoding="utf-8")
        (self.folder / "site.yml").write_text(PLAYBOOK, encoding="utf-8")
        shutil.copy(PROJECT / "tests" / "routers" / "production" / RUNNING, self.folder / "running.txt")
        (self.folder / "my_test.py").write_text(block_with("python", "MCASTLAB_SSH_CONFIG"), encoding="utf-8")

    def run(self, line: str, code: int) -> None:
        """Run a line as a user types it, without a terminal, and note whether it ended otherwise than it should."""
        output = self.folder / "output.txt"
        evaluated = line.startswith("eval ")
        with output.open("w", encoding="utf-8") as stream:
            shell = subprocess.Popen(
                ["bash", "-c", f"{line} && env -0 > environment" if evaluated else line],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            if not UNTIL_INTERRUPTED.isdisjoint(line.split()):
                self._interrupt(shell, self.folder / line.rsplit(maxsplit=1)[-1] if _writes(line) else output)
            ended = shell.wait(COMMAND_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
        if ended != code:
            text = output.read_text(encoding="utf-8", errors="replace")
            self.failed.append(f"{line}: exit code {ended}, not {code}:\n{text[-2000:]}")
        elif evaluated:
            words = (self.folder / "environment").read_text(encoding="utf-8").split("\0")
            self.environment = dict(word.partition("=")[::2] for word in words if "=" in word)

    def _interrupt(self, shell: subprocess.Popen[bytes], output: Path) -> None:
        """Interrupt it as soon as it has said something, besides where it acts."""
        end = time.monotonic() + FIRST_OUTPUT_S
        while shell.poll() is None and time.monotonic() < end:
            said = output.read_bytes() if output.exists() else b""
            if any(not line.startswith(b"target: ") for line in said.splitlines()):
                os.killpg(shell.pid, signal.SIGINT)
                return
            time.sleep(0.05)


def _writes(line: str) -> bool:
    return ">" in line or line.endswith(".pcap")
