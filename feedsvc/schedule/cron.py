"""Compute when a source without adaptive polling is due next. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from feedsvc.errors import ConfigError

if TYPE_CHECKING:
    from feedsvc.model import Source

# Seconds between two runs of a source that has neither `every` nor `cron`.
_DIRECTORY_SECONDS = 600.0
_REMOTE_SECONDS = 3600.0


def next_due(source: Source, now: datetime, *, zone: str) -> datetime:
    """Return the time (UTC, after `now`) at which `source` is due next.

    `cron` has five fields, in the time zone `zone` (an IANA name); Sunday is 0 or 7. A time that the zone skips in spring
    runs an hour later, and a time that occurs twice in autumn runs twice. `cron` wins over `every`, which counts from
    `now`.

    Raises:
        ConfigError: `cron` is not a crontab expression, or names a time that never comes.
    """
    if not source.cron:
        regular = _REMOTE_SECONDS if source.remote else _DIRECTORY_SECONDS
        return now + timedelta(seconds=source.every or regular)
    found: datetime | None = _cron_trigger(source.cron, zone).get_next_fire_time(now, now)
    if found is None:
        raise ConfigError(f"source {source.name!r}: cron {source.cron!r} names no time that will ever come")
    return found.astimezone(UTC)


def _cron_trigger(expression: str, zone: str) -> Any:  # noqa: ANN401 - APScheduler has no types
    """Return the trigger of a crontab expression. There Sunday is 0 or 7, while APScheduler counts from Monday = 0."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - only what has a cron needs it

    *head, weekday = expression.split()
    try:
        return CronTrigger.from_crontab(" ".join([*head, _weekdays(weekday)]), timezone=ZoneInfo(zone))
    except ValueError as error:
        raise ConfigError(f"cron {expression!r} is not a time: {error}; five fields, such as '*/10 * * * *'") from error


_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekdays(expression: str) -> str:
    """Return the fifth field with day names in place of numbers; ranges with steps are written out."""
    return ",".join(_weekday(part) for part in expression.lower().split(","))


def _weekday(part: str) -> str:
    span, _, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*" and not step:
        return "*"
    low, high = (0, 6) if span == "*" else (_day(first), _day(last if dash else first))
    if step and not dash and span != "*":
        high = 6
    days = range(low, (high if high >= low else high + 7) + 1, int(step or 1))
    return ",".join(_DAYS[day % 7] for day in days)


def _day(name: str) -> int:
    return int(name) if name.isdecimal() else _DAYS.index(name[:3])
