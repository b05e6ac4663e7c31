"""Run a command and say what it cost: CPU seconds of it and its children, wall seconds, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run of a command took."""

    cpu: float  # seconds, user and system, with children that it waited for
    wall: float  # seconds
    peak: float  # MiB, of the largest single process


def run(command: Sequence[str], log: Path) -> Cost:
    """Run `command` to its end, its output going to the end of `log`.

    Raises:
        RuntimeError: it did not exit with 0.
    """
    with log.open("ab") as output:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        tail = log.read_text(errors="replace")[-2_000:]
        raise RuntimeError(f"exit {child.returncode} of {' '.join(command)}\n{tail}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # ru_maxrss is bytes on macOS, KiB elsewhere
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, peak=usage.ru_maxrss / unit)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the medians of each figure."""
    return Cost(**{name: statistics.median(getattr(cost, name) for cost in costs) for name in asdict(costs[0])})


def repeat(runs: int, step: Callable[[int], Cost]) -> Cost:
    """Return the medians of `step(0)` to `step(runs - 1)`."""
    return median([step(number) for number in range(runs)])
