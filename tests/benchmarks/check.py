"""How long `check` takes for large labs, as ratios of twice the entries: nothing here is a test.

    python tests/benchmarks/check.py [--size N] [--runs N]

Each figure is the CPU time of a whole process, of 1, 2 and 4 times the entries; of several runs the shortest, since
nothing makes a process faster than it is. A ratio of 2 is linear.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from large_labs import KINDS

from mcastlab.lab_files import PROJECT


def cpu_seconds(lab: Path) -> float:
    """Run `check` and return the CPU time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [sys.executable, "-m", "mcastlab", "check", "--lab", str(lab)]
    subprocess.run(argv, cwd=PROJECT, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="CPU time of check for large labs.")
    parser.add_argument("--size", type=int, default=250, help="the entries of the smallest lab of each kind")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    sizes = [arguments.size * factor for factor in (1, 2, 4)]
    with tempfile.TemporaryDirectory() as name:
        lab = Path(name, "lab.yaml")
        for kind in KINDS:
            taken = []
            for size in sizes:
                lab.write_text(yaml.dump(kind(size), Dumper=yaml.CSafeDumper), encoding="utf-8")
                taken.append(min(cpu_seconds(lab) for _ in range(arguments.runs)))
            ratios = " ".join(f"{more / fewer:4.2f}" for fewer, more in pairwise(taken))
            figures = " ".join(f"{size}: {seconds:5.2f} s" for size, seconds in zip(sizes, taken, strict=True))
            print(f"{kind.__name__:16} {figures}   ratios {ratios}")


if __name__ == "__main__":
    main()
