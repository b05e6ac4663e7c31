"""Each document under `tests/goldens/parsers` becomes what its `.expected.json` says.

To add a case: the document, then `make goldens`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from feedsvc.parsers import parse
from tests.parsers.documents import GOLDENS, raw, shown

if TYPE_CHECKING:
    from pathlib import Path

    from tests.golden_files import GoldenFiles

CASES = sorted(p for p in GOLDENS.rglob("*") if p.is_file() and not p.name.endswith(".expected.json"))


def read(path: Path) -> dict[str, object]:
    locator = (
        path.relative_to(GOLDENS / "posts").as_posix()
        if "posts" in path.parts
        else f"https://feeds.example.org/{path.name}"
    )
    return shown(parse(raw(path.read_bytes(), locator)))


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.relative_to(GOLDENS).as_posix())
def test_a_document_says_what_its_golden_says(path: Path, goldens: GoldenFiles) -> None:
    goldens.json(path.with_name(f"{path.name}.expected.json"), read(path))


def test_there_are_goldens() -> None:
    assert len(CASES) > 20
