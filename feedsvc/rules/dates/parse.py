"""Dates as people and machines write them: text -> `ParsedDate`, a wall clock and the zone it names.

Pure and linear: every pattern is bounded, and nothing here knows the present (relative forms: `date_relative`).
A month and a day without a year is not a date, nor is 06/09/2021, which means two days.
To add a form: one pattern and one line of `FORMS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from feedsvc.rules.dates.calendar_words import (
    ERAS,
    MONTH,
    WIDE_DIGITS,
    ZONES,
    hour_of_day,
    month_named,
    number,
    zone_named,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VALUE_CHARACTERS = 100  # longer is no date but a text that may hold one
_PIVOT = 70  # two-digit years: 69 is 2069, 70 is 1970 (POSIX)
_LEAP_SECOND = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDate:
    """A date as it stands in a text."""

    wall: datetime  # naive: what a clock on the wall of `zone` showed
    timed: bool  # False = a day only, `wall` is its midnight
    zone: str  # as written ("+0800", "EST"), "" = not said
    start: int  # offsets in the text
    end: int

    def moment(self, home: tzinfo) -> datetime:
        """Return the moment in UTC, in a document of the zone `home`.

        A wall time that daylight saving skips counts on from before the change (PEP 495, fold=0).
        """
        return self.wall.replace(tzinfo=zone_named(self.zone, self.wall, home)).astimezone(UTC)


class _Clock(NamedTuple):
    hour: int = 0
    minute: int = 0
    second: int = 0
    microsecond: int = 0
    zone: str = ""
    timed: bool = False
    end: int = 0


class _Form(NamedTuple):
    pattern: re.Pattern[str]
    day: Callable[[re.Match[str]], tuple[int, int, int] | None]  # year, month, day
    needs: str = (
        ""  # without one of these characters it cannot match: a pattern costs fifty times as much; "" = any may do
    )
    alone: bool = False  # only where the whole text is a date


# ---------------------------------------------------------------- the time of day

_WEEKDAY_AFTER = (
    r"(?:\s?(?:[（(]\s?[^\s()（）\d]{1,12}\s?[)）]|(?:星期|周|週|礼拜)[一二三四五六日天]|[월화수목금토일]요일"
    r"|[月火水木金土日]曜日?))?"
)
_JOIN = r"[T\s,，、.·|@]{0,4}(?:(?:at|um|à|às|a las|kl\.?|в|alle)\s|[-–—]\s?)?(?:г\.?|года)?[,\s]{0,3}"  # "6 сентября 2021 г., 22:17"
_HALF = r"(?:上午|凌晨|早上|清晨|午前|오전|下午|晚上|傍晚|午後|오후)"
_ZONE_NAMES = "|".join(sorted((name for name in ZONES if len(name) > 1), key=len, reverse=True))
_ZONE = (
    r"(?:\s{0,2}[（(]?(?-i:(?P<zone>(?:(?:GMT|UTC)\s?)?[+\-−](?:0?\d|1[0-4])(?::?[0-5]\d)?(?![\d:/.])"
    rf"|Z(?!\w)|(?:{_ZONE_NAMES})(?!\w)))[)）]?)?"
)
_CLOCK = re.compile(
    rf"{_WEEKDAY_AFTER}{_JOIN}(?P<half>{_HALF})?\s?(?P<hour>[01]?\d|2[0-3])"
    r"(?:\s?[:：]\s?(?P<minute>[0-5]\d)(?:\s?[:：]\s?(?P<second>[0-5]\d|60)(?:[.,](?P<fraction>\d{1,9}))?)?(?!\d)"
    r"|\s?[时時点點시h]\s?(?:(?P<minute2>[0-5]?\d)\s?[分분]?\s?(?:(?P<second2>[0-5]?\d)\s?[秒초])?)?)"
    rf"(?:\s?(?P<half2>[ap]\.?m\.?)(?!\w))?{_ZONE}",
    re.IGNORECASE,
)


def _clock_at(text: str, position: int) -> _Clock:
    """Read the time of day that follows a day ending at `position`; midnight and `timed=False` where none does."""
    found = _CLOCK.match(text, position)
    if not found:
        return _Clock(end=position)
    return _Clock(
        hour=hour_of_day(int(found["hour"]), found["half"] or found["half2"] or ""),
        minute=int(found["minute"] or found["minute2"] or 0),
        second=min(int(found["second"] or found["second2"] or 0), _LEAP_SECOND - 1),
        microsecond=int((found["fraction"] or "0").ljust(6, "0")[:6]),
        zone=found["zone"] or "",
        timed=True,
        end=found.end(),
    )


# ---------------------------------------------------------------- the day

_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_HAN_YEAR = "[一二][〇○零一二三四五六七八九]{3}"
_HAN_NUMBER = "(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[〇○零一二三四五六七八九]{1,2})"
_MONTH_NUMBER = rf"(?P<month>[0-9]{{1,2}}|{_HAN_NUMBER})"
_DAY_NUMBER = rf"(?P<day>[0-9]{{1,2}}|{_HAN_NUMBER})"


def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE)


def _numbers(found: re.Match[str]) -> tuple[int, int, int]:
    return number(found["year"]), number(found["month"]), number(found["day"])


def _era(found: re.Match[str]) -> tuple[int, int, int]:
    return ERAS[found["era"]] + number(found["year"]), number(found["month"]), number(found["day"])


def _named_month(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found["year"]), month_named(found["month"]), int(found["day"])


def _short_year(found: re.Match[str]) -> tuple[int, int, int]:
    year = int(found["year"])
    return year + (1900 if year >= _PIVOT else 2000), month_named(found["month"]), int(found["day"])


def _day_first(found: re.Match[str]) -> tuple[int, int, int] | None:
    """Read 06.09.2021 (the dot means day first), 16/09/2021 and 09/16/2021 (one reading only); not 06/09/2021."""
    first, second, year = int(found["first"]), int(found["second"]), int(found["year"])
    if found["sep"] == "." or first > 12 or first == second:  # noqa: PLR2004 (months)
        return year, second, first
    return (year, first, second) if second > 12 else None  # noqa: PLR2004


FORMS = (
    # 2021-09-06, 2021/9/6, 2021. 9. 6.
    _Form(
        _pattern(rf"(?<![\w./-]){_YEAR}\s?(?P<sep>[-/.])\s?(?P<month>0?[1-9]|1[0-2])\s?(?P=sep)\s?{_DAY}(?![-/.]?\d)"),
        _numbers,
        needs="-/.",
    ),
    # 2021年9月6日, 二〇二一年一月四日, 2021년 9월 6일
    _Form(
        _pattern(
            rf"(?<!\d)(?P<year>(?:19|20)[0-9]{{2}}|{_HAN_YEAR})\s?[年년]\s?{_MONTH_NUMBER}\s?[月월]\s?{_DAY_NUMBER}\s?[日号號일]"
        ),
        _numbers,
        needs="年년",
    ),
    # 令和3年9月6日, 平成元年, 民國110年
    _Form(
        _pattern(
            rf"(?P<era>{'|'.join(ERAS)})\s?(?P<year>元|[0-9]{{1,3}}|{_HAN_NUMBER})\s?年\s?{_MONTH_NUMBER}\s?月\s?{_DAY_NUMBER}\s?日"
        ),
        _era,
        needs="年",
    ),
    # 6 September 2021, 06-Sep-2021, 6. September 2021, 6 de septiembre de 2021, 1er janvier 2021, 6 сентября 2021
    _Form(
        _pattern(
            rf"(?<![\w./-]){_DAY}(?:st|nd|rd|th|er|\.?º|\.)?[\s-]{{1,3}}(?=[^\W\d_])(?:de\s|of\s)?(?P<month>{MONTH})\.?,?[\s-]{{1,3}}"
            rf"(?:del?\s)?{_YEAR}(?!\d)"
        ),
        _named_month,
    ),
    # September 6, 2021; Sept. 6th 2021
    _Form(
        _pattern(
            rf"(?<![\w./-])(?=[^\W\d_])(?P<month>{MONTH})\.?\s{{1,3}}{_DAY}(?:st|nd|rd|th)?(?:,\s{{0,3}}|\s{{1,3}}){_YEAR}(?!\d)"
        ),
        _named_month,
    ),
    # 06.09.2021
    _Form(
        _pattern(
            rf"(?<![\w.,/-])(?P<first>0?[1-9]|[12]\d|3[01])(?P<sep>[./-])\s?(?P<second>0?[1-9]|[12]\d|3[01])(?P=sep)\s?"
            rf"{_YEAR}(?![-/.]?\d)"
        ),
        _day_first,
        needs="./-",
    ),
    # 06 Sep 21 22:17 GMT (RFC 822)
    _Form(
        _pattern(
            rf"^(?:\w{{3,9}}\.?,?\s{{1,3}})?{_DAY}[\s-](?P<month>{MONTH})[\s-](?P<year>\d\d)(?=\s{{1,3}}\d\d?:\d\d)"
        ),
        _short_year,
        alone=True,
    ),
)

_RUNNING_FORMS = tuple(form for form in FORMS if not form.alone)

_YEAR_SOMEWHERE = re.compile(r"(?:19|20)\d\d|年")  # most lines have none, and cost nothing

_REWRITES = (  # whole values whose parts stand in an order of their own
    # Mon Sep  6 22:17:18 CST 2021 (ctime, Java)
    (
        _pattern(
            rf"^(?:\w{{3,9}},?\s)?({MONTH})\s{{1,2}}(\d{{1,2}})\s(\d\d?:\d\d(?::\d\d)?)\s((?:[A-Z+-][\w:+-]{{0,8}}\s)?)((?:19|20)\d\d)$"
        ),
        r"\2 \1 \5 \3 \4",
    ),
    # 20210906, 20210906T221718Z, 20210906221718
    (
        _pattern(r"^((?:19|20)\d\d)(\d\d)(\d\d)(?:[T\s]?(\d\d):?(\d\d):?(\d\d)(?:\.\d{1,9})?\s?(Z|[+-]\d\d:?\d\d)?)?$"),
        None,
    ),
)
_TIME = r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9])"
_OFFSET = r"[+-](?:0[0-9]|1[0-4])"
_RFC_3339 = re.compile(
    rf"(?P<date>(?P<year>(?:19|20)[0-9]{{2}})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3][0-9]))T{_TIME}(?:\.(?P<fraction>[0-9]{{1,9}}))?(?P<zone>Z|{_OFFSET}:[0-5][0-9])"
)
_RFC_822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(?P<date>(?P<day>[0-3][0-9]|[1-9]) "
    r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?P<year>(?:19|20)[0-9]{2})) "
    rf"{_TIME} (?P<zone>GMT|UTC|Z|[ECMP][SD]T|{_OFFSET}[0-5][0-9])"
)
_EPOCH = re.compile(r"^(?P<seconds>\d{10})(?P<millis>\d{3})?(?:\.\d{1,9})?$")
_QUOTES = " \t\r\n\"'“”"


# ---------------------------------------------------------------- both


def read(text: str) -> ParsedDate | None:
    """Read `text` as one date, as in front matter, a feed or an attribute; None when it is none (or none that we know).

    RFC 822 with its zones, weekday or not; RFC 3339; ISO 8601; YAML timestamps; seconds and milliseconds since 1970; and what
    `find` knows. "Invalid Date", "null" and templates are none.
    """
    value = text.strip(_QUOTES).translate(WIDE_DIGITS)
    return _read(value) if value and len(value) <= VALUE_CHARACTERS else None


@lru_cache(maxsize=512)  # one document is asked for a date by several rules
def _read(value: str) -> ParsedDate | None:
    return _standard(value) or _long_way(value)


def _long_way(value: str) -> ParsedDate | None:
    return _epoch(value) or next(_readings(_in_usual_order(value), FORMS), None)


def find(text: str) -> Iterator[ParsedDate]:
    """Yield every absolute date in running `text`, in the order of the text; each character belongs to one at most."""
    usual = text if text.isascii() else text.translate(WIDE_DIGITS)
    possible = ("19" in usual or "20" in usual or "年" in usual) and _YEAR_SOMEWHERE.search(usual)
    return _readings(usual, _RUNNING_FORMS) if possible else iter(())


def _readings(text: str, forms: tuple[_Form, ...]) -> Iterator[ParsedDate]:
    possible = (form for form in forms if not form.needs or any(mark in text for mark in form.needs))
    readings = [reading for form in possible for reading in _of_form(form, text)]
    end = 0
    for reading in sorted(readings, key=lambda reading: (reading.start, -reading.end)):
        if reading.start >= end:
            end = reading.end
            yield reading


def _of_form(form: _Form, text: str) -> Iterator[ParsedDate]:
    for found in form.pattern.finditer(text):
        day = form.day(found)
        clock = _clock_at(text, found.end())
        wall = _wall(day, clock) if day else None
        if wall:
            yield ParsedDate(wall=wall, timed=clock.timed, zone=clock.zone, start=found.start(), end=clock.end)


def _wall(day: tuple[int, int, int], clock: _Clock) -> datetime | None:
    try:
        return datetime(*day, clock.hour, clock.minute, clock.second, clock.microsecond)  # noqa: DTZ001 (a wall clock)
    except ValueError:  # 2018-02-31
        return None


def _standard(value: str) -> ParsedDate | None:
    """Read the two forms that feeds are meant to use, as the long way would."""
    found = _RFC_3339.fullmatch(value) or _RFC_822.fullmatch(value)
    if not found:
        return None
    year, month, day, hour, minute, second, zone = found.group(
        "year", "month", "day", "hour", "minute", "second", "zone"
    )
    fraction = found.groupdict().get("fraction") or "0"
    clock = _Clock(int(hour), int(minute), int(second), int(fraction.ljust(6, "0")[:6]))
    wall = _wall((int(year), int(month) if month.isdigit() else month_named(month), int(day)), clock)
    return ParsedDate(wall=wall, timed=True, zone=zone, start=found.start("date"), end=len(value)) if wall else None


def _in_usual_order(value: str) -> str:
    for pattern, order in _REWRITES:
        found = pattern.match(value)
        if found:
            return found.expand(order) if order else _spelt_out(found)
    return value


def _spelt_out(found: re.Match[str]) -> str:
    year, month, day, hour, minute, second, zone = found.groups(default="")
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}:{second}{zone}" if hour else "")


def _epoch(value: str) -> ParsedDate | None:
    found = _EPOCH.match(value)
    if not found:
        return None
    microsecond = int(found["millis"] or 0) * 1000
    wall = datetime.fromtimestamp(int(found["seconds"]), UTC).replace(tzinfo=None, microsecond=microsecond)
    return ParsedDate(wall=wall, timed=True, zone="UTC", start=0, end=len(value))
