"""Each document under `tests/goldens/parsers` becomes what its `.expected.json` says. To add a case: two files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from feedsvc.parsers import parse
from tests.parsers.documents import GOLDENS, raw, shown

if TYPE_CHECKING:
    from pathlib import Path

CASES = sorted(p for p in GOLDENS.rglob("*") if p.is_file() and not p.name.endswith(".expected.json"))


def read(path: Path) -> dict[str, object]:
    locator = (
        path.relative_to(GOLDENS / "posts").as_posix()
        if "posts" in path.parts
        else f"https://feeds.example.org/{path.name}"
    )
    return shown(parse(raw(path.read_bytes(), locator)))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.relative_to(GOLDENS).as_posix())
def test_a_document_says_what_its_golden_says(path: Path) -> None:
    expected = path.with_name(f"{path.name}.expected.json")

    assert read(path) == json.loads(expected.read_text(encoding="utf-8"))


def test_there_are_goldens() -> None:
    assert len(CASES) > 20
