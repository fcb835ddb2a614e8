"""Run a region by itself: ``python -m awsregion --port 0 --credentials FILE --state DIR``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from awsregion import credentials
from awsregion.quota_options import raised
from awsregion.server import Settings, inherited, opened, run
from awsregion.slowness import rate_of
from mcastlab_base import garbage
from mcastlab_base.errors import LabError


def main(argv: list[str] | None = None) -> int:
    """Serve until asked to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m awsregion", description="A local AWS region.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int, help="number of an inherited, listening loopback TCP socket")
    where.add_argument("--port", type=int, help="port of 127.0.0.1 to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address for --port")
    parser.add_argument("--control", type=Path, help="path of the control socket for the fabric")
    parser.add_argument("--region", default="us-east-1", help="the region's name")
    parser.add_argument(
        "--credentials", type=Path, required=True, help="file of the access key whose requests are answered"
    )
    parser.add_argument("--state", type=Path, required=True, help="the only directory that is written to")
    parser.add_argument(
        "--instances", type=Path, help="folder with a Unix socket, named by its id, for each instance that answers SSH"
    )
    parser.add_argument("--log", type=Path, help="log file; without it, warnings go to standard error")
    parser.add_argument("--settle", type=float, default=0.02, metavar="S", help="seconds that states like pending last")
    parser.add_argument("--quota", action="append", default=[], metavar="NAME=N", help="a quota that was raised")
    parser.add_argument("--slow", metavar="RATE", help="be as slow as AWS, by a clock that goes so many times as fast")
    parser.add_argument("--keep", action="store_true", help="keep the state in --state, and begin with what is there")
    asked = parser.parse_args(argv)
    try:
        quotas = raised(asked.quota)
        slow = None if asked.slow is None else rate_of(asked.slow)
    except LabError as error:
        parser.error(error.text)
    try:
        settings = Settings(
            quotas=quotas,
            region=asked.region,
            owner=credentials.read(asked.credentials),
            state=asked.state,
            control=asked.control,
            log=asked.log,
            instances=asked.instances,
            settle_s=asked.settle,
            slow=slow,
            keep=asked.keep,
        )
        garbage.collect_seldom()
        listener = opened(asked.host, asked.port) if asked.fd is None else inherited(asked.fd)
        host, port = listener.getsockname()[:2]
        run(settings, listener, lambda: print(f"http://{host}:{port}", flush=True))  # noqa: T201  (its one line)
    except LabError as error:
        print(f"error: {error.text}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201  (to the user)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
