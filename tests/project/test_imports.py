"""What a command loads is what it costs: counted in modules, not in milliseconds, so that it fails for one reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SERVER = {"datasette", "uvicorn", "apscheduler", "jinja2"}
NETWORK = {"httpx", "httpcore", "feedparser", "pebble"}
PROGRAM = """
import json, sys
from feedsvc.__main__ import main
sys.argv = ["feedsvc", *sys.argv[1:]]
try:
    main()
finally:
    with open("modules.json", "w") as file:
        json.dump(sorted({name.partition(".")[0] for name in sys.modules}), file)
"""
CONFIG = """
[service]
title = "t"

[[source]]
name = "posts"
kind = "directory"
path = "content"
"""
POST = "---\ntitle: A post\ndate: 2024-01-01T00:00:00Z\ncategories: [one]\n---\n\nA few words.\n"


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Run `feedsvc *arguments` in `folder`; return the top-level modules that it had loaded at its end."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads((folder / "modules.json").read_text()))


@pytest.fixture
def service(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "post.md").write_text(POST)
    return tmp_path


def test_the_version_loads_no_library_but_click(tmp_path: Path) -> None:
    assert (
        loaded(tmp_path, "--version") & {*SERVER, *NETWORK, "feedgen", "lxml", "sqlite_utils", "selectolax", "yaml"}
        == set()
    )


def test_ingesting_a_directory_loads_neither_server_nor_network(service: Path) -> None:
    assert loaded(service, "ingest", "--all") & {*SERVER, *NETWORK} == set()


def test_ingesting_what_did_not_change_loads_nothing_that_writes_feeds(service: Path) -> None:
    loaded(service, "ingest", "--all")
    heavy = {*SERVER, *NETWORK, "feedgen", "lxml", "charset_normalizer"}
    assert loaded(service, "ingest", "--all") & heavy == set()
