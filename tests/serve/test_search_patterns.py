"""What a search looks like in a text is found in time that grows with the text, whatever a visitor asks for.

`re` lets nothing else of the process run while it looks, the feeds included.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.store.search_index import match_query, segment, sight

GRAVE, ACUTE, HOOK = "\u0300", "\u0301", "\u0309"
LOOKED_AT = 20_000  # characters of a text that a page of hits looks at
# words that a visitor asks for, and a text that an author wrote: each ran for hours, or would have as it grew
HOSTILE = {
    "marks alone": (f'foo OR "a {" ".join(GRAVE * 14)} q"', f"a{GRAVE * 400} end"),
    "marks of many kinds": (f'"ε {" ".join((GRAVE + ACUTE + HOOK) * 5)} ω"', f"ε{(GRAVE + ACUTE + HOOK) * 300} τ"),
    "marks on letters": (
        'foo OR "' + " ".join((f"z {' '.join(GRAVE * 5)} ") * 5) + ' q"',
        f"x {('z' + GRAVE * 10) * 5} end",
    ),
    "marks below lines": (f'"ü_{"_".join(ACUTE * 14)}_x"', f"ü{(ACUTE + '_') * 400}"),
    "marks on Cyrillic": (f'"и {" ".join(ACUTE * 14)} я*"', f"и{ACUTE * 8}" * 400),
    "one Chinese character": (f'"{"金" * 1_000}融"', "金" * LOOKED_AT),
    "one Japanese character": (f'"{"あ" * 500}い" OR "{"あ" * 400}う" OR "{"あ" * 300}え"', "あ" * LOOKED_AT),
    "one Korean syllable": (" OR ".join(f'"{"한" * number}글"' for number in range(20, 60)), "한" * LOOKED_AT),
    "one letter": (f'"{"a " * 900}b"', "a " * (LOOKED_AT // 2)),
    "gaps": (f'"{"a " * 900}b"', ("a" + " " * 8) * (LOOKED_AT // 9)),
    "alternatives": (" OR ".join(f'"{"a " * number}b"' for number in range(1, 60)), "a " * (LOOKED_AT // 2)),
}
SCRIPT = """
import sys
from feedsvc.store.search_index import sight
words, text = sys.argv[1:]
pattern = sight(words)
print(len(pattern.sub("x", text)) if pattern else len(text))
"""


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_search_looks_for_long(kind: str) -> None:
    words, text = HOSTILE[kind]
    command = [sys.executable, "-c", SCRIPT, words, text]
    found = subprocess.run(command, timeout=900, check=True, capture_output=True, text=True)
    assert int(found.stdout) == len(text)


@pytest.mark.parametrize("kind", HOSTILE)
def test_twice_the_text_takes_about_twice_the_time(kind: str) -> None:
    words, text = HOSTILE[kind]
    pattern = sight(words)

    def spent(looked_at: str) -> float:
        before = time.process_time()
        assert not pattern or not pattern.search(looked_at)
        return time.process_time() - before

    short, long = (min(spent(looked_at) for _ in range(3)) for looked_at in (text, text * 4))
    assert long <= 40 * short + 0.5


def test_a_pattern_grows_no_faster_than_the_words() -> None:
    pattern = sight(f'"{"金" * 64}"')
    assert pattern is not None
    assert pattern.search("金" * 64)
    assert sight(f'"{"金" * 65}"') is None
    mixed = sight(f'"{"金" * 65}" OR 融')
    assert mixed is not None
    assert mixed.findall("金融") == ["融"]


@pytest.mark.parametrize(
    ("words", "text", "seen"),
    [
        ("金融", "《金·融》金融", ["金·融", "金融"]),
        ("東京の天気", "東京、の「天気」", ["東京、の「天気"]),
        ('"far side"', "the far-side, far  side", ["far-side", "far  side"]),
        ('"e t"', f"e{ACUTE} t", [f"e{ACUTE} t"]),
        (f'"e{ACUTE}t é"', f"e{ACUTE}t é", [f"e{ACUTE}t é"]),
        (f"cafe{ACUTE}", f"un CAFE{ACUTE}, cafe", [f"CAFE{ACUTE}"]),
        ("run*", "running, prune", ["run"]),
        ("snake_case", "snake_case snakes", ["snake_case"]),
        ('"a b"', "a         b", []),
        ("한국", "대한국어", ["한국"]),
        ("война", "Война и мир", ["Война"]),
    ],
)
def test_what_is_seen(words: str, text: str, seen: list[str]) -> None:
    pattern = sight(words)
    assert pattern is not None
    assert pattern.findall(text) == seen


def plainly(words: str) -> re.Pattern[str] | None:
    """Return the pattern for one phrase as it was written before it was made safe: slow, and sees the same."""
    tokens = re.findall(r"(?:[^\W_]|[\u0300-\u036f])+", segment(match_query(words)[1:].rpartition('"')[0]) or "")
    if not tokens:
        return None
    cjk = [bool(re.match(r"[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", each)) for each in tokens]
    opening = "" if cjk[0] else r"(?<![^\W_])(?<![\u0300-\u036f])"
    closing = "" if cjk[-1] else r"(?![^\W_])(?![\u0300-\u036f])"
    return re.compile(opening + r"[\W_]{0,8}".join(map(re.escape, tokens)) + closing, re.IGNORECASE)


WORD = st.text("aAbéßø9金中網한あ", min_size=1, max_size=3)
MARKED = st.builds(str.__add__, st.text("aAbéß9", min_size=1, max_size=3), st.text(GRAVE + ACUTE, max_size=2))
PHRASES = st.lists(WORD | MARKED, min_size=1, max_size=4).map(" ".join)
TEXTS = st.lists(WORD | MARKED | st.text(" _-,·" + GRAVE + ACUTE, max_size=9), max_size=8).map("".join)


@given(PHRASES, TEXTS, TEXTS)
def test_ordinary_phrases_are_seen_where_they_always_were(phrase: str, before: str, after: str) -> None:
    quoted = f'"{phrase}"'
    pattern, before_it = sight(quoted), plainly(quoted)
    assert pattern is not None
    assert before_it is not None
    for text in (before + after, f"{before} {phrase} {after}", before + phrase.replace(" ", "-") + after):
        assert [each.span() for each in pattern.finditer(text)] == [each.span() for each in before_it.finditer(text)]
