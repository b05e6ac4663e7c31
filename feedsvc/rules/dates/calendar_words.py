"""The calendar's words: months, numerals, eras, halves of the day and zones, in the languages that feeds are written in.

Pure. To add a language: its months in `MONTHS`, its halves of the day in `HALVES`. To add a zone: one line of `ZONES`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_MONTHS_BY_LANGUAGE = (  # January to December each, alternatives after "|"
    (
        "jan|january feb|february mar|march apr|april may jun|june "
        "jul|july aug|august sep|sept|september oct|october nov|november dec|december"
    ),
    "januar|jänner|jän februar märz|mär|maerz april mai juni juli august september oktober|okt november dezember|dez",
    (
        "janvier|janv février|févr|fév|fevrier mars avril|avr mai juin "
        "juillet|juil août|aout septembre octobre novembre décembre|déc|decembre"
    ),
    "enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre octubre noviembre diciembre|dic",
    "janeiro fevereiro|fev março abril maio junho julho agosto setembro|set outubro|out novembro dezembro",
    "gennaio|gen febbraio marzo aprile maggio|mag giugno|giu luglio|lug agosto settembre ottobre|ott novembre dicembre",
    "januari februari maart|mrt april mei juni juli augustus september oktober november december",
    (
        "января|янв февраля|фев|февр марта|мар апреля|апр мая|май июня|июн "
        "июля|июл августа|авг сентября|сен|сент октября|окт ноября|ноя|нояб декабря|дек"
    ),
)
MONTHS = {
    name: month
    for names in _MONTHS_BY_LANGUAGE
    for month, alternatives in enumerate(names.split(), start=1)
    for name in alternatives.split("|")
}
MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + ")"  # for patterns that ignore case

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}  # the year before the era's first
_DIGITS = {"〇": 0, "○": 0, "零": 0, "元": 1} | {
    digit: value for value, digit in enumerate("一二三四五六七八九", start=1)
}
WIDE_DIGITS = str.maketrans("０１２３４５６７８９：／－．", "0123456789:/-.")  # one character each: offsets stay

MORNING, AFTERNOON = 0, 12  # hours added to a clock of twelve
HALVES = {
    **dict.fromkeys(("am", "上午", "凌晨", "早上", "清晨", "午前", "오전"), MORNING),
    **dict.fromkeys(("pm", "下午", "晚上", "傍晚", "午後", "오후"), AFTERNOON),
}

# hours east of UTC; abbreviations that mean one thing only, and the American ones of RFC 822 §5.1
ZONES = (
    dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0)
    | {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
    | {"BST": 1, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3}
    | {"HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}
    | {"北京时间": 8, "北京時間": 8, "台北時間": 8, "日本時間": 9, "日本时间": 9, "한국시간": 9}
)
_OFFSET = re.compile(r"(?P<sign>[+\-−])(?P<hours>\d{1,2}?):?(?P<minutes>\d\d)?")


def month_named(name: str) -> int:
    """Return the number of the month `name`, 0 when there is none: patterns that ignore case let a "ſep" pass."""
    return MONTHS.get(name.lower(), 0)


def number(digits: str) -> int:
    """Return the value of `digits`: ASCII, or Chinese up to 99 (二十一) or digit by digit (二〇二一)."""
    if digits.isascii():
        return int(digits)
    tens, ten, ones = digits.partition("十")
    if ten:
        return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
    return int("".join(str(_DIGITS[digit]) for digit in digits))


def hour_of_day(hour: int, half: str) -> int:
    """Return `hour` on a clock of 24, `half` being a key of `HALVES` ("p.m." too) or "": 12 am is 0, 12 pm is 12."""
    added = HALVES.get(half.lower().replace(".", ""))
    if added is None or hour > 12:  # noqa: PLR2004 (下午 15:30 says the same thing twice)
        return hour
    return hour % 12 + added


def zone_named(name: str, wall: datetime, home: tzinfo) -> tzinfo:
    """Return the zone that `name` ("+0800", "GMT+8", "EST", "" = not said) means for `wall`, in a document of `home`.

    An abbreviation that `home` itself uses means `home`: "CST" is Shanghai's there and Chicago's elsewhere (RFC 822 §5.1).
    One that nobody knows says nothing (RFC 5322 §4.3).
    """
    if not name:
        return home
    offset = _OFFSET.fullmatch(name.removeprefix("GMT").removeprefix("UTC").strip())
    if offset:
        distance = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return timezone(distance if offset["sign"] == "+" else -distance)
    if home.tzname(wall) == name or name not in ZONES:
        return home
    return timezone(timedelta(hours=ZONES[name]))


def zone_of(key: str) -> tzinfo:
    """Return the zone of an IANA `key`; UTC where there is none of that name (the configuration has complained by then)."""
    try:
        return ZoneInfo(key)
    except (KeyError, ValueError, OSError):  # no such zone; no such name; the name of a directory
        return UTC
