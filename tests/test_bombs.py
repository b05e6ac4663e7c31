"""Documents made to hurt cost little, and are articles or failures with a reason: benchmarks/bombs.py holds the list."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from bombs import BOMBS

if TYPE_CHECKING:
    from pathlib import Path

SLOWNESS = 4  # times a document's second: the machine that runs the suite does other things, too
PARTS = 4  # of the list, so that several workers share it


@pytest.mark.parametrize("part", range(PARTS))
def test_a_document_costs_a_second_and_200_mb_at_most(root: Path, part: int) -> None:
    costs = measured(root, sorted(BOMBS)[part::PARTS])
    dear = {
        name: (cost["seconds"], cost["memory"], cost["outcome"])
        for name, cost in costs.items()
        if cost["seconds"] > SLOWNESS * cost["most_seconds"]
        or cost["memory"] > 200
        or cost["outcome"] in {"bug", "killed", "no memory"}
    }
    assert dear == {}
    assert all(cost["bytes"] < 10_000_000 for cost in costs.values())


def measured(root: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Measure the bombs `names` in processes that have no threads."""
    command = [sys.executable, str(root / "benchmarks" / "bombs.py"), "--json", *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode in {0, 1}, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    assert found.keys() == set(names)
    return found
