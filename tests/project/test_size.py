"""Ratchets: long files and long functions are where mistakes hide. Split them; do not raise the numbers."""

from __future__ import annotations

import ast
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_LINES = 400
BODY_LINES = 50
MEDIAN_BODY_LINES = 10


def sources(root: Path) -> list[Path]:
    return sorted((root / "feedsvc").rglob("*.py"))


def bodies(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function of `path` with the number of lines of its body, its docstring left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            statements = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0
            yield f"{path.name}:{node.lineno} {node.name}", lines


def test_no_file_is_longer_than_can_be_read_at_a_sitting(root: Path) -> None:
    lengths = {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(root)
    }
    long = {name: length for name, length in lengths.items() if length > FILE_LINES}
    assert long == {}


def test_no_function_is_longer_than_a_screen(root: Path) -> None:
    long = [f"{name}: {lines}" for path in sources(root) for name, lines in bodies(path) if lines > BODY_LINES]
    assert long == []


def test_most_functions_are_a_few_lines(root: Path) -> None:
    found = [lines for path in sources(root) for _, lines in bodies(path) if lines]
    assert statistics.median(found) <= MEDIAN_BODY_LINES
