"""The line of a body that shows the date of the article and says nothing else: it alone leaves the content.

Pure. A date is taken out only with the whole of its block, and only where that block shows the date, its label, its
publisher and counts of readers at most. A date in a sentence stays, and so does one in a list, a table, a heading, a
caption or a quotation: there it is a part of what the article says, and rows and items would shift.
To teach a word that says nothing but when: one line of `_WHEN`; to teach a label: one line of `_LABELS`.
"""

# ruff: noqa: SIM905 (tables of words)

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from feedsvc.rules.bylines import byline_words
from feedsvc.rules.dates import date_words, parse
from feedsvc.rules.dates.calendar_words import HALVES, MONTHS, ZONES
from feedsvc.rules.dates.evidence import DATELINE_CHARACTERS
from feedsvc.rules.dates.relative import read_relative
from feedsvc.rules.html.allowed import BLOCKS, DROPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.rules.dates.evidence import Clue

# what is said in these is said in its place: no row, item or heading goes or is left empty
_HELD = frozenset(
    "ul ol menu dir li dl dt dd table caption tr td th figure figcaption details summary legend h1 h2 h3 h4 h5 h6 "
    "blockquote q pre code del ins".split()
)
_EDGES = frozenset(("body", "html"))
_PICTURES = "img, image, picture, figure, video, audio, iframe, math"
_SHOWN = frozenset("img image picture figure video audio iframe math".split())
_INVISIBLE = " \t\n\r\f\xa0\u3000\u200b\u200c\u200d\u2060\ufeff\xad"

# words beside a date that only say when, casefolded; no month: "out" and "set" are months too
_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun "
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so "
    "lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado domingo "
    "lunedì martedì mercoledì giovedì venerdì sabato domenica segunda terça quarta quinta sexta feira "
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag poniedziałek wtorek środa czwartek piątek sobota niedziela "
    "понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс "
    "pazartesi salı çarşamba perşembe cuma cumartesi pazar الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد"
)
_AFTER_CLOCK = "h uhr г года le el den"
_BESIDE = frozenset(f"{_WEEKDAYS} {_AFTER_CLOCK}".split()) | frozenset(name.casefold() for name in (*ZONES, *HALVES))
_INSIDE = _BESIDE | frozenset("on at of the st nd rd th er um em à às de del o clock kl в".split())
_EASTERN_BESIDE = re.compile(
    "上午|下午|凌晨|早上|清晨|傍晚|晚上|午前|午後|오전|오후|(?:星期|礼拜|禮拜|周|週)[一二三四五六日天]"
    "|[月火水木金土日]曜日?|[월화수목금토일]요일"
)
_EASTERN_WHEN = re.compile(f"{_EASTERN_BESIDE.pattern}|[年月日号號时時点點分秒년월일시분초〇○零一二三四五六七八九十]")
_COUNTED = re.compile(
    r"(?:阅读|閱讀|浏览|瀏覽|点击|點擊|閲覧|조회)(?:量|数|數|次数|次數|수)?\s?[:：(（]?\s?[\d,.]{1,9}(?:\s?[万萬次])?[)）]?"
    r"|\b[\d,.]{1,9}\s(?:views?|reads|hits|vues|aufrufe|просмотров)\b|\b(?:views|reads|hits)\s?[:：]\s?[\d,.]{1,9}",
    re.IGNORECASE,
)
_LABELS = re.compile(
    r"(?:时间|時間|日期|日時|日付|날짜|일시|date|datum|fecha|data|дата|time|erscheinungsdatum|veröffentlicht"
    r"|gepubliceerd(?: op)?|publicerad(?: den)?|pubblicato(?: il)?|opublikowano|yayınlanma(?: tarihi)?"
    r"|التاريخ|تاريخ النشر|نُ?شر في)\s?[:：|]?",
    re.IGNORECASE,
)
_LABEL_EDGES = _INVISIBLE + "()（）[]【】|｜·•-–—/*"
_WORD = re.compile(r"[^\W\d_]+")
_CLOCK = re.compile(r"(?<![\d.:])\d{1,2}[:.：]\d\d(?:[:：]\d\d)?(?![\d:])")
_DIGIT = re.compile(r"\d")
# 28 Nisan 2026, ٢٨ أبريل ٢٠٢٦: what stands between a day and a year is a month, in any language
_ANY_MONTH = re.compile(r"\d{1,2}\.?\s[^\s\d,،.]{2,16}[.,،]?\s\d{4}")


def date_line(clue: Clue) -> Any | None:  # noqa: ANN401 (selectolax)
    """Return the block that shows the date of `clue` and says nothing else; None where there is no such block."""
    node = clue.node
    if node is None or node.tag in _EDGES or not _shows_a_date(node, clue) or _shows_pictures(node):
        return None
    line = _outermost(node)
    if not (_is_block(node, line) or _stands_apart(line)):
        line = _labelled_block(line, clue)
    return None if line is None or _is_held(line) or _is_all(line) else line


# ---------------------------------------------------------------- where it stands


def _outermost(node: Any) -> Any:  # noqa: ANN401 (selectolax)
    """Return the outermost element that shows what `node` shows and nothing besides."""
    while node.parent is not None and node.parent.tag not in _EDGES and not _company(node):
        node = node.parent
    return node


def _is_block(node: Any, outermost: Any) -> bool:  # noqa: ANN401 (selectolax)
    """Whether one of the elements from `node` up to `outermost` is a block."""
    while node.tag not in BLOCKS and node.mem_id != outermost.mem_id:
        node = node.parent
    return node.tag in BLOCKS


def _company(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    """Whether anything is to be seen beside `node` in its parent."""
    return any(map(_is_seen, _siblings(node, forward=True))) or any(map(_is_seen, _siblings(node, forward=False)))


def _stands_apart(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    """Whether `node`, which is running text, has only blocks beside it: then it is a block of its own."""
    if node.parent.tag not in BLOCKS and node.parent.tag not in _EDGES:
        return False
    return not any(_is_seen(each) for forward in (True, False) for each in _run(node, forward=forward))


def _run(node: Any, *, forward: bool) -> Iterator[Any]:  # noqa: ANN401 (selectolax)
    """Yield the siblings of `node` up to the next block: what one line of running text is made of."""
    for sibling in _siblings(node, forward=forward):
        if sibling.tag in BLOCKS:
            return
        yield sibling


def _siblings(node: Any, *, forward: bool) -> Iterator[Any]:  # noqa: ANN401 (selectolax)
    sibling = node.next if forward else node.prev
    while sibling is not None:
        yield sibling
        sibling = sibling.next if forward else sibling.prev


def _is_seen(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    if node.tag == "-text":
        return bool((node.text_content or "").strip(_INVISIBLE))
    if node.tag in DROPPED:
        return False
    return node.tag in _SHOWN or bool((node.text() or "").strip(_INVISIBLE)) or _shows_pictures(node)


def _shows_pictures(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    return node.css_first(_PICTURES) is not None


def _is_held(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    while node is not None and node.tag not in _EDGES:
        if node.tag in _HELD:
            return True
        node = node.parent
    return False


def _is_all(node: Any) -> bool:  # noqa: ANN401 (selectolax)
    """Whether the body shows nothing besides: an article that is nothing but a date keeps it."""
    outermost = _outermost(node)
    return outermost.parent is None or (outermost.parent.tag in _EDGES and not _company(outermost))


def _labelled_block(node: Any, clue: Clue) -> Any | None:  # noqa: ANN401 (selectolax)
    """Return the block around `node` where it adds the label of the date or, marked as a date line, the publisher."""
    block = node.parent
    while block.tag not in BLOCKS and block.tag not in _EDGES:
        block = block.parent
    if block.tag in _EDGES or _shows_pictures(block):
        return None
    before, _, after = _text(block).partition(clue.line)
    return block if _is_bare(before, after, _publisher(block)) else None


def _publisher(line: Any) -> str:  # noqa: ANN401 (selectolax)
    """Return the name of the paper that `line`, marked as one of date and source, shows: `bylines` keeps it."""
    if not date_words.is_publication(line.attributes.get("class") or ""):
        return ""
    for node in line.css("[class]"):
        if byline_words.marks_source(node.attributes.get("class") or ""):
            name = _text(node)
            return name if byline_words.is_name(byline_words.LEAD.sub("", name)) else ""
    return ""


# ---------------------------------------------------------------- what it says


def _shows_a_date(node: Any, clue: Clue) -> bool:  # noqa: ANN401 (selectolax)
    """Whether `node` shows the date of `clue`, with its label and publisher at most."""
    text = _text(node)
    if not text or text != clue.line:  # the second: one line of a longer block
        return False
    if clue.text and clue.text in text:
        before, _, after = text.partition(clue.text)
        return _is_bare(before, after, _publisher(node))
    reading = next(parse.find(text), None)  # an attribute states it, the element shows it in another form
    if reading:
        return _is_bare(text[: reading.start], text[reading.end :], _publisher(node))
    if len(text) > DATELINE_CHARACTERS or not _DIGIT.search(text):
        return _is_relative(text)
    return _is_when(text) or _is_relative(text) or (node.tag == "time" and _is_foreign_day(text))


def _is_bare(before: str, after: str, publisher: str) -> bool:
    """Whether what stands before and after a date says nothing of its own."""
    if len(before) + len(after) > DATELINE_CHARACTERS or byline_words.names_role(before + after):
        return False
    if publisher:
        before, after = before.replace(publisher, " "), after.replace(publisher, " ")
    after = _COUNTED.sub(" ", after)
    if any(_DIGIT.search(_CLOCK.sub("", beside)) for beside in (before, after)):  # another date, a number of something
        return False
    return _is_label(before) and all(map(_is_beside, _words(after)))


def _is_label(before: str) -> bool:
    """Whether `before`, what stands before a date, is its label and the day of the week at most."""
    lead = before.strip(_LABEL_EDGES)
    while not (date_words.is_only_label(lead) or _LABELS.fullmatch(lead)):
        words = list(_WORD.finditer(lead))
        if not words:
            return True
        if not _is_beside(words[-1].group()):
            return False
        lead = lead[: words[-1].start()].rstrip(_LABEL_EDGES)
    return True


def _is_beside(word: str) -> bool:
    return word.casefold() in _BESIDE or not _EASTERN_BESIDE.sub("", word)


def _is_when(text: str) -> bool:
    """Whether `text` is a day or a time of day that no reading knows, such as "April 28" and "8.13pm GMT"."""
    words = [word.casefold() for word in _words(text)]
    months = [word for word in words if word in MONTHS]
    return len(months) <= 1 and all(
        word in _INSIDE or word in MONTHS or not _EASTERN_WHEN.sub("", word) for word in words
    )


def _is_foreign_day(text: str) -> bool:
    """Whether `text` is a day whose month nobody here knows, after its weekday or without it."""
    first, _, rest = text.partition(" ")
    return bool(_ANY_MONTH.fullmatch(rest if _is_beside(first.rstrip(",.،")) else text))


def _words(text: str) -> list[str]:
    return [found.group() for found in _WORD.finditer(text)]


def _is_relative(text: str) -> bool:
    """Whether `text` counts from the present: "3小时前", "yesterday"."""
    return read_relative(text, datetime(2000, 1, 1, tzinfo=UTC), UTC) is not None


def _text(node: Any) -> str:  # noqa: ANN401 (selectolax)
    return " ".join((node.text() or "").split())
