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
