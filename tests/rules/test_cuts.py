"""What the limits of the rules leave out of an article is a row of `repairs`."""

from __future__ import annotations

from typing import Any

import pytest

from feedsvc.model import Person, Source
from feedsvc.rules import normalise
from tests.rules.drafts import draft_of

POSTS = Source(name="posts", kind="directory", location="/posts")


def cuts(**said: Any) -> list[tuple[str, str, str, str]]:
    article = normalise(draft_of("<p>The tide comes in at noon.</p>", **{"title": "Tide", **said}), POSTS)
    return [(each.rule, each.field, each.before, each.after) for each in article.repairs]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"tags": tuple(f"tag {n}" for n in range(60))}, ("taxonomy.many", "tags", "60", "50")),
        ({"categories": tuple((f"c{n}",) for n in range(60))}, ("taxonomy.many", "categories", "60", "50")),
        (
            {"categories": (tuple(f"c{n}" for n in range(20)),)},
            ("taxonomy.deep", "categories", "20 levels", "12 levels"),
        ),
        ({"tags": ("港" * 300,)}, ("taxonomy.long", "tags", "港" * 300, "港" * 200)),
        ({"categories": (("é" * 300,),)}, ("taxonomy.long", "categories", "é" * 300, "é" * 200)),
        ({"title": "t" * 1_200}, ("titles.long", "title", "1200 characters", "1000 characters")),
        (
            {"people": tuple(Person(name=f"Name {chr(65 + n)}") for n in range(20))},
            ("bylines.many", "author", "20", "12"),
        ),
    ],
    ids=["tags", "categories", "levels", "tag", "category", "title", "people"],
)
def test_what_is_cut_is_told(said: dict[str, Any], told: tuple[str, str, str, str]) -> None:
    assert cuts(**said) == [told]


def test_what_just_fits_is_whole() -> None:
    assert (
        cuts(
            tags=tuple(f"{n:>03}{'t' * 197}" for n in range(50)),
            categories=tuple((f"c{n}",) * 12 for n in range(50)),
            title="t" * 1_000,
            people=tuple(Person(name=f"Name {chr(65 + n)}") for n in range(12)),
        )
        == []
    )
