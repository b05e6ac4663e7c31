"""Articles that are the same text in two places, and know of each other: `also_in`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_TEXT = 200  # characters; a shorter text ("Read more") says who it is only together with its title
_MOST = 20  # of one article: what is everywhere says nothing

_TWINS = f"""
    select b.id, 'text' from articles a join articles b
        on b.text_digest = a.text_digest and b.text_digest <> '' and b.id <> a.id
        where a.id = :id and (b.title_key = a.title_key or length(a.text) >= {_TEXT})
    union
    select k.article, 'link' from aliases mine join aliases k
        on k.kind = 'link' and k.value = mine.value and k.article <> mine.article
        where mine.article = :id and mine.kind = 'link' and k.source <> mine.source
    limit {_MOST}"""


def link_twins(db: sqlite3.Connection, articles: Iterable[int]) -> None:
    """Note for each of `articles` which others are its twins, both ways; the reason is "text" or "link"."""
    for article in articles:
        for other, why in db.execute(_TWINS, {"id": article}).fetchall():
            db.executemany(
                "insert or ignore into also_in (article, other, why) values (?, ?, ?)",
                [(article, other, why), (other, article, why)],
            )
