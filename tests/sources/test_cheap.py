"""What an import costs."""

from __future__ import annotations

import subprocess
import sys


def test_a_run_without_remote_sources_imports_neither_network_library_nor_parser() -> None:
    heavy = ("httpx", "httpcore", "anyio", "certifi", "lxml", "pebble", "multiprocessing", "feedsvc.parsers")
    code = f"import sys, feedsvc.sources, feedsvc.executors; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
