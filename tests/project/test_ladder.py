from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# In a process of its own: import-linter configures logging, which would switch off the loggers of every test after it.
LINTER = "from importlinter.cli import lint_imports_command as main; main()"


def test_every_module_keeps_to_its_rung(root: Path) -> None:
    command = [sys.executable, "-c", LINTER, "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout
