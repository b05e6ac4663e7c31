"""`feedsvc serve` in a process of its own, as the world meets it."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
[service]
title = "每日归档"
url = "https://news.example.org"
timezone = "Asia/Shanghai"
[serve]
port = {port}
public = {public}
{more}
"""


class Child(NamedTuple):
    address: str  # without "/" at its end
    pid: int


@contextmanager
def serving(folder: Path, *, public: bool = False, more: str = "") -> Iterator[Child]:
    """Serve `folder`/archive on a free port until the end of the block; `more` is more of its `[serve]`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (folder / "config.toml").write_text(
        CONFIG.format(port=port, public=str(public).lower(), more=more), encoding="utf-8"
    )
    command = [sys.executable, "-m", "feedsvc", "--config", "config.toml", "serve"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        found = next((found for line in server.stderr if (found := re.search(r"serves (http://\S+)/", line))), None)
        assert found, "the server did not start"
        try:
            yield Child(found[1], server.pid)
        finally:
            server.terminate()
            server.stderr.read()
