"""A document of thousands of items: each is compared with what it has something in common with, and the verdicts are the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import reconcile as matching
from feedsvc.model import Article, Key, Known
from feedsvc.reconcile import reconcile
from tests.store.making import NOON, an_entry, digest_of, guid, link, path_key
from tests.test_reconcile import PEARS, SHIPS, TOLLS, decided, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MANY = 600


@st.composite
def articles(draw: st.DrawFn) -> Article:
    """Draw an article of a small world, so that two of them often have a name, a text, a title or a moment in common."""
    names = [
        *(guid(value) for value in draw(st.lists(st.sampled_from("ab"), max_size=1))),
        *(link(f"e.example/{value}") for value in draw(st.lists(st.sampled_from("ab"), max_size=1))),
        *(path_key(f"{value}.md") for value in draw(st.lists(st.sampled_from("ab"), max_size=1))),
    ]
    text = draw(st.sampled_from([SHIPS, PEARS, f"{SHIPS} {TOLLS}", "Read more", ""]))
    title = draw(st.sampled_from(["Ships", "Weather today", "404", "Grafting pears"]))
    digest = digest_of(title, text, draw(st.integers(0, 1)))
    if not names or draw(st.booleans()):
        names.append(Key(kind="digest", value=digest))
    return an_entry(
        "ships",
        keys=tuple(names),
        title=title,
        text=text,
        digest=digest,
        locator=draw(st.sampled_from(["one.xml", "two.xml"])),
        published=draw(st.sampled_from([None, NOON, NOON + timedelta(seconds=7), NOON - timedelta(days=365)])),
    )


class _Compared(matching._Stored):
    """What is stored, compared one and all with each article, as it was before there were documents of thousands."""

    def near(self, _article: Article, _shared: frozenset[Key]) -> list[Known]:
        return list(self.known)


@given(st.lists(articles(), max_size=7), st.lists(st.tuples(articles(), st.booleans()), max_size=7))
def test_the_verdicts_are_those_of_comparing_all_with_all(
    batch: Sequence[Article], archive: Sequence[tuple[Article, bool]]
) -> None:
    known = [stored(number, article, absent=absent) for number, (article, absent) in enumerate(archive, 1)]

    found = reconcile(batch, known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_Stored", _Compared)
        assert found == reconcile(batch, known)


def _entry(number: int, **changes: object) -> Article:
    text = f"Entry {number} of the harbour's log: {'wind, tide and water. ' * 12}"
    names = (guid(f"g{number}"), link(f"e.example/{number}"))
    return an_entry(f"log {number}", text=text, keys=names, **changes)


def _with(article: Article, number: int, names: tuple[Key, ...]) -> Article:
    return replace(article, keys=(*names, Key(kind="digest", value=f"d{number}")), digest=f"d{number}")


SHAPES: dict[str, Callable[[int], Article]] = {
    "all different": _entry,
    "one guid": lambda n: _with(_entry(n), n, (guid("N/A"), link(f"e.example/{n}"))),
    "one link": lambda n: _with(_entry(n), n, (guid(f"g{n}"), link("e.example"))),
    "one guid and one link": lambda n: _with(_entry(n), n, (guid("N/A"), link("e.example"))),
    "one link, no guid": lambda n: _with(_entry(n), n, (link("e.example"),)),
    "no name": lambda n: _with(_entry(n), n, ()),
    "one text": lambda n: _with(replace(_entry(n), text=SHIPS, text_digest="ships"), n, (guid(f"g{n}"),)),
    "one guid and one text": lambda n: _with(
        replace(_entry(n), text=SHIPS, text_digest="ships"), n, (guid("N/A"), link(f"e.example/{n}"))
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_with_the_number_of_items(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = [SHAPES[shape](number) for number in range(MANY)]
    known = [stored(number, article) for number, article in enumerate(batch, 1)]
    asked: list[Known] = []
    judge = matching._strength

    def counted(article: Article, each: Known, shared: frozenset[Key]) -> tuple[int, str]:
        asked.append(each)
        return judge(article, each, shared)

    monkeypatch.setattr(matching, "_strength", counted)
    found = decided(reconcile(batch, known))

    assert len(asked) <= 2 * MANY
    assert found == [("unchanged", number) for number in range(1, MANY + 1)]


@pytest.mark.parametrize("shape", ["one guid and one link", "one guid"])
def test_few_that_share_their_names_are_still_told_apart_by_what_they_say(shape: str) -> None:
    """Items that changed a little, of a feed whose guids say nothing, are the articles that they were."""
    before = [SHAPES[shape](number) for number in range(20)]
    known = [stored(number, article) for number, article in enumerate(before, 1)]
    texts = (SHIPS, PEARS, TOLLS)
    known = [
        replace(each, text_head=f"{texts[n % 3]} {'abcdefghijklmnopqrst'[n] * 400}") for n, each in enumerate(known)
    ]
    after = [
        replace(article, text=f"{texts[n % 3]} {'abcdefghijklmnopqrst'[n] * 300} Corrected.", text_digest=f"t{n}",
                title="Log", title_key="log", digest=f"new {n}")
        for n, article in enumerate(before)
    ]  # fmt: skip

    assert decided(reconcile(after, known)) == [("revised", number) for number in range(1, 21)]
