"""What changed between two texts: all of it is shown, and none of it costs more than a page may."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.serve.text_diff import compared

WORDS = st.lists(st.sampled_from(["a", "b", "金", "融", "cat", "dog\n", "\n\n,", "。"]), max_size=40).map(" ".join)


def sides(before: str, after: str) -> tuple[str, str]:
    """Return both texts as far as the comparison shows them, without what is left out between."""
    found = [piece for paragraph in compared(before, after) for piece in paragraph]
    old = "".join(piece.text for piece in found if piece.kind in ("same", "out"))
    new = "".join(piece.text for piece in found if piece.kind in ("same", "in"))
    return old, new


@given(WORDS, WORDS)
def test_every_changed_word_is_shown(before: str, after: str) -> None:
    old, new = sides(before, after)
    gaps = sum(int(piece.text) for paragraph in compared(before, after) for piece in paragraph if piece.kind == "gap")
    lines = [[line.strip() for line in text.splitlines() if line.strip()] for text in (before, after)]
    if gaps == 0:
        assert (old, new) == ("".join(lines[0]), "".join(lines[1]))
    assert len(old) <= len("".join(lines[0]))
    assert all(character in new for line in lines[1] if line not in lines[0] for character in line)


def test_a_small_change_in_a_long_text_is_found() -> None:
    rows = [f"Paragraph {number} says something of its own, {number * 7}." for number in range(400)]
    after = [*rows[:200], rows[200].replace("something", "nothing"), *rows[201:]]
    (first,), changed, (last,) = compared("\n".join(rows), "\n".join(after))
    assert [first.text, last.text] == ["200", "199"]
    assert [piece.text for piece in changed if piece.kind == "in"] == ["nothing"]


def test_a_long_paragraph_is_shown_to_its_end() -> None:
    before, after = "word " * 3_000 + "old", "word " * 3_000 + "new"
    old, new = sides(before, after)
    assert (old, new) == (before, after)


RANDOM = random.Random(7)  # noqa: S311 - no secret is made of it
HOSTILE = {
    "two words again and again": (("a b " * 1_000 + "\n") * 300, ("b a a " * 660 + "\n") * 300),
    "paragraphs of a letter": ("\n".join(RANDOM.choices("ab", k=20_000)), "\n".join(RANDOM.choices("ab", k=20_000))),
    "few words": tuple("\n".join(" ".join(RANDOM.choices("abcdefgh", k=900)) for _ in range(300)) for _ in range(2)),
    "not quite too many pairs": tuple(
        "\n".join(" ".join(str((i * step) % 133) for i in range(1_000)) for _ in range(300)) for step in (1, 7)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_texts_that_repeat_themselves_cost_little(name: str) -> None:
    began = time.process_time()
    old, new = sides(*HOSTILE[name])
    assert time.process_time() - began < 30, "difflib takes more than 100 s for them"
    assert sum(map(len, (old, new))) > 0
