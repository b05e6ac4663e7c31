"""The time of this machine, where others are given one."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The time of this machine. Implements `feedsvc.ports.Clock`."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)
