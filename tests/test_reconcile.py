"""Who is who: each promise of docs/design.md on identity, and what holds whatever comes in whichever order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Article, Key, Known
from feedsvc.reconcile import reconcile
from tests.store.making import NOON, an_article, an_entry, digest_of, guid, link, path_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.model import Verdict

SHIPS = "Three cutters and a pilot boat came in with the tide; the harbour master counted them twice, as he does on Mondays."
PEARS = "Graft in March while the buds still sleep, bind with raffia, and seal the cut against rain: pears forgive late hands."
TOLLS = (
    "The bridge company has raised its fares again, and the ferrymen, who had been quiet for a year, lit their lamps."
)


def stored(number: int, article: Article, **changes: Any) -> Known:
    """Return what the archive knows of `article`, stored as number `number`."""
    fields: dict[str, Any] = {
        "id": number,
        "uuid": f"00000000-0000-5000-8000-{number:012}",
        "source": article.source,
        "locator": article.locator,
        "keys": frozenset(article.keys),
        "title_key": article.title_key,
        "digest": article.digest,
        "text_digest": article.text_digest,
        "text_head": article.text[:2000],
        "published": article.published,
        "published_from": article.published_from,
        "published_raw": article.published_raw,
        "url": article.url,
        "updated": NOON,
        "revision": 1,
        "absent": False,
    }
    return Known(**{**fields, **changes})


def decided(verdicts: Sequence[Verdict]) -> list[tuple[str, int | None]]:
    return [(verdict.what, verdict.known.id if verdict.known else None) for verdict in verdicts]


def one(article: Article, *known: Known) -> tuple[str, int | None]:
    ((what, number),) = decided(reconcile([article], known))
    return what, number


# ---------------------------------------------------------------- the same, or not


def test_what_is_not_known_is_added_under_all_its_keys() -> None:
    article = an_entry("harbour", keys=(guid("1"), link("e.example/1")))
    (verdict,) = reconcile([article], [])
    assert (verdict.what, verdict.native, verdict.new_keys) == ("added", guid("1"), article.keys)


def test_the_same_again_is_unchanged() -> None:
    article = an_article("harbour")
    (verdict,) = reconcile([article], [stored(1, article)])
    assert (verdict.what, verdict.new_keys, verdict.dated) == ("unchanged", (), False)


def test_an_edit_is_a_revision() -> None:
    assert one(an_article("harbour", text=f"{SHIPS} Twice."), stored(1, an_article("harbour", text=SHIPS))) == (
        "revised",
        1,
    )


SECOND = NOON + timedelta(seconds=7)
ENTRY = an_entry("ships", text=SHIPS, keys=(guid("1"), link("e.example/ships")), published=SECOND)
FOREIGN: dict[str, Any] = {"text": PEARS, "title": "Grafting pears", "published": NOON - timedelta(days=100)}


@pytest.mark.parametrize("key", [guid("1"), path_key("ships.md")], ids=["guid", "path"])
@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ({"text": SHIPS}, ("revised", 1)),
        ({"title": ENTRY.title}, ("revised", 1)),
        ({"published": SECOND}, ("revised", 1)),
        ({"text": f"{PEARS} {SHIPS}"}, ("revised", 1)),
        ({}, ("added", None)),
    ],
    ids=["same text", "same title", "same second", "half the text", "foreign in all three"],
)
def test_a_key_says_who_it_is_unless_title_text_and_date_are_foreign(key: Key, kept: Any, expected: Any) -> None:
    known = stored(1, replace(ENTRY, keys=(key,)))
    assert one(an_entry("ships", keys=(key,), **{**FOREIGN, **kept}), known) == expected


@pytest.mark.parametrize(
    ("days", "text", "what"), [(365, PEARS, "added"), (365, SHIPS, "revised"), (100, PEARS, "revised")]
)
def test_the_same_title_over_a_foreign_text_of_another_year_is_another_edition(days: int, text: str, what: str) -> None:
    known = stored(1, replace(ENTRY, keys=(path_key("ships.md"),)))
    later = SECOND + timedelta(days=days)
    article = an_entry("ships", title=ENTRY.title, text=text, keys=(path_key("ships.md"),), published=later)
    assert one(replace(article, digest="another"), known)[0] == what


@pytest.mark.parametrize(
    ("days", "expected"), [(40, ("revised", 1)), (365, ("added", None))], ids=["a month", "a year"]
)
def test_the_same_title_over_a_foreign_text_is_another_edition_a_year_later(days: int, expected: Any) -> None:
    known = stored(1, an_article("review", text=SHIPS, title="The year in review", published=SECOND))
    later = SECOND + timedelta(days=days, seconds=1)
    assert one(an_article("review", text=PEARS, title="The year in review", published=later), known) == expected


def test_the_old_article_stays_under_its_id_when_a_foreign_one_takes_its_guid() -> None:
    foreign = an_entry("pears", keys=(guid("1"), link("e.example/pears")), **FOREIGN)
    (verdict,) = reconcile([foreign], [stored(1, ENTRY)])
    assert verdict.what == "added"
    assert verdict.native is not None
    assert verdict.native != guid("1")
    assert verdict.native.kind == "guid"


@pytest.mark.parametrize(
    "title", ["404 Not Found", "Error 503", "500", "Untitled", "403 Forbidden", "-", "无标题", "12"]
)
def test_a_title_that_says_nothing_is_no_evidence(title: str) -> None:
    before = an_article("page", title=title, text=SHIPS)
    assert one(an_article("page", title=title, text=PEARS), stored(1, before)) == ("added", None)


def test_a_shared_day_is_no_evidence_and_a_shared_second_is() -> None:
    before = an_article("page", title="Ships", text=SHIPS, published=NOON)
    assert one(an_article("page", title="Pears", text=PEARS, published=NOON), stored(1, before)) == ("added", None)
    second = NOON + timedelta(seconds=7)
    before = replace(before, published=second)
    assert one(an_article("page", title="Pears", text=PEARS, published=second), stored(1, before)) == ("revised", 1)


def test_an_emptied_file_with_its_title_is_the_same_article() -> None:
    assert one(
        an_article("page", text="", title="On ships"), stored(1, an_article("page", text=SHIPS, title="On ships"))
    ) == (
        "revised",
        1,
    )


# ---------------------------------------------------------------- changed guids, moved files


def test_a_changed_guid_with_the_same_link_is_an_alias() -> None:
    (verdict,) = reconcile([replace(ENTRY, keys=(guid("2"), link("e.example/ships")))], [stored(1, ENTRY)])
    assert (verdict.what, verdict.new_keys) == ("unchanged", (guid("2"),))


def test_a_link_of_several_known_articles_says_nothing() -> None:
    page = link("e.example/live")
    known = [stored(n, an_entry(f"part {n}", text=SHIPS, keys=(guid(str(n)), page))) for n in (1, 2)]
    assert one(an_entry("part 3", text=SHIPS, keys=(guid("3"), page)), *known) == ("added", None)


def test_a_link_of_several_items_of_the_document_says_nothing() -> None:
    page = link("e.example/live")
    known = stored(1, an_entry("part 1", text=SHIPS, keys=(guid("1"), page)))
    items = [an_entry(f"part {n}", text=f"{SHIPS} {n}", keys=(guid(str(n)), page)) for n in (2, 3)]
    assert decided(reconcile(items, [known])) == [("added", None), ("added", None)]


def test_an_article_still_there_under_its_guid_gives_its_link_to_nobody() -> None:
    other = an_entry("ships again", text=f"{SHIPS} Again.", keys=(guid("2"), link("e.example/ships")))
    verdicts = reconcile([other, ENTRY], [stored(1, ENTRY)])
    assert decided(verdicts) == [("added", None), ("unchanged", 1)]


def test_the_same_link_with_a_foreign_article_behind_it_is_new() -> None:
    foreign = an_entry("pears", keys=(guid("2"), link("e.example/ships")), **FOREIGN)
    assert one(foreign, stored(1, ENTRY)) == ("added", None)


def test_a_foreign_article_under_the_same_guid_and_link_is_new() -> None:
    foreign = an_entry("pears", keys=ENTRY.keys, **FOREIGN)
    assert one(foreign, stored(1, ENTRY)) == ("added", None)


def test_a_moment_is_compared_to_the_second_that_the_archive_keeps() -> None:
    precise = FOREIGN | {"published": SECOND + timedelta(microseconds=250_000)}
    known = stored(1, replace(ENTRY, published=SECOND))
    assert one(an_entry("pears", keys=ENTRY.keys, **precise), known) == ("revised", 1)


def test_a_vanished_file_whose_text_turns_up_elsewhere_has_moved() -> None:
    known = stored(1, an_article("ships", text=SHIPS), absent=True)
    (verdict,) = reconcile([an_article("ships", text=SHIPS, locator="sea/ships.md")], [known])
    assert (verdict.what, verdict.known, verdict.new_keys) == ("moved", known, (path_key("sea/ships.md"),))


def test_a_copy_of_a_file_that_is_still_there_is_new() -> None:
    known = stored(1, an_article("ships", text=SHIPS))
    assert one(an_article("ships", text=SHIPS, locator="copy.md"), known) == ("added", None)


def test_a_short_text_moves_only_together_with_its_title() -> None:
    known = stored(1, an_article("a", text="Read more", title="Ships"), absent=True)
    assert one(an_article("b", text="Read more", title="Pears"), known) == ("added", None)
    assert one(an_article("b", text="Read more", title="Ships"), known) == ("moved", 1)


def test_a_long_text_moves_with_another_title() -> None:
    known = stored(1, an_article("a", text=SHIPS * 3, title="Ships"), absent=True)
    assert one(an_article("b", text=SHIPS * 3, title="Cutters"), known) == ("revised", 1)


def test_of_two_places_a_vanished_file_moves_to_one() -> None:
    known = stored(1, an_article("a", text=SHIPS, title="Ships"), absent=True)
    places = [an_article(name, text=SHIPS, title="Ships") for name in ("x", "y")]
    whats = sorted(what for what, _ in decided(reconcile(places, [known])))
    assert whats == ["added", "moved"]


def test_a_file_that_moves_while_another_takes_its_path() -> None:
    known = stored(1, an_article("a", text=SHIPS, title="Ships"))
    moved = an_article("b", text=SHIPS, title="Ships")
    foreign = an_article("a", text=PEARS, title="Pears")
    assert decided(reconcile([foreign, moved], [known]))[0] == ("added", None)


def test_an_id_in_the_front_matter_survives_a_move_and_an_edit_at_once() -> None:
    known = stored(1, an_article("a", text=SHIPS, keys=(guid("ships"), path_key("a.md"))), absent=True)
    edited = an_article("b", text=f"{SHIPS} More.", keys=(guid("ships"), path_key("b.md")))
    assert one(edited, known) == ("revised", 1)


def test_an_id_copied_into_a_second_file_is_a_second_article() -> None:
    known = stored(1, an_article("a", text=SHIPS, keys=(guid("ships"), path_key("a.md"))))
    copy = an_article("b", text=SHIPS, keys=(guid("ships"), path_key("b.md")))
    (verdict,) = reconcile([copy], [known])
    assert verdict.what == "added"
    assert verdict.native != guid("ships")


# ---------------------------------------------------------------- one guid for several items


def items_of_one_guid() -> list[Article]:
    """Return items under one guid: two with links of their own, two told apart by what they say."""
    return [
        an_entry("ships", text=SHIPS, keys=(guid("x"), link("e.example/1"))),
        an_entry("pears", text=PEARS, keys=(guid("x"), link("e.example/2"))),
        an_entry("tolls", text=TOLLS, keys=(guid("x"), Key(kind="digest", value=digest_of("tolls")))),
        an_entry("tolls", text=f"{TOLLS} {SHIPS}", keys=(guid("x"), Key(kind="digest", value=digest_of("both")))),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_items_of_one_guid_are_told_apart_in_any_order(order: tuple[int, ...]) -> None:
    items = items_of_one_guid()
    known = [stored(number, item) for number, item in enumerate(items)]
    verdicts = reconcile([items[number] for number in order], known[::-1])
    assert decided(verdicts) == [("unchanged", number) for number in order]


def test_items_of_one_guid_get_ids_of_their_own_whatever_their_order() -> None:
    items = items_of_one_guid()
    forwards = {v.article.digest: v.native for v in reconcile(items, [])}
    backwards = {v.article.digest: v.native for v in reconcile(items[::-1], [])}
    assert forwards == backwards
    assert len(set(forwards.values())) == 4


def test_an_edited_item_of_a_shared_guid_is_known_by_its_link() -> None:
    items = items_of_one_guid()[:2]
    known = [stored(number, item) for number, item in enumerate(items)]
    edited = an_entry("ships", text=f"{SHIPS} Edited.", keys=items[0].keys)
    assert decided(reconcile([items[1], edited], known)) == [("unchanged", 1), ("revised", 0)]


def test_items_of_one_guid_and_one_text_are_known_by_their_titles() -> None:
    items = [an_entry(name, title=name, text=SHIPS, keys=(guid("x"),)) for name in ("Morning", "Noon", "Evening")]
    for known in itertools.permutations(stored(number, item) for number, item in enumerate(items)):
        renumbered = [replace(each, uuid=f"{place:036}") for place, each in enumerate(known)]
        assert decided(reconcile(items, renumbered)) == [("unchanged", 0), ("unchanged", 1), ("unchanged", 2)]


def test_items_without_a_guid_that_share_one_link_are_known_by_their_content() -> None:
    page = link("e.example/news")
    items = [
        an_entry(name, keys=(page, Key(kind="digest", value=an_entry(name).digest))) for name in ("harbour", "orchard")
    ]
    known = [stored(number, verdict.article) for number, verdict in enumerate(reconcile(items, []))]
    assert decided(reconcile(items, known)) == [("unchanged", 0), ("unchanged", 1)]


def test_two_files_replaced_by_one_text_under_one_id_are_two_articles() -> None:
    known = [stored(n, an_article(name, text=SHIPS, title="Ships")) for n, name in enumerate("xy")]
    copies = [an_article(name, text=PEARS, title="Pears", keys=(guid("p"), path_key(f"{name}.md"))) for name in "xy"]
    verdicts = reconcile(copies, known)
    assert [verdict.what for verdict in verdicts] == ["added", "added"]
    assert len({verdict.native for verdict in verdicts}) == 2


def test_items_that_nothing_tells_apart_are_one_article() -> None:
    item = an_entry("ships", text=SHIPS)
    (verdict,) = reconcile([item, item, item], [])
    assert verdict.what == "added"


def test_copies_of_a_known_item_are_the_known_article() -> None:
    item = an_entry("ships", text=SHIPS)
    (first,) = reconcile([item, item], [])
    known = stored(1, item, keys=frozenset(first.new_keys))
    assert decided(reconcile([item, item], [known])) == [("unchanged", 1)]


# ---------------------------------------------------------------- dates


WORSE, SAME, BETTER = "path", "body:class", "front-matter"
EARLIER, LATER = NOON - timedelta(days=3), NOON + timedelta(days=3)


@pytest.mark.parametrize(
    ("known_at", "said_at", "evidence", "edited", "expected"),
    [
        (None, EARLIER, WORSE, False, EARLIER),
        (None, None, "", False, None),
        (NOON, None, "", True, NOON),
        (NOON, EARLIER, BETTER, False, NOON),
        (NOON, LATER, SAME, False, NOON),
        (NOON, LATER, SAME, True, NOON),
        (NOON, EARLIER, SAME, True, EARLIER),
        (NOON, LATER, BETTER, True, LATER),
        (NOON, EARLIER, WORSE, True, NOON),
    ],
    ids=[
        "learnt",
        "still unknown",
        "never forgotten",
        "unedited: stays even for better evidence",
        "unedited: a crawl time rewritten",
        "edited: an edit is no publication",
        "edited: back in time on as good evidence",
        "edited: better evidence corrects",
        "edited: worse evidence does not",
    ],
)
def test_a_date_once_known_moves_for_good_reason_only(
    known_at: Any, said_at: Any, evidence: str, edited: Any, expected: Any
) -> None:
    before = an_article("ships", text=SHIPS, published=known_at, published_from=SAME if known_at else "")
    text = f"{SHIPS} More." if edited else SHIPS
    article = an_article("ships", text=text, published=said_at, published_from=evidence)
    (verdict,) = reconcile([article], [stored(1, before)])
    assert verdict.article.published == expected
    assert verdict.dated == (expected != known_at)


def test_evidence_that_nobody_knows_is_refused_and_a_stored_date_on_such_stays() -> None:
    before = an_article("ships", text=SHIPS, published=NOON, published_from=SAME)
    unknown = an_article("ships", text=f"{SHIPS} More.", published=EARLIER, published_from="of a later version")
    with pytest.raises(LookupError, match="of a later version"):
        reconcile([unknown], [stored(1, before)])
    stays = replace(before, published_from="of a later version")
    (verdict,) = reconcile([replace(unknown, published_from=BETTER)], [stored(1, stays)])
    assert (verdict.article.published, verdict.article.published_from) == (NOON, "of a later version")


def test_a_date_that_stays_keeps_where_it_came_from() -> None:
    before = an_article("ships", published=NOON, published_from="front-matter", published_raw="1 May 2024")
    article = an_article("ships", published=LATER, published_from="front-matter", published_raw="4 May 2024")
    (verdict,) = reconcile([article], [stored(1, before)])
    assert (verdict.article.published_from, verdict.article.published_raw) == ("front-matter", "1 May 2024")


# ---------------------------------------------------------------- whatever comes, in whichever order

TEXTS = [SHIPS, f"{SHIPS} Edited.", PEARS, TOLLS, ""]


@st.composite
def feed_items(draw: st.DrawFn) -> Article:
    """Return an item as feeds have them: with or without guid and link, each of which several items may share."""
    page = draw(st.sampled_from(["", "e.example/1", "e.example/2"]))
    text, title = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(["Ships", "Pears", "404"]))
    said = digest_of(title, text, page)
    names = (draw(st.sampled_from([(), (guid("a"),), (guid("b"),)])), (link(page),) if page else ())
    return an_entry(
        "item",
        keys=(*itertools.chain.from_iterable(names), Key(kind="digest", value=said)),
        digest=said,
        text=text,
        title=title,
        url=page and f"https://{page}",
        published=SECOND if text == SHIPS else None,
    )


@st.composite
def posts(draw: st.DrawFn, path: str) -> Article:
    """Return what may stand in the file at `path`: with or without an id of its own."""
    named = draw(st.sampled_from([(), (guid("a"),), (guid("b"),)]))
    return an_article(
        path,
        keys=(*named, path_key(f"{path}.md")),
        text=draw(st.sampled_from(TEXTS)),
        title=draw(st.sampled_from(["Ships", "Pears", "404"])),
        published=draw(st.sampled_from([None, NOON, SECOND])),
        published_from=draw(st.sampled_from(["", "path", "front-matter"])),
    )


feeds = st.lists(feed_items(), max_size=5)
folders = st.permutations("wxyz").flatmap(lambda names: st.tuples(*map(posts, names[:3]))).map(list)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Article], list[Known]]:
    """Return the articles of one batch, and stored ones of the same source; files that are not there are absent."""
    kind = draw(st.sampled_from([feeds, folders]))
    found, before = draw(kind), draw(kind)
    there = {article.locator for article in found}
    verdicts = reconcile(before, [])
    return found, [
        stored(number, v.article, absent=v.article.locator not in there) for number, v in enumerate(verdicts)
    ]


def by_content(verdicts: Sequence[Verdict]) -> list[str]:
    return sorted(
        repr((v.what, v.article, v.known.id if v.known else None, v.native, v.new_keys, v.dated, v.why))
        for v in verdicts
    )


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_articles_and_known_decides_nothing(world: Any, chance: Any) -> None:
    found, known = world
    expected = by_content(reconcile(found, known))
    chance.shuffle(found)
    chance.shuffle(known)
    assert by_content(reconcile(found, known)) == expected


@given(worlds())
def test_no_stored_article_is_claimed_twice_and_no_id_is_minted_twice(world: Any) -> None:
    found, known = world
    verdicts = reconcile(found, known)
    claimed = [verdict.known.id for verdict in verdicts if verdict.known]
    minted = [verdict.native for verdict in verdicts if verdict.native]
    assert len(set(claimed)) == len(claimed)
    assert len(set(minted)) == len(minted)
    assert all(
        (verdict.known is None) == (verdict.native is not None) == (verdict.what == "added") for verdict in verdicts
    )


@given(worlds())
def test_every_article_has_one_verdict_but_for_copies(world: Any) -> None:
    found, known = world
    verdicts = reconcile(found, known)
    answered = [(verdict.article.keys, verdict.article.digest) for verdict in verdicts]
    asked = [(article.keys, article.digest) for article in found]
    assert set(answered) == set(asked)
    assert len(answered) <= len(asked)


@given(st.one_of(feeds, folders))
def test_what_was_stored_is_found_again_unchanged(found: list[Article]) -> None:
    known = [stored(number, verdict.article) for number, verdict in enumerate(reconcile(found, []))]
    assert {verdict.what for verdict in reconcile(found, known)} <= {"unchanged"}
