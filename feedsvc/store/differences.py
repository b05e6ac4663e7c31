"""What an article would be against what is stored, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.store.batch_writer import columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from feedsvc.model import Verdict

_OURS = ("locator", "digest", "text_digest", "title_key", "published_raw")  # not what anybody sees
_REPAIRS = (
    "select group_concat(rule || ' ' || field, ', ') from (select * from repairs where article = ? order by position)"
)
_CATEGORIES = (
    "select group_concat(path, ', ') from (select c.path from article_categories ac"
    " join categories c on c.id = ac.category where ac.article = ? order by c.path)"
)


def differences(db: sqlite3.Connection, verdicts: Sequence[Verdict]) -> Mapping[int, Mapping[str, tuple[str, str]]]:
    """Return article id -> column -> (as stored, as the verdict's article has it); articles that are alike are left out."""
    found = {}
    for verdict in verdicts:
        if verdict.known is None:
            continue
        wanted = {name: value for name, value in columns(verdict.article).items() if name not in _OURS}
        row = db.execute(f"select {', '.join(wanted)} from articles where id = ?", [verdict.known.id]).fetchone()
        pairs = {name: (_shown(old), _shown(wanted[name])) for name, old in zip(wanted, row, strict=True)}
        pairs["categories"] = (
            _shown(db.execute(_CATEGORIES, [verdict.known.id]).fetchone()[0]),
            ", ".join(sorted("/".join(path) for path in verdict.article.categories)),
        )
        pairs["repairs"] = (
            _shown(db.execute(_REPAIRS, [verdict.known.id]).fetchone()[0]),
            ", ".join(f"{each.rule} {each.field}" for each in verdict.article.repairs),
        )
        if changed := {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}:
            found[verdict.known.id] = changed
    return found


def _shown(value: object) -> str:
    return "" if value is None else str(value)
