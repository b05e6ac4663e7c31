"""Dates as people and machines write them: what each form means, what is no date, and that no text costs much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.rules.dates.calendar_words import number, zone_named, zone_of
from feedsvc.rules.dates.date_path import path_readings, same_house
from feedsvc.rules.dates.parse import FORMS, find, read
from feedsvc.rules.dates.relative import read_relative

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2021, 9, 6, 14, 17, tzinfo=UTC)  # 22:17 in Shanghai
MIDNIGHT = datetime(2021, 9, 5, 16, 0, tzinfo=UTC)  # the day's beginning there

TIMED = [
    "Mon, 06 Sep 2021 22:17:00 +0800",
    "6 Sep 2021 22:17 +0800",
    "Mon, 6 Sep 21 14:17 GMT",
    "Mon, 06 Sep 2021 09:17:00 EST",
    "Mon,  6 Sep 2021 07:17:00 -0700",
    "06-Sep-2021 14:17:00 UTC",
    "2021-09-06T14:17:00Z",
    "2021-09-06T22:17:00.000+08:00",
    "2021-09-06 10:17:00 -4",
    "2021-09-06 14:17:00 +0000 UTC",
    "2021-09-06 22:17",
    "2021/9/6 22:17:00",
    "20210906T141700Z",
    "20210906221700",
    "1630937820",
    "1630937820000",
    "Mon Sep  6 22:17:00 CST 2021",
    "Mon Sep 06 2021 22:17:00 GMT+0800 (China Standard Time)",
    "2021年9月6日 22:17",
    "2021年9月6日（星期一）22:17",
    "2021年9月6日 星期一 下午10:17",
    "2021年9月6日 22时17分",
    "２０２１年９月６日　２２：１７",
    "2021-09-06 22:17（北京时间）",
    "2021/09/06 (月) 23:17 日本時間",
    "2021년 9월 6일 오후 10:17",
    "2021. 9. 6. 오후 10:17",
    "September 6, 2021 at 10:17 PM",
    "6. September 2021, 22:17 Uhr",
    "6 septembre 2021 à 22h17",
    "6 de septiembre de 2021, 22:17",
    "6 de setembro de 2021 às 22h17",
    "6 сентября 2021 г., 22:17",
    "6 сентября 2021 в 22:17",
    "06.09.2021 22:17",
    '"2021-09-06 22:17"',
]
DAYS = [
    "2021-09-06",
    "20210906",
    "2021.09.06",
    "二〇二一年九月六日",
    "二零二一年九月六日",
    "令和3年9月6日",
    "民國110年9月6日",
    "2021년 9월 6일",
    "Sept. 6th 2021",
    "6th of September 2021",
    "6 settembre 2021",
    "6 september 2021",
    "lunes, 6 de septiembre de 2021",
]
NO_DATES = [
    "",
    "Invalid Date",
    "null",
    "{{ page.date }}",
    "2021-13-45",
    "2018-02-31",
    "9月6日",
    "September 6",
    "06/09/2021",  # two days
    "12:30:45",
    "0001-01-01T00:00:00Z",
    "version 2021.1.2.3",
    "2021",
    "2021-09",
    "5 ſep 2021",
    "x" * 200 + " 2021-09-06",
]


@pytest.mark.parametrize("text", TIMED)
def test_a_time_of_day_is_read_in_its_zone(text: str) -> None:
    reading = read(text)
    assert reading is not None
    assert (reading.moment(SHANGHAI), reading.timed) == (EVENING, True)


@pytest.mark.parametrize("text", DAYS)
def test_a_day_is_its_midnight_at_home(text: str) -> None:
    reading = read(text)
    assert reading is not None
    assert (reading.moment(SHANGHAI), reading.timed) == (MIDNIGHT, False)


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("16/09/2021", 16),
        ("09/16/2021", 16),
        ("09/09/2021", 9),
        ("06.09.2021", 6),
        ("平成31年4月30日", 30),
        ("平成元年一月二十一日", 21),
        ("2021年十月三十一日", 31),
    ],
)
def test_the_day_is_told_from_the_month(text: str, day: int) -> None:
    reading = read(text)
    assert reading is not None
    assert reading.wall.day == day


def test_an_abbreviation_that_home_uses_means_home() -> None:
    wall = datetime(2021, 9, 6, 22, 17)  # noqa: DTZ001
    assert zone_named("CST", wall, SHANGHAI) is SHANGHAI
    assert zone_named("CST", wall, UTC) == timezone(timedelta(hours=-6))
    assert zone_named("XYZ", wall, SHANGHAI) is SHANGHAI


@pytest.mark.parametrize("key", ["", "Mars/Olympus", "../etc", "Europe"])
def test_a_zone_that_is_none_is_utc(key: str) -> None:
    assert zone_of(key) is UTC


@pytest.mark.parametrize(
    ("digits", "value"), [("十", 10), ("二十一", 21), ("三十", 30), ("二〇二一", 2021), ("元", 1), ("12", 12)]
)
def test_chinese_numbers(digits: str, value: int) -> None:
    assert number(digits) == value


def test_every_date_of_a_text_is_found_once_and_in_order() -> None:
    text = "Updated 2021-09-08 10:00, published September 6, 2021; 2021年9月6日."
    assert [text[reading.start : reading.end] for reading in find(text)] == [
        "2021-09-08 10:00",
        "September 6, 2021",
        "2021年9月6日",
    ]


def test_no_character_belongs_to_two_dates() -> None:
    assert [reading.wall for reading in find("2021年9月6日 10時 12 September 2021")] == [datetime(2021, 9, 6, 10, 12)]  # noqa: DTZ001


def test_ranges_and_addresses_are_no_dates() -> None:
    assert not list(find("see https://example.org/2021/09/06/x, 2021-09-06/2021-09-10, 1.2021.09.06.1"))


# ---------------------------------------------------------------- relative

NOW = datetime(2021, 9, 7, 3, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("3小时前", "2021-09-07T00:00"),
        ("2 hours ago", "2021-09-07T01:00"),
        ("an hour ago", "2021-09-07T02:00"),
        ("4分钟前", "2021-09-07T02:56"),
        ("30分前", "2021-09-07T02:30"),
        ("2시간 전", "2021-09-07T01:00"),
        ("vor 3 Stunden", "2021-09-07T00:00"),
        ("il y a 2 jours", "2021-09-04T16:00"),
        ("3 дня назад", "2021-09-03T16:00"),
        ("昨天 12:30", "2021-09-06T04:30"),
        ("yesterday at 5:00 PM", "2021-09-06T09:00"),
        ("今天 08:00", "2021-09-07T00:00"),
        ("前天", "2021-09-04T16:00"),
        ("刚刚", "2021-09-07T03:00"),
    ],
)
def test_relative_forms_count_from_the_fetch(text: str, moment: str) -> None:
    found = read_relative(text, NOW, SHANGHAI)
    assert found is not None
    assert found.isoformat(timespec="minutes").removesuffix("+00:00") == moment


@pytest.mark.parametrize(
    "text", ["", "3 months ago", "built 4 minutes ago", "昨天 25:99", "2 ſeconds ago later", "12:30"]
)
def test_what_is_no_relative_form_is_none(text: str) -> None:
    assert read_relative(text, NOW, SHANGHAI) is None


# ---------------------------------------------------------------- paths


@pytest.mark.parametrize(
    "path",
    [
        "2022/05/18/harbour.md",
        "https://example.org/n1/2022/0518/c1-2.html",
        "/2022-05/18/c_1.htm",
        "/202205/18/a.html",
        "/20220518/a.html",
        "news/t20220518_12.html",
        "_posts/2022-05-18-harbour.md",
        "/2022/5/18/harbour/?from=2021/01/01",
        "2022-05-18",
    ],
)
def test_the_date_of_a_path(path: str) -> None:
    assert [reading.wall.date().isoformat() for _, reading in path_readings(path)] == ["2022-05-18"]


@pytest.mark.parametrize(
    "path",
    ["", "/a/2022/harbour", "/id/120220518/x", "/2022/13/45/", "/2022/02/31/", "from-2022-05-18.md", "https://[x/2022"],
)
def test_what_is_no_date_in_a_path(path: str) -> None:
    assert list(path_readings(path)) == []


def test_houses_are_told_by_their_hosts() -> None:
    assert same_house("https://www.example.org/a", "https://feeds.example.org/rss")
    assert not same_house("https://example.org/a", "https://example.com/a")
    assert not same_house("post.md", "post.md")
    assert not same_house("https://[broken", "https://example.org")


# ---------------------------------------------------------------- properties

_FIRST, _LAST = datetime(1985, 1, 2), datetime(2045, 1, 1)  # noqa: DTZ001
walls = st.datetimes(min_value=_FIRST, max_value=_LAST).map(lambda wall: wall.replace(microsecond=0))
offsets = st.integers(min_value=-12 * 4, max_value=14 * 4).map(
    lambda quarters: timezone(timedelta(minutes=15 * quarters))
)
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}


@given(walls, offsets)
def test_moments_with_a_zone_round_trip(wall: datetime, offset: timezone) -> None:
    moment = wall.replace(tzinfo=offset)
    for text in (
        moment.isoformat(),
        f"{moment:%a, %d %b %Y %H:%M:%S %z}",
        f"{moment:%Y-%m-%d %H:%M:%S%z}",
        f"{moment:%Y%m%dT%H%M%S%z}",
    ):
        reading = read(text)
        assert reading is not None
        assert reading.moment(SHANGHAI) == moment


@given(walls, st.sampled_from(sorted(MONTHS)))
def test_wall_clocks_round_trip_in_every_form(wall: datetime, language: str) -> None:
    month = MONTHS[language].split()[wall.month - 1]
    half = "上午" if wall.hour < 12 else "下午"
    for text in (
        f"{wall.day} {month} {wall.year} {wall:%H:%M:%S}",
        f"{wall.day} de {month} de {wall.year}, {wall:%H:%M:%S}",
        f"{month} {wall.day}, {wall.year} {wall:%H:%M:%S}",
        f"{wall.year}年{wall.month}月{wall.day}日 {wall:%H:%M:%S}",
        f"{wall.year}年{wall.month}月{wall.day}日 {half}{wall.hour % 12 or 12}:{wall:%M:%S}",
        f"{wall.year}년 {wall.month}월 {wall.day}일 {wall:%H:%M:%S}",
        f"{wall:%d.%m.%Y %H:%M:%S}",
        f"{wall:%Y/%m/%d %H:%M:%S}",
    ):
        reading = read(text)
        assert reading is not None, text
        assert reading.wall == wall, text


@given(st.text(max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    read(text)
    read_relative(text, NOW, SHANGHAI)
    assert all(0 <= reading.start < reading.end <= len(text) for reading in find(text))
    list(path_readings(text))


@given(st.text(alphabet="0123456789-/.:年月日〇一二十令和元 TZ+AaPpMmSsep", max_size=60))
def test_no_text_of_the_trade_makes_it_fail(text: str) -> None:
    for reading in find(text):
        assert reading.moment(SHANGHAI).year > 1900


@pytest.mark.parametrize(
    "piece",
    [
        "2021-09-06 ",
        "2021",
        "1",
        "September ",
        "6 Sep ",
        "二〇",
        "令和",
        "2021年",
        " ",
        "10:10:10",
        "6. ",
        "2021-09-06T10:10:10.",
    ],
)
def test_a_megabyte_of_it_takes_less_than_a_second_a_form(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    for form in FORMS:
        start = process_time()
        sum(1 for _ in form.pattern.finditer(text))
        assert process_time() - start < 20
