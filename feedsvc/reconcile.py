"""Decide which stored article each new one is, and whether it changed. Pure: others gather the values and apply the verdicts.

    articles of a batch + what the archive knows near them -> pairs -> the best pairs, each side once -> verdicts

An article keeps its identity when a publisher changes its guid or moves its file: it gets one more alias. If several items
of a document share a guid, they are told apart by link, then by content, in whatever order they stand. If a wholly
different item appears under a known path or guid, it becomes a new article, and the old one stays.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from feedsvc.model import Article, Draft, Key, Known, Source, Verdict
from feedsvc.model.catalog import EVIDENCE, rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEAD = 2000  # characters of two texts that are compared: what `Known.text_head` holds
_SHINGLE = 4  # characters
# Two texts are alike if the longer one has this share of the shorter one's shingles. Unrelated texts of one language stay
# below 0.1.
_ALIKE = 0.25
# The same for items without a telling title: they are short, and much of their text is common to all of them.
_ALIKE_UNNAMED = 0.5
_EDITION = timedelta(days=180)  # from here on, another text under the same title is another edition
_LONG_TEXT = 200  # characters of text that say who an article is without its title
_TELLING = 3  # characters of a title key below which it says nothing
_ERROR_TITLE = re.compile(r"(?:error|错误)?(?:4\d\d|5\d\d)\w{0,24}|untitled|notfound|forbidden|无标题|\d{1,3}")
# fmt: off
# The fields of a draft that a mark covers, in this order: another order gives other marks, and every item of every feed is
# normalised again once. A new field goes to the end of one of these pairs of lists; the tests say so when it is in none.
SAID = (
    "source", "locator", "form", "native_id", "link", "base_url", "title", "published", "updated", "path_date",
    "body", "body_kind", "extension", "summary", "people", "publisher", "categories", "tags", "image",
    "enclosures", "language", "is_draft", "machine_made", "notice", "repairs", "figures",
)
NOT_SAID = ("fetched_at",)
# The same of a source: what its articles depend on, and what they do not.
CONFIGURED = (
    "name", "kind", "title", "every", "cron", "watch", "categories", "prefix", "timezone", "language",
    "include", "exclude", "drafts", "base_url", "full_text", "history", "history_pages",
    "pages_per_run", "robots", "media", "page", "rules",
)
NOT_CONFIGURED = ("location", "moved_to", "missed", "fetch", "math")  # feeds have no `math`
# fmt: on
_SAID = attrgetter(*SAID)
_CONFIGURED = attrgetter(*CONFIGURED)
_LINK_JOINS = "\x1f"  # between the parts of a native key that had to be told apart
_CROWD = 200  # stored articles beyond which a link or a text that they share, beside one guid, tells none of them apart


@dataclass(frozen=True, slots=True)
class _Pair:
    """An article and a stored one that it could be, with how strongly; sorts strongest first, then by what they are."""

    strength: tuple[int, float]
    article: int  # position in the batch
    known: Known
    why: str


def reconcile(articles: Sequence[Article], known: Sequence[Known]) -> tuple[Verdict, ...]:
    """Return one verdict for each of `articles`, in their order; copies that nothing tells apart are one article.

    `known` is what `StoredArticles.known` returns for them. The verdicts do not depend on the order of either.
    """
    shared = _shared_keys(articles) | _shared_links(known)
    stored = _Stored(known)
    pairs = sorted(
        (pair for position, article in enumerate(articles) for pair in _pairs(position, article, stored, shared)),
        key=lambda pair: (
            -pair.strength[0],
            -pair.strength[1],
            _content_order(articles[pair.article]),
            pair.known.uuid,
        ),
    )
    chosen: dict[int, _Pair] = {}
    taken: set[int] = set()
    for pair in pairs:
        if pair.article not in chosen and pair.known.id not in taken:
            chosen[pair.article] = pair
            taken.add(pair.known.id)
    minted = frozenset(key for each in known for key in each.keys)
    return _without_copies(
        [
            _same(article, chosen[position]) if position in chosen else _new(article, shared, minted)
            for position, article in enumerate(articles)
        ]
    )


def _without_copies(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Return `verdicts` with one article for items that nothing at all tells apart."""
    stored = {(verdict.article.keys, verdict.article.digest) for verdict in verdicts if verdict.known}
    minted: set[Key] = set()
    kept = []
    for verdict in verdicts:
        if verdict.native is not None:
            if verdict.native in minted or (verdict.article.keys, verdict.article.digest) in stored:
                continue
            minted.add(verdict.native)
        kept.append(verdict)
    return tuple(kept)


def _content_order(article: Article) -> tuple[str, str, str]:
    return article.locator, article.digest, article.url


def _shared_keys(articles: Iterable[Article]) -> frozenset[Key]:
    """Return the keys that more than one item has: such a key alone does not identify an article."""
    counts = Counter(key for article in articles for key in set(article.keys))
    return frozenset(key for key, number in counts.items() if number > 1)


def _shared_links(known: Iterable[Known]) -> frozenset[Key]:
    """Return the links that several stored articles have: such a link does not say which of them is meant."""
    counts = Counter(key for each in known for key in each.keys if key.kind == "link")
    return frozenset(key for key, number in counts.items() if number > 1)


# ---------------------------------------------------------------- what says what it said


def mark(draft: Draft, source: Source) -> str:
    """Return a digest of all that an article is made of, but for the time at which it was fetched, and for secrets."""
    made_of = repr((_SAID(draft), _CONFIGURED(source)))
    return hashlib.blake2b(made_of.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def is_lasting(article: Article, draft: Draft) -> bool:
    """Whether the same draft will give the same `article` at any later time: a date that is in the future yet may not."""
    return article.published is not None and (article.published_from == "feed" or not draft.published)


# ---------------------------------------------------------------- which stored article it could be


class _Stored:
    """The stored articles, indexed by everything that two articles can have in common, so that only those are compared."""

    def __init__(self, known: Sequence[Known]) -> None:
        self.known = known
        self._named: dict[Key, list[int]] = {}  # positions in `known`
        self._saying: dict[str, list[int]] = {}  # the same by digest
        self._reading: dict[str, list[int]] = {}  # the same by text digest
        self._gone: dict[str, list[int]] = {}  # of these, what went away
        for position, each in enumerate(known):
            for key in each.keys:
                self._named.setdefault(key, []).append(position)
            self._saying.setdefault(each.digest, []).append(position)
            if each.text_digest:
                self._reading.setdefault(each.text_digest, []).append(position)
                if each.absent:
                    self._gone.setdefault(each.text_digest, []).append(position)

    def near(self, article: Article, shared: frozenset[Key]) -> list[Known]:
        """Return what `article` could be, in the order of `known`: all to which `_strength` gives any strength.

        A key in `shared` does not identify an article alone, and as many articles may have it as a document has items. Those
        articles need something else in common, and are looked up by that; otherwise a feed whose items all have one guid
        would cost the square of their number.
        """
        found: set[int] = set()
        guids = frozenset(key for key in article.keys if key.kind == "guid")
        for key in article.keys:
            if _names_alone(key, article, shared):
                found.update(self._named.get(key, ()))
        found.update(self._gone.get(article.text_digest, ()))
        if guids <= shared:
            found.update(self._told_apart(self._saying.get(article.digest, []), guids))
            links = (self._named.get(key, []) for key in article.keys if key.kind == "link")
            for group in (self._reading.get(article.text_digest, []), *links):
                found.update(self._told_apart(group, guids) if len(group) <= _CROWD else ())
        return [self.known[position] for position in sorted(found)]

    def _told_apart(self, group: Iterable[int], guids: frozenset[Key]) -> list[int]:
        return [position for position in group if not guids.isdisjoint(self.known[position].keys)]


def _names_alone(key: Key, article: Article, shared: frozenset[Key]) -> bool:
    """Whether a stored article with this `key` of `article` could be it without anything else in common."""
    if key.kind == "digest":
        return article.keys[0].kind != "guid"
    return key.kind == "path" or key not in shared


def _pairs(position: int, article: Article, stored: _Stored, shared: frozenset[Key]) -> Iterable[_Pair]:
    for each in stored.near(article, shared):
        strength, why = _strength(article, each, shared)
        if strength:
            exact = article.digest == each.digest  # items of one guid and one text, told apart by their titles
            yield _Pair((strength, exact + _likeness(article, each)), position, each, why)


def _strength(article: Article, known: Known, shared: frozenset[Key]) -> tuple[int, str]:
    """Return how strongly `article` is `known` (0 = it is not), and why."""
    common = known.keys.intersection(article.keys)
    kinds = {key.kind for key in common}
    unique = {key.kind for key in common - shared}
    kin = bool(kinds) and _kin(article, known)
    guid = "guid" in kinds and _in_place(article, known)
    told_apart = ("link" in kinds and kin) or article.digest == known.digest or _same_text(article, known)
    reasons = (
        (60, guid and "guid" in unique and kin, "same guid"),
        (50, guid and told_apart, "same guid, told apart by link or content"),
        (40, "path" in kinds and kin and not _another_edition(article, known), "same path"),
        (30, "link" in unique and "guid" not in kinds and kin, "same link under another guid"),
        (20, "digest" in kinds and article.keys[0].kind != "guid", "same content"),
        (10, _moved(article, known), f"moved from {known.locator}"),
    )
    return next(((strength, why) for strength, holds, why in reasons if holds), (0, ""))


def _in_place(article: Article, known: Known) -> bool:
    """Whether one id in two places can be one article: two files of one directory that are both there are two."""
    return known.absent or article.locator == known.locator


def _moved(article: Article, known: Known) -> bool:
    """Whether a file that went away turned up as `article`."""
    if not known.absent or article.locator == known.locator or not _same_text(article, known):
        return False
    return len(article.text) >= _LONG_TEXT or (bool(article.title_key) and article.title_key == known.title_key)


def _same_text(article: Article, known: Known) -> bool:
    return bool(article.text_digest) and article.text_digest == known.text_digest


def _kin(article: Article, known: Known) -> bool:
    """Whether title, text or date suggests that the two are one article; if none does, they are two."""
    return (
        _same_text(article, known)
        or article.digest == known.digest
        or (article.title_key == known.title_key and _telling(article.title_key))
        or _same_moment(article, known)
        or _alike(article, known)
    )


def _alike(article: Article, known: Known) -> bool:
    named = _telling(article.title_key) or _telling(known.title_key)
    return _likeness(article, known) >= (_ALIKE if named else _ALIKE_UNNAMED)


def _another_edition(article: Article, known: Known) -> bool:
    """Whether a file holds a new edition, as of a yearly text: the old title, a different text, and a date far away."""
    if not (article.published and known.published and article.text_digest and known.text_digest):
        return False
    return abs(article.published - known.published) >= _EDITION and not _alike(article, known)


def _same_moment(article: Article, known: Known) -> bool:
    """Whether both were published at one second, which is what the archive keeps; a bare day is shared by too many."""
    ours = article.published
    return ours is not None and bool(ours.second) and ours.replace(microsecond=0) == known.published


def _telling(title_key: str) -> bool:
    return len(title_key) >= _TELLING and not _ERROR_TITLE.fullmatch(title_key)


def _likeness(article: Article, known: Known) -> float:
    """Return the share of the shorter text's shingles that stand in the other, 0 to 1; titles count where there is no text."""
    if _same_text(article, known):
        return 1.0
    ours = _shingles(article.text[:_HEAD]) or _shingles(article.title_key)
    theirs = _shingles(known.text_head) or _shingles(known.title_key)
    if not ours or not theirs:
        return 0.0
    return len(ours & theirs) / min(len(ours), len(theirs))


def _shingles(text: str) -> frozenset[str]:
    plain = "".join(text.split()).casefold()
    return frozenset(plain[start : start + _SHINGLE] for start in range(len(plain) - _SHINGLE + 1))


# ---------------------------------------------------------------- what became of it


def _same(article: Article, pair: _Pair) -> Verdict:
    known = pair.known
    changed = article.digest != known.digest
    moved = article.locator != known.locator
    kept = _with_published(article, known, edited=changed)
    return Verdict(
        what="revised" if changed else "moved" if moved else "unchanged",
        article=kept,
        known=known,
        new_keys=tuple(key for key in article.keys if key not in known.keys),
        dated=kept.published is not None and kept.published != known.published,
        why=pair.why,
    )


def _with_published(article: Article, known: Known, *, edited: bool) -> Article:
    """Return `article` with the publication date that `known` has from now on.

    Programs rewrite crawl times again and again. A known date therefore changes only if the text was `edited`, and only to
    a date with better evidence, or to an earlier one with equal evidence. An edit is not a publication (RFC 4287 §4.2.9,
    §4.2.15).
    """
    if known.published is None or article.published is None:
        keep = article.published is None
    elif edited:
        ours, theirs = rank(article.published_from), _rank_of_known(known)
        keep = ours < theirs or (ours == theirs and article.published >= known.published)
    else:
        keep = True
    return _with_date_of(article, known) if keep else article


def better_evidence(article: Article, known: Known) -> Article:
    """Return `article`, read from the same bytes as `known` by other rules, with the publication date to have from now on.

    That is the new one where it stands on better evidence, or reads the same words otherwise.
    """
    better = rank(article.published_from) > _rank_of_known(known)
    if known.published is None or better or article.published_raw == known.published_raw:
        return article
    return _with_date_of(article, known)


def _rank_of_known(known: Known) -> int:
    """Return how strong the evidence for a stored date is.

    One that this version does not know, as after a plugin was removed, is taken for the strongest: its date stays.
    """
    return rank(known.published_from) if known.published_from in EVIDENCE else len(EVIDENCE)


def _with_date_of(article: Article, known: Known) -> Article:
    return replace(
        article,
        published=known.published,
        published_from=known.published_from,
        published_raw=known.published_raw,
    )


def _new(article: Article, shared: frozenset[Key], minted: frozenset[Key]) -> Verdict:
    return Verdict(
        what="added",
        article=article,
        native=_native(article, shared, minted),
        new_keys=article.keys,
        why="new",
    )


def _native(article: Article, shared: frozenset[Key], minted: frozenset[Key]) -> Key:
    """Return the key that the article's id is minted from: its strongest one, made unique where others have it too."""
    strongest = article.keys[0]
    if strongest not in shared and strongest not in minted:
        return strongest
    for key in article.keys[1:]:
        if key not in shared and key not in minted:
            return Key(kind=strongest.kind, value=_LINK_JOINS.join((strongest.value, key.kind, key.value)))
    # Two files with the same text are two articles, so their paths belong to the key.
    paths = (key.value for key in article.keys[1:] if key.kind == "path")
    return Key(kind=strongest.kind, value=_LINK_JOINS.join((strongest.value, "digest", article.digest, *paths)))
