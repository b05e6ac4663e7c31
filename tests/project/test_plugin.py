"""Datasette loads the plugin while it is itself half loaded: what the plugin imports of it at once can break it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("first", ["datasette.app", "datasette.cli", "datasette.plugins", "feedsvc.serve"])
def test_datasette_and_the_plugin_load_in_any_order(first: str) -> None:
    program = f"import {first}, datasette.app, feedsvc.serve; from datasette.plugins import pm; assert pm.has_plugin('feedsvc')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-1_000:]
