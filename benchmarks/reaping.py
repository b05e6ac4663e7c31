"""Run a command, wait for every process that it leaves behind, and so count the CPU time of its workers (Linux only).

A process that starts a fork server does not wait for it. Without this program, that CPU time would not be counted.
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
