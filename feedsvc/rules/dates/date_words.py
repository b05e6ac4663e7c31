"""The words and marks by which a publication date is told from any other date.

Pure: literal tables, and the questions that are asked of them. To teach a word: one line of a table, and one golden case.
"""

# ruff: noqa: SIM905 (tables of words)

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# <meta name|property> and itemprop, lower case
META = frozenset(
    "datepublished article:published_time og:published_time og:article:published_time bytedance:published_time article:published "
    "pubdate publishdate publish_date publish-date publication_date parsely-pub-date sailthru.date dc.date.issued dcterms.issued "
    "dc.date.created citation_publication_date citation_online_date weibo:article:create_at".split()
)

# words of class names and ids ("pubTime", "entry-date", "u-time"): one of _DATE and nothing that is not in _BESIDE
_DATE = frozenset(
    "date time datetime pubtime pubdate publishtime publishdate ptime timestamp published posted dateline postdate posttime "
    "createtime addtime".split()
)
_BESIDE = frozenset(
    "u g m p dt c pub publish publication post entry article articl arti info news meta create created add at on content detail main "
    "text txt source title head header byline line item blog page left right gray grey small".split()
)
_DATE_AND_BESIDE = _DATE | _BESIDE
_FOREIGN = frozenset(
    "comment comments reply replies respond event events updated modified revised deadline expires expiry release birth death born "
    "related recommend recommended sidebar widget copyright countdown schedule timeline calendar tweet twitter embed quote history "
    "changelog start end".split()
)
FOREIGN_TAGS = frozenset(
    "blockquote q pre code samp figure figcaption aside nav del script style textarea select".split()
)
NOT_DATE_TAGS = frozenset(
    "script style pre code input textarea img video audio svg body html form select iframe meta link br hr time source".split()
)
_CLASS_CHARACTERS = 200
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[-_:.]+|\d+")

_LABEL = re.compile(
    r"(?:(?:发布|發[布佈]|发表|發表|发稿|刊发|刊登|投稿)(?:时间|時間|日期|于|於|日時|日)?|发文(?:时间|日期)|发布者.{0,12}发布于"
    r"|公開日時?|掲載日時?|配信日時?|投稿日時?|작성일시?|등록일시?|게시일시?|기사입력|입력"
    r"|\b(?:published|posted)(?:\sby\s[^.:：]{1,30})?(?:\s(?:on|at))?|\b(?:publication|publish|post) date|\bdate (?:published|posted)"
    r"|\bpublié(?:e)?\s(?:le|en)|\bveröffentlicht(?:\sam)?|\berstellt\sam|\bpublicad[oa](?:\s(?:el|em))?"
    r"|опубликовано|дата публикации)\s?[:：|]?\s?$",
    re.IGNORECASE,
)
_LABEL_CHARACTERS = 60
_GAPS = " |｜·•/,，:：)）]】-–—\t"
_WORD_BEFORE = re.compile(r"[a-zà-ÿа-я]\s$")  # running text, in a script that parts its words

_OTHER_WORDS = (
    r"release[ds]?|releases|launch(?:es|ed)?|deadline|expires?|expir(?:y|ation)|until|till|through|since|from|event|starts?|starting|"
    r"begins?|ends?|ending|born|birth|died|death|due|effective|updated?|modified|revised|edited|accessed|retrieved|visited|last update|"
    r"copyright|©|\(c\)|version|v\d[\w.]{0,10}|created?|registered|founded|established|as of|premiere[sd]?|airs?|aired|recorded|"
    r"stand|aktualisiert|geändert|bis|seit|ab|mis à jour(?: le)?|jusqu['’]au|depuis|actualizado|hasta|desde|atualizado(?: em)?|até|"
    r"обновлено|до|с|"
    r"发售|發售|上映|首播|开演|開演|开场|開場|终演|終演|活动|截止|截至|截至日期|开始|開始|结束|結束|有效期|出生|生于|逝世|发行|發行|成立|"
    r"举办|舉辦|召开|开幕|报名|考试|更新|更新于|更新至|修改|修订|编辑于|访问|检索|延长至|延長至|期限|有效|至|到|自|从|于|在|"
    r"開催|会期|放送|発売|配信開始|公開予定|締切|期間|予定|誕生|生年月日|更新日時?|最終更新|"
    r"출시|개봉|마감|수정|최종수정|출생|업데이트"
)
_OTHER = re.compile(
    rf"(?:(?<![^\W_])(?:{_OTHER_WORDS})|(?:发售|發售|上映|开演|開演|開場|终演|終演|截止|截至|更新|修改|有效期|発売|放送|開催))"
    r"\W{0,3}(?:date|time|on|at|in|am|le|时间|時間|日期|日時|日)?\s?[:：]?\s?[(（]?$",
    re.IGNORECASE,
)
_OTHER_AFTER = re.compile(
    r"\W{0,3}(?:发售|發售|上映|首播|开演|開演|开场|開場|截止|开始|開始|结束|結束|开幕|召开|举办|出生|更新|修改|前|止|至|到|起|之前|まで|より|から|"
    r"発売|公開予定|開催|放送|生まれ|締切|개봉|출시|까지|부터|(?:[-–—~～]|to\b|until\b|through\b)\s?(?:\d|[a-z]{3,9}\s\d))",
    re.IGNORECASE,
)
_OTHER_CHARACTERS = 30
_BARE_LABEL = re.compile(r"(?:时间|時間|日期|日時|日|일시|date|time|when|wann|quand)\s?[:：]\s?$", re.IGNORECASE)
_VENUE = re.compile(
    r"(?:地点|地點|会場|會場|場所|開催場所|会议地点|장소|venue|where|location|place|ort|lieu|lugar|local)\s?[:：\s]",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[。！？!?；;…]|[.,，、]\s?\S")
_SENTENCE_END = re.compile(r"[。！？!?；]|[^\W\d]{3}\.(?:\s|$)")
_WIRE = re.compile(
    r"\W{0,3}(?:PR ?Newswire|GLOBE ?NEWSWIRE|BUSINESS WIRE|ACCESSWIRE|EINPresswire|Newsfile|Xinhua|Reuters|AFP|AP\)|美通社"
    r"|新华社|新華社|中新社|[电電讯訊][\s,，:：)）(（]|[电電讯訊]$)",
    re.IGNORECASE,
)


def is_publication(names: str) -> bool:
    """Whether one of the class names (and ids) `names` marks the date of an article: "u-time", "pubTime", "entry-date"."""
    return _marks(names[:_CLASS_CHARACTERS]).publication


def is_foreign(names: str) -> bool:
    """Whether the class names `names` mark what is not the article or not its publication ("comments", "event-start")."""
    return _marks(names[:_CLASS_CHARACTERS]).foreign


class _Marks(NamedTuple):
    publication: bool
    foreign: bool


@lru_cache(maxsize=1024)  # a site has a few dozen of them, and uses them on every page
def _marks(names: str) -> _Marks:
    words = [_words(name) for name in names.split()]
    publication = any(each & _DATE and each <= _DATE_AND_BESIDE for each in words)
    return _Marks(publication, not publication and any(each & _FOREIGN for each in words))


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _CAMEL.split(name) if word)


def is_label(before: str) -> bool:
    """Whether `before` ends with words that announce a publication date ("发布时间：", "Posted on").

    They open the line, or follow a gap: "该研究发表于" and "This was published on" tell of another publication.
    """
    found = _LABEL.search(before[-_LABEL_CHARACTERS:])
    if not found:
        return False
    lead = before[: len(before) - len(found.group())]
    return not lead or (
        lead[-1] in _GAPS and not names_other(lead) and not _WORD_BEFORE.search(lead[-_LABEL_CHARACTERS:])
    )


def is_only_label(text: str) -> bool:
    """Whether all of `text` is a label that announces a publication date, or "Date:" alone."""
    return bool(_LABEL.fullmatch(text) or _BARE_LABEL.fullmatch(text))


def names_other(before: str) -> bool:
    """Whether `before`, the text before a date, ends with words that say what else it is the date of ("截止", "updated")."""
    return bool(_OTHER.search(before[-_OTHER_CHARACTERS:]))


def names_other_after(after: str) -> bool:
    """Whether `after`, the text after a date, goes on as if it were another's ("发售", "まで"), or as a range."""
    return bool(_OTHER_AFTER.match(after[:_OTHER_CHARACTERS]))


def is_bare_label(before: str) -> bool:
    """Whether `before` ends with "时间：" or "Date:" alone: of an event as often as of an article."""
    return bool(_BARE_LABEL.search(before[-_OTHER_CHARACTERS:]))


def is_venue(line: str) -> bool:
    """Whether `line` says where something takes place: then the dates beside it are an event's."""
    return bool(_VENUE.match(line))


def is_sentence(rest: str) -> bool:
    """Whether `rest`, what stands beside a date, reads as running text."""
    return bool(_SENTENCE.search(rest))


def ends_sentence(after: str) -> bool:
    """Whether `after`, the text after a labelled date, goes on to the end of a sentence: then the label was part of one."""
    return bool(_SENTENCE_END.search(after))


def is_wire(after: str) -> bool:
    """Whether `after`, the text after a date, opens as a wire service's story: "/PRNewswire/", "(Reuters)", "电"."""
    return bool(_WIRE.match(after[:_OTHER_CHARACTERS]))
