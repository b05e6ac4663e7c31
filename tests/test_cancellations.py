"""Everything is cancelled twice at 200 moments of every stage, under load and in a process of its own: no crash, nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "cancellations.py"


@pytest.mark.slow
def test_two_cancellations_at_any_moment_crash_nothing_and_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "faulthandler", str(PROGRAM), str(tmp_path), "1"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False, cwd=PROGRAM.parents[1])
    assert ended.returncode == 0, ended.stderr
    hit = json.loads(ended.stdout)
    assert all(hit.values()), hit
