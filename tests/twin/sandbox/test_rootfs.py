"""What nodes get of the machine's settings is what everybody may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab_twin.sandbox.rootfs import copy_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_settings_that_not_everybody_may_read_stay_out(tmp_path: Path) -> None:
    machine = tmp_path / "etc"
    for name, mode in (("hosts", 0o644), ("shadow", 0o644), ("wifi.key", 0o600), ("group.key", 0o640)):
        machine.mkdir(exist_ok=True)
        (machine / name).write_text(name)
        (machine / name).chmod(mode)
    for name, mode in (("open", 0o755), ("private", 0o700), ("listed", 0o744)):
        (machine / name).mkdir()
        (machine / name / "file").write_text(name)
        (machine / name).chmod(mode)
    (machine / "link").symlink_to("wifi.key")
    (machine / "dangling").symlink_to("/run/nowhere")
    copy_settings(machine, tmp_path / "copy")
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["dangling", "hosts", "link", "open"]
    assert (tmp_path / "copy/open/file").read_text() == "open"
    assert (tmp_path / "copy/link").is_symlink()
