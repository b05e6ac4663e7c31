"""Dates that count from the present: "3小时前", "2 hours ago", "昨天 12:30", read against the time of the fetch.

Pure. Only for an element that is marked as the date of its article: elsewhere "4 minutes ago" is a line of a console listing.
Months and years are too coarse to be a date. To add a language: one line of `_AGO`, its units in `_UNITS`, its days in `_DAYS`.
"""

# ruff: noqa: SIM905 (tables of words)

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from feedsvc.rules.dates import parse

_UNITS = (
    (
        timedelta(seconds=1),
        "秒 秒钟 秒鐘 초 second seconds sec secs Sekunde Sekunden seconde secondes segundo segundos",
    ),
    (timedelta(minutes=1), "分 分钟 分鐘 분 minute minutes min mins Minuten minuto minutos минуту минуты минут"),
    (
        timedelta(hours=1),
        "小时 小時 个小时 個小時 時間 시간 hour hours hr hrs h Stunde Stunden heure heures hora horas час часа часов",
    ),
    (timedelta(days=1), "天 日 일 day days Tag Tage Tagen jour jours día días dia dias день дня дней"),
)
_UNIT = {unit.lower(): length for length, units in _UNITS for unit in units.split()}
_ANY_UNIT = "(?P<unit>" + "|".join(sorted(_UNIT, key=len, reverse=True)) + ")"
_COUNT = r"(?P<count>\d{1,3}|an?|one|eine[rm]?|une?|una?|um|uma)"
_AGO = tuple(
    re.compile(form.format(count=_COUNT, unit=_ANY_UNIT), re.IGNORECASE)
    for form in (
        r"{count}\s?{unit}\s?(?:之前|以前|前|전|ago|назад)",
        r"(?:vor|il y a|hace|há)\s{count}\s?{unit}",
    )
)
_DAYS = {
    **dict.fromkeys("今天 今日 오늘 today heute hoy hoje сегодня".split(), 0),
    **dict.fromkeys("昨天 昨日 어제 yesterday gestern hier ayer ontem вчера".split(), 1),
    **dict.fromkeys("前天 一昨日 그저께".split(), 2),
}
_DAY_AND_CLOCK = re.compile(
    rf"(?P<day>{'|'.join(sorted(_DAYS, key=len, reverse=True))})(?P<clock>\D{{0,8}}\d{{1,2}}\D.{{0,20}})?",
    re.IGNORECASE,
)
_NOW = re.compile(r"刚刚|剛剛|たった今|방금(?: 전)?|just now|gerade eben|à l['’]instant|только что", re.IGNORECASE)
_LONGEST = 40  # characters


def read_relative(text: str, now: datetime, home: tzinfo) -> datetime | None:
    """Return the moment in UTC that all of `text` names, counted from `now` in the zone `home`; None when it names none.

    A count of days gives the day alone (its midnight in `home`); all else is exact to the minute.
    """
    value = text.strip()
    if not value or len(value) > _LONGEST:
        return None
    if _NOW.fullmatch(value):
        return _to_the_minute(now)
    return _so_long_ago(value, now, home) or _day_before(value, now, home)


def _so_long_ago(value: str, now: datetime, home: tzinfo) -> datetime | None:
    found = next(filter(None, (form.fullmatch(value) for form in _AGO)), None)
    if not found:
        return None
    unit = _UNIT.get(found["unit"].lower(), timedelta())  # ignoring case lets a "ſec" pass
    moment = now - (int(found["count"]) if found["count"].isdigit() else 1) * unit
    return _midnight(moment, home) if unit >= timedelta(days=1) else _to_the_minute(moment)


def _day_before(value: str, now: datetime, home: tzinfo) -> datetime | None:
    found = _DAY_AND_CLOCK.fullmatch(value)
    if not found:
        return None
    day = now.astimezone(home) - timedelta(days=_DAYS.get(found["day"].lower(), 0))
    reading = parse.read(f"{day:%Y-%m-%d}{found['clock'] or ''}")
    if not reading or bool(found["clock"]) != reading.timed:
        return None
    return reading.moment(home)


def _to_the_minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _midnight(moment: datetime, home: tzinfo) -> datetime:
    return moment.astimezone(home).replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
