"""Pictures that a document announces beside its text: all are kept, each once, with what is said of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from feedsvc.ingest import digest
from feedsvc.model import Draft, Figure, Source
from feedsvc.parsers import bundles, parse
from feedsvc.rules.gallery import same_picture
from feedsvc.rules.sanitising import clean
from tests.parsers.documents import FETCHED, raw

if TYPE_CHECKING:
    from feedsvc.model import Article

SITE = "https://walks.example.org"
WALKS = Source(name="walks", kind="feed", location=f"{SITE}/feed")
GULLS = "<description>&lt;p&gt;Gulls at the harbour&lt;/p&gt;</description>"


def archived(document: str) -> Article:
    found = digest(raw(document, f"{SITE}/feed"), WALKS)
    assert found.failures == ()
    (article,) = found.articles
    return article


def rss(inside: str, namespace: str = "http://search.yahoo.com/mrss/") -> Article:
    return archived(
        f'<rss version="2.0" xmlns:media="{namespace}"><channel><title>Walks</title><link>{SITE}/</link>'
        f'<item><guid isPermaLink="false">1</guid>{inside}</item></channel></rss>'
    )


def atom(inside: str) -> Article:
    return archived(
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><title>Walks</title>'
        f'<link href="{SITE}/"/><entry><id>urn:walk:1</id><title>A walk</title>{inside}</entry></feed>'
    )


def jsonfeed(**item: object) -> Article:
    return archived(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", **item}]}))


def media(name: str, words: str = "", title: str = "", **attributes: object) -> str:
    given = "".join(f' {key}="{value}"' for key, value in {"medium": "image", **attributes}.items())
    said = f'<media:description type="plain">{words}</media:description>' if words else ""
    said += f"<media:title>{title}</media:title>" if title else ""
    return f'<media:content url="{SITE}/{name}"{given}>{said}</media:content>'


def shown(article: Article) -> list[tuple[str, str, str]]:
    """Return file, alternative and caption of each figure of the content."""
    figures = re.findall(
        r'<figure><img src="([^"]*)" alt="([^"]*)"[^>]*>(?:\s*<figcaption>(.*?)</figcaption>\s*)?</figure>',
        article.content,
    )
    return [(url.removeprefix(f"{SITE}/"), alt, caption) for url, alt, caption in figures]


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize(
    "words",
    [
        ("A gull on a bollard", "The old crane", "Nets, drying", "The ferry"),
        ("Une mouette", "La vieille grue", "Des filets", "Le bac"),
        ("係船柱のかもめ", "古いクレーン", "干した網", "渡し船"),
        ("نورس", "رافعة قديمة", "شباك", "العبّارة"),
    ],
)
@pytest.mark.parametrize("namespace", ["http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss"])
def test_four_pictures_are_four_figures_with_their_words(words: tuple[str, ...], namespace: str) -> None:
    article = rss(GULLS + "".join(media(f"{n}.jpg", said) for n, said in enumerate(words)), namespace)

    assert shown(article) == [(f"{n}.jpg", said, said) for n, said in enumerate(words)]
    assert article.text.split("\n\n") == ["Gulls at the harbour", *words]
    assert article.images == tuple(f"{SITE}/{n}.jpg" for n in range(4))
    assert article.image == f"{SITE}/0.jpg"
    assert clean(article.content) == article.content


def test_pictures_without_a_text_are_an_article_of_their_words() -> None:
    article = rss(media("1.jpg", "A gull") + media("2.jpg", "A crane"))

    assert shown(article) == [("1.jpg", "A gull", "A gull"), ("2.jpg", "A crane", "A crane")]
    assert (article.title, article.text) == ("A gull", "A gull\n\nA crane")


def test_what_one_of_several_pictures_is_called_is_not_what_the_item_is_called() -> None:
    article = rss(GULLS + media("1.jpg") + media("2.jpg", title="The old crane"))

    assert article.title == "Gulls at the harbour"
    assert shown(article) == [("1.jpg", "", ""), ("2.jpg", "The old crane", "The old crane")]


def test_title_and_description_both_stand_in_the_caption() -> None:
    article = rss(
        "<title>A walk</title>"
        + GULLS
        + media("1.jpg", "Four boats & a <dinghy>".replace("&", "&amp;").replace("<", "&lt;"), "At dawn")
    )

    ((file, alt, caption),) = shown(article)
    assert (file, caption) == ("1.jpg", "At dawn<br>Four boats &amp; a &lt;dinghy&gt;")
    assert alt == "Four boats &amp; a &lt;dinghy&gt;"


@pytest.mark.parametrize(
    "document",
    [
        lambda: rss(GULLS + "".join(f'<enclosure url="{SITE}/{n}.jpg" type="image/jpeg" length="9"/>' for n in "12")),
        lambda: rss(GULLS + "".join(f'<media:content url="{SITE}/{n}.jpg"/>' for n in "12")),
        lambda: rss(GULLS + "".join(f'<media:content url="/{n}.jpg" type="image/webp"/>' for n in "12")),
        lambda: rss(GULLS + f"<media:group>{media('1.jpg')}</media:group><media:group>{media('2.jpg')}</media:group>"),
        lambda: rss(GULLS + f"<media:group>{media('1.jpg')}{media('2.jpg')}</media:group>"),
        lambda: rss(GULLS + f'{media("1.jpg")}<enclosure url="{SITE}/2.jpg" type="image/jpeg" length="9"/>'),
        lambda: atom("".join(f'<link rel="enclosure" type="image/png" href="/{n}.jpg"/>' for n in "12")),
        lambda: atom(media("1.jpg") + media("2.jpg")),
        lambda: jsonfeed(
            title="A walk", attachments=[{"url": f"{SITE}/{n}.jpg", "mime_type": "image/jpeg"} for n in "12"]
        ),
        lambda: jsonfeed(content_text="A walk", image=f"{SITE}/1.jpg", banner_image=f"{SITE}/2.jpg"),
        lambda: rss(f"<description>R&D <b> at sea</description>{media('1.jpg')}{media('2.jpg')}"),
    ],
    ids=[
        *("enclosures", "by suffix", "relative", "groups", "one group", "mixed", "atom links", "atom media"),
        *("attachments", "banner", "malformed"),
    ],
)
def test_several_pictures_are_kept_wherever_they_are_announced(document: object) -> None:
    assert callable(document)
    assert [file for file, _, _ in shown(document())] == ["1.jpg", "2.jpg"]


def test_the_titles_of_enclosures_are_their_words() -> None:
    links = "".join(f'<link rel="enclosure" type="image/png" href="/{n}.png" title="Boat {n}"/>' for n in "12")
    pictures = [{"url": f"{SITE}/{n}.png", "mime_type": "image/png", "title": f"Boat {n}"} for n in "12"]

    expected = [("1.png", "Boat 1", "Boat 1"), ("2.png", "Boat 2", "Boat 2")]
    assert shown(atom(links)) == expected
    assert shown(jsonfeed(title="A walk", attachments=pictures)) == expected


# ---------------------------------------------------------------- each once


def test_of_the_forms_of_one_picture_the_default_stands_there_else_the_largest() -> None:
    sizes = [{"width": 300, "height": 200}, {"width": 1200, "height": 800}, {"width": 600, "height": 400}]
    forms = [media(f"{size['width']}.jpg", **size) for size in sizes]
    said = "<media:description>Boats at low tide</media:description>"

    largest = rss(f"{GULLS}<media:group>{said}{''.join(forms)}</media:group>")
    chosen = rss(
        f"{GULLS}<media:group>{said}{forms[0]}{forms[1]}{media('600.jpg', isDefault='true', **sizes[2])}</media:group>"
    )

    assert shown(largest) == [("1200.jpg", "Boats at low tide", "Boats at low tide")]
    assert shown(chosen) == [("600.jpg", "Boats at low tide", "Boats at low tide")]


def test_members_of_a_group_with_words_of_their_own_are_pictures_of_their_own() -> None:
    members = media("1.jpg", "A gull", width=300) + media("2.jpg", "A crane", width=600, isDefault="true")

    assert [file for file, _, _ in shown(rss(f"{GULLS}<media:group>{members}</media:group>"))] == ["1.jpg", "2.jpg"]


def test_a_thumbnail_is_no_second_picture() -> None:
    small = f'<media:thumbnail url="{SITE}/small.jpg" width="90"/>'

    inside = rss(GULLS + media("1.jpg").replace("></", f">{small}</") + media("2.jpg"))
    beside = rss(GULLS + small + media("1.jpg"))

    assert [file for file, _, _ in shown(inside)] == ["1.jpg", "2.jpg"]
    assert (shown(beside), beside.image) == ([], f"{SITE}/1.jpg")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{SITE}/a.jpg?w=140&q=55&s=0a4f", f"{SITE}/a.jpg?w=1200&q=85&s=77b1"),
        (f"http://www.{SITE[8:]}/a.jpg", f"{SITE}/a.jpg"),
        (f"{SITE}/uploads/a-1024x683.jpg", f"{SITE}/uploads/a-150x150.jpg"),
        (f"{SITE}/uploads/a-scaled.jpg", f"{SITE}/uploads/a.jpg"),
        (f"https://i2.wp.com/{SITE[8:]}/uploads/a.jpg?resize=300%2C200&ssl=1", f"{SITE}/uploads/a.jpg"),
    ],
)
def test_sizes_of_one_picture_are_one(one: str, other: str) -> None:
    assert same_picture(one) == same_picture(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{SITE}/show.php?id=1&w=300", f"{SITE}/show.php?id=2&w=300"),
        (f"{SITE}/board-4x4.png", f"{SITE}/board-8x8.png"),
        (f"{SITE}/a.jpg", f"{SITE}/b.jpg"),
        (f"{SITE}/a.jpg", "https://other.example.org/a.jpg"),
    ],
)
def test_other_pictures_are_others(one: str, other: str) -> None:
    assert same_picture(one) != same_picture(other)


def test_a_picture_in_several_widths_is_one_and_the_widest_is_its_image() -> None:
    sizes = "".join(media(f"a.jpg?w={width}", width=width) for width in (140, 460, 300))

    article = rss(GULLS + sizes)

    assert (shown(article), article.image) == ([], f"{SITE}/a.jpg?w=460")


@pytest.mark.parametrize("address", [f"{SITE}/1.jpg", "/1.jpg", f"{SITE}/1.jpg?w=640&amp;amp;h=480"])
def test_what_the_text_shows_is_not_shown_again(address: str) -> None:
    text = f"<description>&lt;p&gt;Gulls &lt;img src='{address}'&gt;&lt;/p&gt;</description>"

    article = rss(text + media("1.jpg") + media("2.jpg", "A crane"))

    assert shown(article) == [("2.jpg", "A crane", "A crane")]
    assert article.content.count("1.jpg") == 1


def test_a_picture_of_the_text_without_words_gets_those_that_are_announced() -> None:
    text = "<description>&lt;p&gt;Gulls &lt;img src='/1.jpg'&gt; &lt;img src='/2.jpg' alt='Mine'&gt;&lt;/p&gt;</description>"

    article = rss(text + media("1.jpg", "A gull &amp; a &quot;crane&quot;") + media("2.jpg", "Theirs"))

    assert f'<img src="{SITE}/1.jpg" alt="A gull &amp; a &quot;crane&quot;">' in article.content
    assert f'<img src="{SITE}/2.jpg" alt="Mine">' in article.content
    assert clean(article.content) == article.content


def test_words_that_the_text_says_are_not_said_again() -> None:
    article = rss(GULLS + media("1.jpg", "Gulls  at the HARBOUR") + media("2.jpg", "A crane"))

    assert shown(article) == [("1.jpg", "Gulls at the HARBOUR", ""), ("2.jpg", "A crane", "A crane")]


@pytest.mark.parametrize("title", ["IMG_2034", "a-walk.jpg", "a-walk", "2.jpeg"])
def test_the_name_of_a_file_is_no_word(title: str) -> None:
    file = {"IMG_2034": "img_2034-1.jpg", "2.jpeg": "2.jpg"}.get(title, "a-walk-3.jpg")

    assert shown(rss(GULLS + media(file, title=title) + media("crane.jpg", title="Crane"))) == [
        (file, "", ""),
        ("crane.jpg", "Crane", "Crane"),
    ]


# ---------------------------------------------------------------- what stays as it is


ONE = {
    "a thumbnail": f'<media:thumbnail url="{SITE}/1.jpg"/>',
    "one picture": media("1.jpg"),
    "one picture, described as the item is": media("1.jpg", "Gulls at the harbour"),
    "a thumbnail and the picture": f'<media:thumbnail url="{SITE}/t.jpg"/>{media("1.jpg")}',
    "a picture of the site": media("logo.png"),
    "a portrait": media("1.jpg") + '<media:content url="https://0.gravatar.com/avatar/1" medium="image"/>',
    "a random picture": media("1.jpg") + '<media:content url="https://picsum.photos/400?random=7" medium="image"/>',
    "a pixel": media("1.jpg") + media("t.gif", width=1, height=1),
    "a film": f'<media:thumbnail url="{SITE}/1.jpg"/><media:content url="{SITE}/f.swf" type="application/x-shockwave-flash"/>',
}


@pytest.mark.parametrize("beside", ONE)
def test_one_picture_is_the_picture_of_the_article_and_no_news(beside: str) -> None:
    title = "<title>A walk</title>"
    plain, article = rss(title + GULLS), rss(title + GULLS + ONE[beside])

    assert (article.content, article.text, article.images) == (plain.content, plain.text, ())
    assert article.image == ("" if "logo" in ONE[beside] else f"{SITE}/1.jpg")
    assert (article.digest == plain.digest) is ("swf" not in ONE[beside])


def test_a_random_picture_among_several_is_not_shown_and_its_change_is_no_news() -> None:
    def walk(number: int) -> Article:
        drawn = f'<media:content url="https://picsum.photos/400?random={number}" medium="image"/>'
        return rss(GULLS + media("1.jpg", "A gull") + drawn + media("2.jpg", "A crane"))

    assert [file for file, _, _ in shown(walk(7))] == ["1.jpg", "2.jpg"]
    assert walk(7).digest == walk(8).digest
    assert [each.before for each in walk(7).repairs if each.rule == "images.placeholder"] == [
        "https://picsum.photos/400?random=7"
    ]


def test_a_signed_address_is_no_news() -> None:
    def walk(signature: str) -> Article:
        return rss(GULLS + media(f"1.jpg?sig={signature}") + media(f"2.jpg?sig={signature}"))

    assert walk("a1").digest == walk("b2").digest


def test_a_flash_player_is_no_enclosure_and_the_description_of_a_film_is_its_text() -> None:
    def film(player: str) -> Article:
        return atom(
            f"<media:group><media:title>A walk</media:title>{player}"
            f'<media:thumbnail url="{SITE}/hq.jpg" width="480" height="360"/>'
            "<media:description>Along the quay\nand back</media:description></media:group>"
        )

    flash = '<media:content url="https://www.youtube.com/v/W1?version=3" type="application/x-shockwave-flash"/>'
    other = f'<media:content url="{SITE}/w1.mp4" type="video/mp4"><media:title>The quay</media:title></media:content>'

    dead, living = film(flash), film(other)

    assert (dead.enclosures, dead.image, shown(dead)) == ((), f"{SITE}/hq.jpg", [])
    assert dead.text.split() == ["Along", "the", "quay", "and", "back"]
    assert [(each.url, each.title) for each in living.enclosures] == [(f"{SITE}/w1.mp4", "The quay")]
    # as version 0.1.0 had it: that the dead player goes is no revision of every film there is
    assert dead.digest == "8cd8edbc98e20774222734407c414a78"


@pytest.mark.parametrize("said", ["", "An honest word"])
def test_an_item_that_is_nothing_but_a_picture_is_an_article(said: str) -> None:
    article = rss(media("1.jpg", said))

    assert (article.title, article.image) == (said or "(untitled)", f"{SITE}/1.jpg")


def test_pictures_are_kept_in_a_bundle_and_bundles_of_before_have_none() -> None:
    figures = (Figure(url=f"{SITE}/1.jpg", alt="A gull", width=3), Figure(url=f"{SITE}/2.jpg"))
    draft = Draft(source="walks", locator=SITE, form="rss", fetched_at=FETCHED, title="A walk", figures=figures)
    packed = bundles.pack(bundles.Bundle(drafts=(draft,)), FETCHED)

    def unpacked(body: bytes) -> Draft:
        (found,) = parse(raw(body, SITE, media_type=bundles.MEDIA_TYPE)).drafts
        return found

    assert unpacked(packed).figures == figures
    said = re.search(rb'"figures": \[.*?\], ', packed)
    assert said is not None
    length = int(re.findall(rb"Content-Length: (\d+)", packed)[0])
    before = packed.replace(said[0], b"").replace(
        b"Content-Length: %d" % length, b"Content-Length: %d" % (length - len(said[0]))
    )
    assert unpacked(before).figures == ()
