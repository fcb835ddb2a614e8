"""Adapters to routers and Linux devices over SSH."""

from __future__ import annotations

import importlib.util
import sys


def _import_when_used(name: str) -> None:
    """Have a package imported by whoever first uses something of it. Source: Python, importlib, "Lazy imports"."""
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


# paramiko imports it for ``Match exec`` alone, which takes a third of what paramiko itself does.
_import_when_used("invoke")
