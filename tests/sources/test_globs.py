"""Globs over locators."""

from __future__ import annotations

import re
import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.sources.globs import compile_globs

CASES = [
    ("**/*.md", "a.md", True),
    ("**/*.md", "a/b/c.md", True),
    ("**/*.md", "a.mdx", False),
    ("*.md", "a.md", True),
    ("*.md", "a/b.md", False),
    ("a/**", "a/b/c", True),
    ("a/**", "a", False),
    ("a/**", "ab/c", False),
    ("**", "a/b", True),
    ("**/a/**/b.md", "a/b.md", True),
    ("**/a/**/b.md", "x/a/y/z/b.md", True),
    ("**/**/b.md", "b.md", True),
    ("a/?.md", "a/字.md", True),
    ("a/?.md", "a/bb.md", False),
    ("[ab].md", "a.md", True),
    ("[!ab].md", "a.md", False),
    ("[!ab].md", "c.md", True),
    ("[a-c].md", "b.md", True),
    ("[]].md", "].md", True),
    ("[.md", "[.md", True),
    ("a[!b]c", "a/c", False),
    ("a+(b).md", "a+(b).md", True),
    ("***.md", "abc.md", True),
    ("*.MD", "a.md", False),
    ("line*", "line\nbreak", True),
]


@pytest.mark.parametrize(("pattern", "locator", "matches"), CASES)
def test_a_pattern_matches_the_whole_locator(pattern: str, locator: str, *, matches: bool) -> None:
    assert compile_globs((pattern,)).matches(locator) is matches


def test_no_pattern_matches_nothing() -> None:
    assert not compile_globs(()).matches("a.md")


def test_a_folder_is_covered_only_when_everything_below_it_matches() -> None:
    globs = compile_globs(("drafts/**", "**/node_modules/**", "**/*.txt", "a/*"))
    covered = [
        folder for folder in ("drafts", "x/node_modules", "node_modules", "a", "x.txt", "y") if globs.covers(folder)
    ]
    assert covered == ["drafts", "x/node_modules", "node_modules"]


@given(st.text("ab/*?.", min_size=1, max_size=12), st.text("ab/.", min_size=1, max_size=12))
def test_any_pattern_compiles_and_answers_as_pathlib_does_for_one_segment(pattern: str, locator: str) -> None:
    answer = compile_globs((pattern,)).matches(locator)
    if "/" in pattern + locator or "**" in pattern or locator in (".", ".."):
        assert answer in (True, False)
    else:
        expected = PurePosixPath(locator).match(pattern) if pattern not in (".", "..") else locator == pattern
        assert answer == expected


@given(st.text(min_size=1, max_size=30))
def test_a_locator_without_wild_cards_is_a_pattern_for_itself(locator: str) -> None:
    if not re.search(r"[*?\[\]]", locator):
        assert compile_globs((locator,)).matches(locator)


def test_a_long_name_costs_no_time() -> None:
    matches = compile_globs(("**/" + "*" * 50 + "x", "**/a/**/*b.md")).matches
    started = time.process_time()
    assert not matches("a/" * 1000 + "y" * 200)
    assert time.process_time() - started < 20
