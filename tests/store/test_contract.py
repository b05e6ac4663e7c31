"""What `feedsvc.ports` asks of the archive, held against the archive in SQLite and the one in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.errors import ConfigError
from feedsvc.model import Batch, Failure, FeedHead, Person, Selection, Skip
from tests.store.making import (
    HOUR,
    NOON,
    PLANET,
    POSTS,
    Intaking,
    a_document,
    an_article,
    an_entry,
    guid,
    link,
    path_key,
)

if TYPE_CHECKING:
    from feedsvc.model import Entry
    from tests.store.making import Store

EVERYTHING = Selection()
HARBOUR = an_article("harbour")
ORCHARD = an_article("orchard")


def entries(store: Store, selection: Selection = EVERYTHING, limit: int = 100) -> list[Entry]:
    marks = store.newest(selection, limit)
    found = {entry.id: entry for entry in store.entries_of(mark.id for mark in marks)}
    assert [found[mark.id].revision for mark in marks] == [mark.revision for mark in marks]
    return [found[mark.id] for mark in marks]


def titles(store: Store, selection: Selection = EVERYTHING, limit: int = 100) -> list[str]:
    return [entry.title for entry in entries(store, selection, limit)]


def only(store: Store) -> Entry:
    (entry,) = entries(store)
    return entry


def state(store: Store) -> tuple[Any, ...]:
    """Return all that a use case can learn of the store."""
    specs = [(spec.path, spec.selection) for spec in store.feed_specs()]
    marks = {name: store.fingerprints(name) for name in ("posts", "planet")}
    return entries(store), marks, store.stale_feeds(), store.change(), specs


# ---------------------------------------------------------------- commit


def test_an_article_and_its_fingerprint_become_visible_together(intake: Intaking, store: Store) -> None:
    batch = intake.batch(HARBOUR)
    assert (entries(store), store.fingerprints("posts")) == ([], {})
    store.commit(batch)
    assert titles(store) == ["On harbour"]
    assert store.fingerprints("posts") == {"harbour.md": batch.documents[0].fingerprint}


def test_a_batch_that_cannot_be_written_leaves_nothing(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    before = state(store)
    batch = intake.batch(replace(HARBOUR, digest="d2", title="Edited"), ORCHARD)
    broken = [replace(verdict, native=None) if verdict.what == "added" else verdict for verdict in batch.verdicts]
    with pytest.raises(ValueError, match="needs the key"):
        store.commit(replace(batch, verdicts=tuple(broken)))
    assert state(store) == before


def test_the_same_batch_twice_changes_nothing_the_second_time(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    edited = an_article("harbour", title="On harbour, again", categories=(("walks",),))
    failure = Failure(
        source="posts", locator="bad.md", stage="parse", kind="encoding", reason="no text", fingerprint="f"
    )
    batch = intake.batch(edited, ORCHARD, failures=(failure,))
    store.commit(batch)
    before = state(store)
    store.commit(batch)
    assert state(store) == before


def test_an_unchanged_article_changes_no_feed(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    store.emitted(store.stale_feeds(), store.change())
    before = entries(store), store.change()
    (verdict,) = intake.take(HARBOUR)
    assert verdict.what == "unchanged"
    assert (entries(store), store.change()) == before
    assert store.stale_feeds() == frozenset()


def test_a_revision_keeps_id_and_first_sight_and_moves_updated(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    first = only(store)
    intake.take(an_article("harbour", title="On harbour, revised"))
    second = only(store)
    assert (second.id, second.uid, second.uuid, second.first_seen) == (
        first.id,
        first.uid,
        first.uuid,
        first.first_seen,
    )
    assert (second.revision, second.title, second.updated) == (2, "On harbour, revised", NOON + HOUR)


def test_a_revision_that_is_not_announced_moves_no_updated(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    intake.take(an_article("harbour", title="On harbour, revised"), announce=False, origin="replay")
    assert (only(store).revision, only(store).updated) == (2, NOON)


@pytest.mark.parametrize(
    ("said", "updated"),
    [(None, NOON), (NOON - HOUR, NOON - HOUR), (NOON + HOUR, NOON)],
    ids=["nothing said", "said in the past", "said in the future"],
)
def test_updated_is_what_the_source_says_unless_it_is_in_the_future(
    said: Any, updated: Any, intake: Intaking, store: Store
) -> None:
    intake.take(an_article("harbour", modified=said))
    assert only(store).updated == updated


def test_a_moved_article_is_known_at_its_new_place(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    there = an_article("harbour", locator="docks/harbour.md")
    (verdict,) = intake.take(there, missing={"harbour.md"})
    assert verdict.what == "moved"
    (known,) = store.known("posts", [there], frozenset())
    assert known.locator == "docks/harbour.md"
    assert known.keys == {path_key("harbour.md"), path_key("docks/harbour.md")}


def test_a_date_that_is_learnt_moves_the_article_in_its_feeds(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR, ORCHARD)
    store.emitted(store.stale_feeds(), store.change())
    long_ago = NOON - timedelta(days=900)
    (verdict,) = intake.take(replace(HARBOUR, published=long_ago, published_from="front-matter"))
    assert (verdict.what, verdict.dated) == ("unchanged", True)
    assert titles(store) == ["On orchard", "On harbour"]
    assert entries(store)[1].published == long_ago
    assert store.stale_feeds() == {"all", "source/posts", "category/notes"}


def test_a_feed_is_stale_from_the_commit_that_changes_what_it_shows(intake: Intaking, store: Store) -> None:
    intake.take(an_article("harbour", categories=(("sea", "ports"),)), an_article("orchard", categories=(("land",),)))
    store.emitted(store.stale_feeds(), store.change())
    intake.take(an_article("harbour", categories=(("sea", "piers"),)))
    assert store.stale_feeds() == {"all", "source/posts", "category/sea", "category/sea/ports", "category/sea/piers"}


def test_a_failure_gives_a_fingerprint_and_no_article(intake: Intaking, store: Store) -> None:
    failure = Failure(
        source="posts", locator="bad.md", stage="read", kind="too-large", reason="large", fingerprint="9 GB"
    )
    skip = Skip(source="posts", locator="draft.md", reason="a draft", fingerprint="s")
    intake.take(failures=(failure,), skips=(skip,))
    assert store.fingerprints("posts") == {"bad.md": "9 GB", "draft.md": "s"}
    assert entries(store) == []


def test_a_failure_without_a_fingerprint_is_read_again(intake: Intaking, store: Store) -> None:
    intake.take(failures=(Failure(source="posts", locator="bad.md", stage="read", kind="permission", reason="no"),))
    assert store.fingerprints("posts") == {"bad.md": ""}


# ---------------------------------------------------------------- gone


def test_a_document_that_is_gone_leaves_its_articles(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    intake.lose("harbour.md")
    assert titles(store) == ["On harbour"]
    assert store.fingerprints("posts") == {}


def test_a_document_that_comes_back_is_the_same_article(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    before = only(store)
    intake.lose("harbour.md")
    (verdict,) = intake.take(HARBOUR)
    assert verdict.what == "unchanged"
    assert only(store) == before
    assert list(store.fingerprints("posts")) == ["harbour.md"]


def test_what_is_gone_of_one_source_is_not_gone_of_another(intake: Intaking, store: Store) -> None:
    other = replace(POSTS, name="attic")
    Intaking(store, other).take(an_article("harbour", source="attic"))
    intake.take(HARBOUR)
    intake.lose("harbour.md")
    assert list(store.fingerprints("attic")) == ["harbour.md"]


def test_fingerprints_are_those_of_one_source(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    Intaking(store, PLANET).take(an_entry("orchard"))
    assert list(store.fingerprints("posts")) == ["harbour.md"]
    assert list(store.fingerprints("planet")) == [PLANET.location]


# ---------------------------------------------------------------- known


def test_known_are_those_that_share_a_key(store: Store) -> None:
    intake = Intaking(store, PLANET)
    shared = link("planet.example.org/harbour")
    intake.take(an_entry("harbour", keys=(guid("1"), shared)), an_entry("orchard", keys=(guid("2"),)))
    (known,) = store.known("planet", [an_entry("pier", keys=(guid("9"), shared))], frozenset())
    assert known.title_key == "onharbour"
    assert known.keys == {guid("1"), shared}


def test_known_are_those_of_the_same_file(intake: Intaking, store: Store) -> None:
    intake.take(an_article("harbour", keys=(guid("h"), path_key("harbour.md"))))
    found = store.known("posts", [an_article("harbour", text="Wholly different.", title="New")], frozenset())
    assert [known.locator for known in found] == ["harbour.md"]


def test_known_are_the_same_texts_whose_document_went_away(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR, ORCHARD)
    there = [an_article("harbour", locator="a/h.md"), an_article("orchard", locator="a/o.md")]
    assert store.known("posts", there, frozenset()) == []
    (known,) = store.known("posts", there, {"harbour.md"})
    assert (known.locator, known.absent) == ("harbour.md", True)


def test_known_are_the_same_texts_whose_document_went_away_earlier(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    intake.lose("harbour.md")
    (known,) = store.known("posts", [an_article("harbour", locator="a/h.md")], frozenset())
    assert known.absent


def test_known_are_of_one_source_only(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    assert store.known("attic", [replace(HARBOUR, source="attic")], {"harbour.md"}) == []


def test_known_says_what_the_archive_holds(intake: Intaking, store: Store) -> None:
    published = NOON - timedelta(days=3)
    found = an_article(
        "harbour", published=published, published_from="body:time", published_raw="28 April", url="https://e.example/1"
    )
    intake.take(found)
    (known,) = store.known("posts", [found], frozenset())
    assert (known.published, known.published_from, known.published_raw) == (published, "body:time", "28 April")
    assert (known.digest, known.text_digest, known.text_head) == (found.digest, found.text_digest, found.text)
    assert (known.revision, known.url, known.absent) == (1, "https://e.example/1", False)


def test_a_long_text_is_known_by_its_beginning(intake: Intaking, store: Store) -> None:
    intake.take(an_article("harbour", text="港" * 5000))
    (known,) = store.known("posts", [HARBOUR], frozenset())
    assert known.text_head == "港" * 2000


# ---------------------------------------------------------------- ids


def test_the_uid_is_the_iri_of_the_source(store: Store) -> None:
    Intaking(store, PLANET).take(an_entry("harbour", iri="tag:planet.example.org,2024:1"))
    assert only(store).uid == "tag:planet.example.org,2024:1"


def test_two_articles_never_share_an_iri(intake: Intaking, store: Store) -> None:
    Intaking(store, PLANET).take(an_entry("harbour", iri="tag:planet.example.org,2024:1"))
    intake.take(an_article("harbour", iri="tag:planet.example.org,2024:1"))
    first, second = sorted(entries(store), key=lambda entry: entry.id)
    assert first.uid == "tag:planet.example.org,2024:1"
    assert second.uid == f"urn:uuid:{second.uuid}"


def test_one_key_in_two_sources_is_two_articles(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    Intaking(store, replace(POSTS, name="attic")).take(replace(HARBOUR, source="attic"))
    assert len({entry.uuid for entry in entries(store)}) == 2


# ---------------------------------------------------------------- change and emitted


def test_the_change_number_only_grows(intake: Intaking, store: Store) -> None:
    numbers = [store.change()]
    for title in ("One", "Two", "Two", "Three"):
        intake.take(an_article("harbour", title=title))
        numbers.append(store.change())
    assert numbers == sorted(numbers)
    assert numbers[2] == numbers[3]  # nothing changed
    assert len(set(numbers)) == 4


def test_a_feed_that_changed_while_it_was_rendered_stays_stale(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    before = store.change()
    intake.take(an_article("orchard", categories=(("trees",),)))
    store.emitted(["all", "source/posts", "category/notes"], before)
    assert store.stale_feeds() == {"all", "source/posts", "category/trees"}


def test_only_the_feeds_that_were_rendered_are_marked(intake: Intaking, store: Store) -> None:
    intake.take(HARBOUR)
    store.emitted(["all", "category/never-heard-of"], store.change())
    assert store.stale_feeds() == {"source/posts", "category/notes"}


# ---------------------------------------------------------------- feed_specs and select


def test_there_is_a_feed_for_everything_and_each_category_and_source(intake: Intaking, store: Store) -> None:
    intake.take(an_article("harbour", categories=(("金融", "每经网"), ("notes",))))
    Intaking(store, PLANET).take(an_entry("orchard", categories=(("notes",),)))
    specs = store.feed_specs()
    paths = [spec.path for spec in specs]
    assert paths == sorted(paths)
    assert paths == ["all", "category/notes", "category/金融", "category/金融/每经网", "source/planet", "source/posts"]
    assert [len(entries(store, spec.selection)) for spec in specs] == [2, 2, 1, 1, 1, 1]


def test_a_source_without_articles_has_no_feed(intake: Intaking, store: Store) -> None:
    intake.take(skips=(Skip(source="posts", locator="a.md", reason="a draft"),))
    assert [spec.path for spec in store.feed_specs()] == ["all"]


def test_the_feed_of_a_category_that_is_empty_now_stays(intake: Intaking, store: Store) -> None:
    intake.take(an_article("harbour", categories=(("sea",),)))
    intake.take(an_article("harbour", categories=(("land",),)))
    assert [spec.path for spec in store.feed_specs()] == ["all", "category/land", "category/sea", "source/posts"]
    assert titles(store, Selection(category=("sea",))) == []


def test_a_window_is_what_the_last_reading_of_a_feed_held(store: Store) -> None:
    intake = Intaking(store, PLANET)
    assert store.windows("planet", {PLANET.location}) == {}
    intake.take(an_entry("harbour"), an_entry("orchard"), head=FeedHead(title="Planet"))
    intake.take(an_entry("orchard"), an_entry("pier"), head=FeedHead(title="Planet"))
    numbers = {entry.id for entry in entries(store) if entry.title in ("On orchard", "On pier")}
    assert store.windows("planet", {PLANET.location, "elsewhere"}) == {PLANET.location: numbers}
    assert store.windows("posts", {PLANET.location}) == {}


def test_what_the_last_reading_of_a_feed_said_leads_to_its_articles(store: Store) -> None:
    intake = Intaking(store, PLANET)
    place = PLANET.location
    assert store.settled("planet", {place}) == {}
    intake.take(an_entry("harbour", mark="m1"), an_entry("orchard"), head=FeedHead(title="Planet"))
    harbour = next(entry.id for entry in entries(store) if entry.title == "On harbour")
    assert store.settled("planet", {place, "elsewhere"}) == {place: {"m1": harbour}}
    assert store.settled("posts", {place}) == {}

    pier = an_entry("pier", mark="m2")
    document = a_document(place, [pier], head=FeedHead(title="Planet"), source="planet", settled={"m1": harbour})
    intake.take(pier, documents=(document,))
    numbers = {entry.title: entry.id for entry in entries(store)}
    assert store.settled("planet", {place}) == {place: {"m1": harbour, "m2": numbers["On pier"]}}
    assert store.windows("planet", {place}) == {place: {harbour, numbers["On pier"]}}


def test_an_article_that_another_document_showed_since_is_not_settled(store: Store) -> None:
    intake = Intaking(store, PLANET)
    intake.take(an_entry("harbour", mark="m1"), an_entry("orchard", mark="m2"), head=FeedHead(title="Planet"))
    intake.lose(PLANET.location)
    intake.take(an_entry("harbour", mark="m3", locator="https://planet.example.org/page/2"), head=FeedHead())
    orchard = next(entry.id for entry in entries(store) if entry.title == "On orchard")
    assert store.settled("planet", {PLANET.location}) == {PLANET.location: {"m2": orchard}}


def test_the_newest_come_first_by_publication_else_by_first_sight(intake: Intaking, store: Store) -> None:
    intake.take(
        an_article("old", published=NOON - timedelta(days=9)),
        an_article("undated"),
        an_article("ahead", published=NOON + timedelta(days=9)),
    )
    intake.take(an_article("later"))
    assert titles(store) == ["On ahead", "On later", "On undated", "On old"]


def test_articles_of_one_second_are_ordered_by_uuid(intake: Intaking, store: Store) -> None:
    intake.take(*(an_article(f"post-{number}", published=NOON) for number in range(12)))
    uuids = [entry.uuid for entry in entries(store)]
    assert uuids == sorted(uuids)


def test_the_limit_keeps_the_newest(intake: Intaking, store: Store) -> None:
    intake.take(*(an_article(f"day-{day}", published=NOON - timedelta(days=day)) for day in range(9)))
    for selection in (EVERYTHING, Selection(category=("notes",)), Selection(source="posts")):
        assert titles(store, selection, 3) == ["On day-0", "On day-1", "On day-2"]


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(category=("sea",)), {"On harbour", "On pier"}),
        (Selection(category=("sea", "ports")), {"On harbour"}),
        (Selection(category=("se",)), set()),
        (Selection(category=("ports",)), set()),
        (Selection(category=("sea",), source="planet"), {"On pier"}),
        (Selection(source="posts"), {"On harbour", "On orchard"}),
        (Selection(source="nobody"), set()),
        (Selection(author="Ada Byron"), {"On orchard"}),
        (Selection(author="Ada"), set()),
        (Selection(language="nl"), {"On pier"}),
        (Selection(language="nl", author="Ada Byron"), set()),
        (Selection(search="orchard"), {"On orchard"}),
        (Selection(search="zebra"), set()),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, Selection) else "",
)
def test_all_conditions_of_a_selection_hold(
    selection: Selection, found: set[str], intake: Intaking, store: Store
) -> None:
    ada = (Person(name="Ada Byron"), Person(name="Grace Murray", role="editor"))
    intake.take(
        an_article("harbour", categories=(("sea", "ports"), ("walks",))),
        an_article("orchard", categories=(("land",),), people=ada),
    )
    Intaking(store, PLANET).take(an_entry("pier", categories=(("sea", "ports2"),), language="nl"))
    assert set(titles(store, selection)) == found


def test_an_article_in_two_leaves_of_a_category_is_shown_once(intake: Intaking, store: Store) -> None:
    intake.take(an_article("harbour", categories=(("sea", "a"), ("sea", "b"), ("sea",))))
    assert titles(store, Selection(category=("sea",))) == ["On harbour"]


def test_an_entry_says_what_the_article_said(intake: Intaking, store: Store) -> None:
    found = an_article(
        "harbour",
        people=(Person(name="Ada Byron"), Person(name="Grace Murray", role="editor")),
        categories=(("sea",), ("notes", "2024")),
        tags=("rope", "绳"),
        url="https://e.example/1",
        image="https://e.example/1.jpg",
        publisher="The Example",
        published=NOON - HOUR,
    )
    intake.take(found)
    entry = only(store)
    for name in ("url", "title", "summary", "content", "people", "publisher", "language", "image", "tags", "published"):
        assert getattr(entry, name) == getattr(found, name), name
    assert set(entry.categories) == set(found.categories)
    assert (entry.source, entry.first_seen, entry.revision) == ("posts", NOON, 1)


def test_sql_that_is_wrong_is_the_mistake_of_the_user(store: Store) -> None:
    with pytest.raises(ConfigError):
        store.newest(Selection(sql="select nothing from nowhere"), 5)


def test_an_empty_batch_is_no_mistake(store: Store) -> None:
    before = state(store)
    store.commit(Batch(source=POSTS, at=NOON))
    assert state(store) == before


def test_a_document_without_articles_rests(store: Store) -> None:
    document = a_document("empty.xml")
    store.commit(Batch(source=POSTS, at=NOON, documents=(document,)))
    assert store.fingerprints("posts") == {"empty.xml": document.fingerprint}
