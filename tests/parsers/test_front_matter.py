"""Front matter as generators, machines and people write it: what a single golden cannot show."""

from __future__ import annotations

import pytest

from feedsvc.errors import DocumentError
from feedsvc.parsers.frontmatter.dialects import categories
from feedsvc.parsers.frontmatter.fences import LIMIT, split
from feedsvc.parsers.frontmatter.tolerant import unquote
from tests.parsers.documents import draft


def test_values_stay_as_they_were_typed() -> None:
    found = draft("---\ntitle: 2021\ndate: 2018-02-31\ndescription: 1e3\n---\n")

    assert (found.title, found.published, found.summary) == ("2021", "2018-02-31", "1e3")


def test_a_broken_field_costs_no_other() -> None:
    found = draft('---\ntags: [a, b]\ntitle: "it\'s "so""\nsummary: >\n  folded\n  text\n---\n')

    assert found.title == 'it\'s "so"'
    assert (found.tags, found.summary) == (("a", "b"), "folded text\n".strip())
    assert [(r.rule, r.field) for r in found.repairs] == [("front-matter.tolerant", "title")]


def test_what_is_well_formed_is_not_repaired() -> None:
    assert draft("---\ntitle: \"fine: 'yes'\"\n---\nx").repairs == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"""""""""\'x\'"""""""""', "x"),
        ("'it's'", "it's"),
        ('"say "so""', 'say "so"'),
        ("'a' 'b'", "'a' 'b'"),
        ('"a" and "b"', 'a" and "b'),
        ('"never closed', "never closed"),
        ("plain", "plain"),
        ("'two '' one'", "two ' one"),
        ('""', ""),
        ('"', ""),
    ],
)
def test_the_outermost_quotes_are_meant(written: str, meant: str) -> None:
    assert unquote(written) == meant


@pytest.mark.parametrize(
    ("written", "dialect", "paths"),
    [
        (["a", "b"], "hexo", (("a", "b"),)),
        (["a", "b"], "machine", (("a", "b"),)),
        (["a", "b"], "jekyll", (("a",), ("b",))),
        (["a", "b"], "plain", (("a",), ("b",))),
        ([["a", "b"], "c"], "hexo", (("a", "b"), ("c",))),
        ("a b", "jekyll", (("a",), ("b",))),
        ("a b", "hexo", (("a b",),)),
        ("a b", "plain", (("a b",),)),
        (["a/b", " ", "a/b"], "plain", (("a∕b",),)),
        ({"a": "b"}, "hexo", ()),
    ],
)
def test_categories_mean_what_the_generator_means(written: object, dialect: str, paths: object) -> None:
    assert categories(written, dialect) == paths  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("locator", "front", "paths"),
    [
        ("source/_posts/x.md", "title: x", (("a", "b"),)),
        ("x.md", "abbrlink: 3", (("a", "b"),)),
        ("x.md", "comments: true", (("a", "b"),)),
        ("x.md", "layout: post\ncomments: true", (("a",), ("b",))),
        ("_posts/2020-01-02-x.md", "title: x", (("a",), ("b",))),
        ("x.md", "title: x", (("a",), ("b",))),
    ],
)
def test_a_list_is_a_path_only_on_evidence_of_hexo(locator: str, front: str, paths: object) -> None:
    assert draft(f"---\n{front}\ncategories: [a, b]\n---\nx", locator).categories == paths


def test_the_author_of_a_machine_made_post_is_its_site() -> None:
    front = "---\ntitle: x\ncategories: [t, The Site, f]\nauthor: The Site\ncomments: false\nthumbnail: x.jpg\n---\n"

    found = draft(front)

    assert (found.publisher, found.people) == ("The Site", ())


def test_the_author_of_a_human_post_is_a_person() -> None:
    found = draft("---\ntitle: x\ncategories: [Ada]\nauthor: Ada\n---\n")

    assert (found.publisher, [p.name for p in found.people]) == ("", ["Ada"])


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("draft: true", True),
        ("draft: yes", True),
        ("published: false", True),
        ("draft: false", False),
        ("published: 2020-01-02", False),
    ],
)
def test_a_draft_says_so(front: str, expected: bool) -> None:  # noqa: FBT001
    assert draft(f"---\ntitle: x\n{front}\n---\n").is_draft is expected


def test_a_folder_of_drafts_holds_drafts() -> None:
    assert draft("---\ntitle: x\n---\n", "_drafts/x.md").is_draft


@pytest.mark.parametrize(
    ("front", "link", "native_id"),
    [
        ("permalink: /a/b/", "", "/a/b/"),
        ("permalink: https://e.org/a", "https://e.org/a", "https://e.org/a"),
        ("permalink: /:year/:title/", "", ""),
        ("url: /a", "", ""),
        ("url: https://e.org/a", "https://e.org/a", ""),
        ("source_url: https://e.org/s\nurl: https://e.org/u", "https://e.org/s", ""),
        ("guid: 1\nid: 2", "", "1"),
        ("id: null", "", ""),
    ],
)
def test_addresses_and_ids_are_taken_from_their_keys(front: str, link: str, native_id: str) -> None:
    found = draft(f"---\n{front}\n---\nx")

    assert (found.link, found.native_id) == (link, native_id)


@pytest.mark.parametrize(
    ("locator", "date"),
    [
        ("2014-07-08-a.md", "2014-07-08"),
        ("x/2014-7-8.md", "2014-07-08"),
        ("2014-07-08-a/index.md", "2014-07-08"),
        ("a-2014-07-08.md", ""),
        ("2014-07-081.md", ""),
    ],
)
def test_the_date_of_a_file_name_is_kept_apart(locator: str, date: str) -> None:
    found = draft("---\ntitle: x\n---\n", locator)

    assert (found.path_date, found.published) == (date, "")


def test_the_date_of_an_address_in_the_front_matter_is_evidence() -> None:
    assert draft('+++\npath = "2017/06/27/Reach"\n+++\n').path_date == "2017-06-27"


def test_a_picture_may_be_a_table_or_a_list() -> None:
    assert draft("---\nimage:\n  path: /a.jpg\n---\nx").image == "/a.jpg"
    assert draft("---\nimages:\n - /a.jpg\n - /b.jpg\n---\nx").image == "/a.jpg"


@pytest.mark.parametrize("block", ["just prose between two rules", "- a\n- b", "[[[", "&a"])
def test_a_fence_without_a_field_is_a_failure(block: str) -> None:
    with pytest.raises(DocumentError, match="front-matter"):
        draft(f"---\n{block}\n---\nbody")


@pytest.mark.parametrize("block", ["", "# nothing yet", "{}"])
def test_empty_front_matter_is_fine(block: str) -> None:
    assert draft(f"---\n{block}\n---\nbody").body == "body"


@pytest.mark.parametrize("body", ["", "\ufeff", " \n\n", b"\x00" * 99, b"\x00"])
def test_what_holds_no_text_is_a_failure(body: str | bytes) -> None:
    with pytest.raises(DocumentError, match=r"empty|encoding"):
        draft(body)


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA rule, and a text.\n",
        "Note: well\n---\nA heading above.\n",
        "{% include x %}\ntext",
        "{\n not json",
        "+++\nno end",
    ],
)
def test_a_body_that_looks_like_front_matter_stays_whole(text: str) -> None:
    assert split(text).body == text


def test_other_line_ends_are_line_ends() -> None:
    assert draft(b"---\rtitle: x\r---\rbody\r").title == "x"


def test_aliases_are_not_expanded() -> None:
    found = draft("---\ntitle: T\na: &a [x, x]\nb: [*a, *a]\n---\n")

    assert found.title == "T"


def test_front_matter_longer_than_the_limit_is_read_to_the_limit() -> None:
    found = draft(f"---\ntitle: T\nx: {'y' * LIMIT}\n---\nbody")

    assert (found.title, found.body) == ("T", "body")


def test_a_number_of_any_length_is_no_accident() -> None:
    assert draft(f"+++\ntitle = 'T'\nx = 0x{'f' * 9000}\n+++\n").title == "T"
