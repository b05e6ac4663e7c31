"""Category paths as file names: hostile ones become harmless, harmless ones stay, and no two are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.store.slugs import distinct, slug

HOSTILE = (
    "..",
    ".",
    "a/b",
    "a\\b",
    "\0",
    "con",
    "NUL.txt",
    "all",
    "index",
    "archive",
    "feed.atom",
    "x.JSON",
    "~",
    " ",
    "a#b?c%d",
)


@pytest.mark.parametrize("name", ["金融", "Bing 壁纸", "Müller & Söhne", "C++", "💡 ideas", "日本語のニュース"])
def test_a_harmless_name_stays_as_it_is(name: str) -> None:
    assert slug((name,)) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_gets_a_mark(name: str) -> None:
    assert "~" in slug((name,))


def test_a_long_name_fits_into_a_file_name() -> None:
    assert len(slug(("金" * 300,)).encode()) < 200


def test_twins_in_case_have_slugs_of_their_own() -> None:
    assert distinct(("News",)) != distinct(("news",))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_no_slug_leaves_its_folder_or_hides(names: list[str]) -> None:
    for part in slug(tuple(names)).split("/"):
        assert part
        assert not part.startswith(".")
        assert not set(part) & set('\0\\/:*?"<>|#%')


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_names_have_different_slugs(one: str, other: str) -> None:
    assert one == other or slug((one,)) != slug((other,))
