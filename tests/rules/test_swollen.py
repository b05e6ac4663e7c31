"""Content that is many times as long as its document is refused before it is made; tables that people write are not."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import DocumentError
from feedsvc.model import Draft, Source
from feedsvc.rules import markdown, normalise

if TYPE_CHECKING:
    from feedsvc.model import BodyKind

SOURCE = Source(name="s", kind="directory", location="/s")


def article(body: str, kind: BodyKind = "markdown", base_url: str = "") -> str:
    draft = Draft(
        source="s",
        locator="a.md",
        form="front-matter",
        fetched_at=datetime(2026, 11, 30, tzinfo=UTC),
        title="T",
        base_url=base_url,
        body=body,
        body_kind=kind,
    )
    return normalise(draft, SOURCE).content


def table(columns: int, rows: int, row: str = "a|b", before: str = "") -> str:
    lines = ["|".join(["h"] * columns), "|".join(["-"] * columns), *[row] * rows]
    return "".join(f"{before}{line}\n" for line in lines)


BOMBS = {
    "one table": table(1_000, 1_000),
    "with outer pipes": "|" + table(1_000, 1_000).replace("\n", "|\n|")[:-1],
    "fifty tables": "\n".join(table(150, 150) for _ in range(50)),
    "rows without a pipe": table(1_000, 3_000, "a"),
    "in a quotation": table(1_000, 1_000, before="> "),
    "in a list": "- item\n\n" + table(1_000, 1_000, before="  "),
    "aligned": table(1_000, 1_000).replace("-|", ":-:|"),
    "enormous": table(20_000, 20_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_table_that_grows_with_the_square_is_refused_before_it_is_made(name: str) -> None:
    began = time.process_time()
    with pytest.raises(DocumentError, match=r"^too large: "):
        article(BOMBS[name])
    assert time.process_time() - began < 20, "making it takes minutes"


@pytest.mark.parametrize(
    "body",
    [
        table(12, 400, "|".join(["cell"] * 12)),
        table(30, 20),
        table(1_000, 1, "|".join(["cell"] * 1_000)),
        "\n".join(table(8, 30, "one|two|three") for _ in range(20)),
        "|a|b|\n|-|-|\n|1|\n",
        "a\n\n---\n\nb",
    ],
)
def test_a_table_that_people_write_is_kept(body: str) -> None:
    assert article(body)


def test_a_line_of_many_dashes_costs_nothing() -> None:
    began = time.process_time()
    for body in ("-" * 400_000, "-|" * 200_000 + "x", "> " * 100_000 + "-", ":-" * 200_000, " " * 200_000 + "|-"):
        markdown.filling(body)
    assert time.process_time() - began < 20


@given(st.integers(2, 40), st.integers(1, 40), st.integers(1, 45), st.integers(0, 1))
def test_what_fills_is_never_estimated_too_high(columns: int, rows: int, cells: int, outer: int) -> None:
    row = "|".join(["a"] * cells)
    body = table(columns, rows, f"|{row}|" if outer else row)
    made = markdown.rendered(body)
    assert markdown.filling(body) <= made.count("<td></td>") * len("<td></td>\n")


def test_html_that_becomes_many_times_as_long_is_refused_too() -> None:
    with pytest.raises(DocumentError, match=r"^too large: "):
        article("<a href=b>c</a>" * 2_000, "html", "https://example.org/" + "x" * 1_500 + "/")
