"""The CDK app, as `cdk` starts it in this folder; see `stacks.app`."""

from stacks.app import run

if __name__ == "__main__":
    run()
