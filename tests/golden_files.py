"""Golden files: what a test expects, in a file that people read. `make goldens` writes them; a diff shows what changed.

A golden that is written is no proof: read the diff before it is committed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_HOW = "`make goldens` writes it; read it before you commit it"


class GoldenFiles:
    """Compares what was made with golden files, or writes them where `write` is true."""

    def __init__(self, *, write: bool) -> None:
        self._write = write

    def text(self, path: Path, made: str) -> None:
        """Fail unless the file at `path` holds `made`; a file that is not there is said to be missing, and how it is made."""
        if self._write:
            if not path.exists() or path.read_text(encoding="utf-8") != made:
                path.write_text(made, encoding="utf-8")
            return
        assert made == self._read(path)

    def json(self, path: Path, made: Any, key: str = "") -> None:
        """Fail unless the JSON at `path`, or its member `key`, equals `made`; the rest of the file is a test's own."""
        whole = json.loads(self._read(path)) if path.exists() or not self._write else {}
        made = json.loads(json.dumps(made, default=str))
        if not self._write:
            if key and key not in whole:
                pytest.fail(f"{path.name} has no {key!r}: {_HOW}")
            assert made == (whole[key] if key else whole)
        elif not path.exists() or made != (whole.get(key) if key else whole):
            text = json.dumps({**whole, key: made} if key else made, ensure_ascii=False, indent=2)
            path.write_text(f"{text}\n", encoding="utf-8")

    def _read(self, path: Path) -> str:
        if not path.exists():
            pytest.fail(f"there is no golden {path.parent.name}/{path.name}: {_HOW}")
        return path.read_text(encoding="utf-8")


def pretty(form: str, body: bytes) -> str:
    """Return a feed's document with one element or member a line, so that a diff shows what changed.

    No byte is lost: where documents have a line end of their own, before the items of JSON and between them, it is kept.
    """
    text = body.decode()
    if form == "json":
        return re.sub(r',(?="[a-z_]+":)', ",\n  ", text)
    return re.sub(r">(?=<)", ">\n", text) if text.startswith("<") else text


def flat(form: str, golden: str) -> bytes:
    """Return the document that `pretty` made `golden` of."""
    if form == "json":
        return golden.replace(",\n  ", ",").encode()
    if not golden.startswith("<"):
        return golden.encode()
    return golden.replace(">\n<", "><").replace("?><", "?>\n<", 1).encode()
