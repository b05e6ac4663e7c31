"""Sixty-four questions to the archive that `filling` makes, and the truth about each: by looking at every article.

A question of Chinese, Japanese or Korean is answered by every article that holds it as a substring; one of Latin letters by
every article that holds it as words, without regard to case and accents.
"""

from __future__ import annotations

import random
import re
import unicodedata
from typing import NamedTuple

import filling

_LATIN = (
    *("café", "cafe", "CAFÉ", "naive gulls", "uber alles", "open source", "rings", "25 cm", "RSS", "Atom", "sqlite"),
    *("telescope", "revision", "library", "5G", "25"),
)
_FIXED = ("5G网络", "Atom 订阅", "SQLite 归档", "碳中和目标", "人工智能芯片", "碳中和", "芯片", "图", "気", "半導体", "東京の天気",
          "最高気温は25度", "図書館", "서울", "날씨는", "반도체 수출", "수", "도서관 계단")  # fmt: skip
_LENGTHS = (1, 1, 2, 2, 2, 3, 3, 4, 4, 5)  # of the questions that are cut out of articles


_CJK = "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_LETTER = r"[\w\u0300-\u036f]"
_LETTERS = re.compile("[\u00c0-\u10ff\u1e00-\u1fff]")  # of scripts that part words by blanks


class Question(NamedTuple):
    """What is typed, and what is meant by it."""

    words: str
    latin: bool


def questions(count: int) -> list[Question]:
    """Return the questions to an archive of `count` articles: fixed ones, and pieces of its own Chinese text."""
    chance = random.Random(count)
    pieces = []
    while len(pieces) < 3 * len(_LENGTHS):
        text = filling.article(chance.randrange(1, count + 1))[2].partition("，")[0]
        length = _LENGTHS[len(pieces) % len(_LENGTHS)]
        start = chance.randrange(max(1, len(text) - length))
        if re.fullmatch(rf"[\u4e00-\u9fff]{{{length}}}", text[start : start + length]):
            pieces.append(text[start : start + length])
    return [Question(words, latin=True) for words in _LATIN] + [
        Question(words, latin=False) for words in (*_FIXED, *pieces)
    ]


def questions_about(texts: dict[int, str], count: int = 64) -> list[Question]:
    """Return questions to an archive of any kind: pieces of its own Chinese, Japanese and Korean text, and words of Latin letters.

    `texts` are those of its articles by number; what has no such text gives no such questions.
    """
    chance = random.Random(len(texts))
    numbers = sorted(texts)
    found: dict[str, Question] = {}
    for tried in range(50 * count):
        length = _LENGTHS[tried % len(_LENGTHS)]
        text = texts[chance.choice(numbers)]
        latin = len(found) % 3 == 0 or tried > 25 * count
        shape = rf"(?<!{_LETTER})[A-Za-z]{{{length + 1},}}(?!{_LETTER})" if latin else rf"(?={_CJK}{{{length}}})"
        places = [place.span() for place in re.finditer(shape, text)]
        if places and len(found) < count:
            start, end = chance.choice(places)
            words = text[start : end if latin else start + length]
            if words not in ("AND", "OR", "NOT"):
                found[words] = Question(words, latin=latin)
    return list(found.values())


def piece(text: str, chance: random.Random) -> str:
    """Return up to a dozen characters out of the middle of `text` that an index can hold; "" when it met others."""
    start = chance.randrange(len(text))
    found = text[start : start + chance.randrange(1, 12)]
    whole = not any(
        (c.isascii() and c.isalnum()) or _LETTERS.match(c) for c in (found[0], found[-1])
    )  # half a word is none
    return found if whole and "\n" not in found and '"' not in found and any(map(str.isalnum, found)) else ""


def truth(question: Question, texts: dict[int, str]) -> set[int]:
    """Return the numbers of the articles in `texts` (number -> title, author and text) that answer `question`."""
    if not question.latin:
        if " " in question.words:  # what is parted by a space is looked for by itself
            return {n for n, text in texts.items() if all(word in text for word in question.words.split())}
        return {n for n, text in texts.items() if question.words in text}
    patterns = [re.compile(rf"(?<![a-z0-9]){re.escape(folded(word))}(?![a-z0-9])") for word in question.words.split()]
    return {n for n, text in texts.items() if all(pattern.search(text) for pattern in patterns)}


def folded(text: str) -> str:
    """Return `text` without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
