"""``python -m mcastlab``: the command line, which ./scripts/lab prepares and runs."""

from mcastlab.cli.process import run_process

if __name__ == "__main__":
    run_process()
