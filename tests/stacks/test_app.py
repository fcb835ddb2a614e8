"""The CDK app refuses what `check` and `up` refuse, in words and with their exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from documents import changed, document

from mcastlab.aws.cdk_install import node
from mcastlab.lab_files import PROJECT
from mcastlab_base.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

pytestmark = pytest.mark.process

REFUSED = [
    ({"router.template": "mine.j2"}, "{{ nobody }}\n", "mine.j2:1: 'nobody' is undefined"),
    ({"sites.0.router.template": "mine.j2"}, "hostname x\nend\n", "mine.j2:2: 'end' cannot stand in a template"),
    ({"sites.0.router.template": "gone.j2"}, "", "gone.j2"),
    ({"sites.0.gre": "172.16.0.0/29"}, "", "sites[berlin].gre: 172.16.0.0/29 is no /30"),
    ({"vpc.cidr": "10.10.0.0/33"}, "", "vpc.cidr"),
]


@pytest.mark.series(gate=2)  # a template, and the document
@pytest.mark.parametrize(("changes", "template", "says"), REFUSED, ids=lambda each: str(each)[:40])
def test_what_check_refuses_is_not_synthesised(
    changes: dict[str, Any], template: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(yaml.safe_dump(changed(document(), changes)), encoding="utf-8")
    (tmp_path / "mine.j2").write_text(template, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, PROJECT / "app.py"],
        cwd=PROJECT,
        env={
            **os.environ,
            "CDK_CONTEXT_JSON": json.dumps({"lab": str(path)}),
            "CDK_OUTDIR": str(tmp_path / "out"),
            "JSII_NODE": str(node()),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.BAD_INPUT, done.stderr
    assert says in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").glob("*.template.json"))
