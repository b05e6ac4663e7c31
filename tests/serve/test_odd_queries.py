"""Queries that no page of ours writes: an answer with a reason, and never a traceback in the log."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.serve.sample import uuid_of

LONG = "9" * 5_000
NUMBERS = (LONG, "1." + "9" * 5_000, f"{LONG}..1", f"1..{LONG}", "٣" * 5_000)
SMALL = (
    "0",
    "-1",
    "1.5",
    "٣",
    "1e9",
    "",
    "x",
    "1..",
    "9" * 18,
    "9" * 18 + ".1",
    "0x10",
    "9" * 19,
    "9" * 20 + ".1",
    "-" + "9" * 19,
)


ARTICLE = f"/articles/{uuid_of(4)}"
PATHS = (
    "/search?q=a&page=",
    "/category/Science?after=",
    "/source/planet?after=",
    f"{ARTICLE}?revision=",
    f"{ARTICLE}?diff=",
)


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_number_that_is_too_long_is_a_bad_request(
    site: Any, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    for path in PATHS:
        answer = await site.get(path + number)
        assert answer.status_code == 400, path
        assert "too long" in answer.text
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("number", SMALL)
async def test_any_other_number_is_answered(site: Any, number: str) -> None:
    for path in PATHS:
        assert (await site.get(path + number)).status_code in (200, 404), path


@pytest.mark.parametrize("path", ["/search", "/category/x", "/", "/feeds/", "/-/status"])
@pytest.mark.parametrize("count", [60, 3_000])
async def test_too_many_parameters_are_no_error_of_ours(site: Any, path: str, count: int) -> None:
    answer = await site.get(f"{path}?{urlencode([(f'p{number}', 'x') for number in range(count)])}")
    assert answer.status_code in (200, 400, 404)
    if path == "/search":
        assert answer.status_code == 400
        assert "50 parameters" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"/archive/articles?_size={LONG}",
        f"/archive/articles.json?_size={LONG}",
        f"/archive/articles?_next={LONG}",
        f"/archive/articles/{LONG}",
        f"/archive/articles?id={LONG}",
        f"/archive/articles?id__gt={LONG}",
        f"/archive.json?sql=select+{LONG}",
        f"/archive.json?sql=select+:p&p={LONG}",
        f"/archive/articles?_facet_size={LONG}",
    ],
)
async def test_datasettes_pages_answer_too(site: Any, path: str) -> None:
    assert (await site.get(path, follow_redirects=True)).status_code in (200, 400, 404)
