"""What somebody else named reaches no terminal as an order: it is shown, one line for each thing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.commands.output import as_lines, json_text, visible

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = '[[source]]\nname = "posts"\nkind = "directory"\npath = "content"\n'
NAMES = {
    "escape": "\x1b]0;pwned\x07\x1b[2Jbad.md",
    "line end": "good\n  failed   other.md: all is lost.md",
    "C1": "a\x9b2Jb.md",
    "direction": "a\u202egnp.md",
    "separator": "a\u2028b.md",
    "no UTF-8": os.fsdecode(b"a\xff\xfeb.md"),
}
BROKEN = "---\ntitle: [\n---\n"
OBEYED = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2028"} - {"\n", "\t"}


def feedsvc(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "feedsvc", *arguments], cwd=folder, capture_output=True, timeout=900, check=False
    )
    return (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_and_not_obeyed(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / NAMES[name]).write_bytes(b"\x00\x01\x02" * 50)
    said = feedsvc(tmp_path, "-v", "ingest")
    assert "failed" in said
    for arguments in (["failures"], ["failures", "show", "1"], ["status"], ["failures", "--json"], ["doctor"]):
        said += feedsvc(tmp_path, *arguments)
    assert not OBEYED & set(said)
    assert "\n  failed   other.md" not in said
    assert sum(line.startswith("  failed") for line in said.splitlines()) == 1


@given(st.text())
def test_a_line_stays_one_line_and_loses_nothing_that_can_be_seen(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert not OBEYED & set(shown)
    if text.isprintable():
        assert shown == text
    shown.encode()
    assert as_lines([text, text]) == f"{shown}\n{shown}"


@given(st.text())
def test_json_says_the_same_without_what_a_terminal_obeys(text: str) -> None:
    written = json_text({"name": text})
    assert not OBEYED & set(written)
    assert json.loads(written) == {"name": text}
