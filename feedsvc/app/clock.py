"""The system clock. Tests give the service another one."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The time of this machine. Implements `feedsvc.ports.Clock`."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)
