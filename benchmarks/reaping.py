"""Runs a command and waits for every process that it leaves behind, so that the cost of its workers is counted too. Linux.

A fork server is no child that its starter waits for: without this, the CPU seconds of all that it forks belong to nobody.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """Run `sys.argv[1:]`; return its exit code after the last of its processes has ended."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    code = subprocess.run(sys.argv[1:], check=False).returncode
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return code


if __name__ == "__main__":
    raise SystemExit(main())
