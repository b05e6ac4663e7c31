"""The words and marks of bylines: who wrote, edited, reported, took the pictures, and which paper it is from.

Pure: literal tables, and patterns built of them. To teach a role: one line of `ROLES`.
"""

# ruff: noqa: SIM905 (tables of words)

from __future__ import annotations

import re
from functools import lru_cache

# role -> the words that stand before a name
ROLES = {
    "reporter": "特约记者 实习记者 见习记者 首席记者 高级记者 资深记者 通讯员 记者 記者",
    "editor": "责任编辑 責任編輯 责编 責編 编辑 編輯 主编",
    "photographer": "摄影记者 摄影 攝影",
    "translator": "译者 譯者 翻译 翻譯 编译 編譯",
    "proofreader": "校对 校對",
    "author": "原文作者 原作者 文章作者 本文作者 作者 撰文 撰稿人 撰稿",
}
ROLE_OF = {word: role for role, words in ROLES.items() for word in words.split()}

_HAN_NAME = r"[\u4e00-\u9fff]{2,4}(?:·[\u4e00-\u9fff]{1,8}){0,2}"
_CAPITALISED = r"(?:[A-Z][\w'’-]{0,20}\.?)"
_LATIN_NAME = (
    rf"{_CAPITALISED}(?:\s(?:(?:de|van|von|der|den|la|le|da|dos|di|del|bin|al|el)\s){{0,2}}{_CAPITALISED}){{1,3}}"
)
_EDGE = r"[\s（(【\[|丨｜／/。；;]"
_WORD = "|".join(sorted(ROLE_OF, key=len, reverse=True))
ROLE = re.compile(_WORD)
# 每经记者 曾剑; （记者 张三 李四）; 责任编辑：王五: the name of a paper may stand before the role, the names follow
STAFF = re.compile(
    rf"(?:^|(?<={_EDGE}))[\u4e00-\u9fffA-Za-z]{{0,8}}?(?P<role>{_WORD})(?:\s?[:：/／丨|｜]\s?|\s{{1,3}})"
)
_MARKS_ROLE = {  # what opens a line that is a byline, by what has to follow it
    "mark": "原文作者 原作者 文章作者 本文作者 作者 撰文 撰稿人 撰稿 文 著者 執筆者 執筆 投稿者 글쓴이 글 Author Автор Autor Auteur",
    "nothing": "By Written+by Words+by Story+by",
}


def _alternatives(words: str) -> str:
    return "|".join(sorted((word.replace("+", r"\s") for word in words.split()), key=len, reverse=True))


# 作者：张三; 文/李四; Author: jane; By Jane Doe
_OPENED = rf"(?:{_alternatives(_MARKS_ROLE['mark'])})\s?[:：/／丨|｜]"
_BARE = rf"(?P<bare>(?:{_alternatives(_MARKS_ROLE['nothing'])})\s?:?)"
AUTHOR_LINE = re.compile(
    rf"[【\[（(]?\s?(?:{_OPENED}|{_BARE})\s?(?P<names>[^\n|丨｜。；;（()）\[\]【】<>:：•—–]{{2,60}}?)"
    r"\s?(?:$|[\n|丨｜。；;（()）\[\]【】•—–]|\s(?:来源|编辑|责编|摄影|发布|译者|发布时间)[:：])",
    re.IGNORECASE,
)
_END_OF_SOURCE = r"(?=$|[\n|丨｜。，,；;（(\[【）)\]】]|\s(?:作者|编辑|责编|记者|发布|时间|\d))"
SOURCE = re.compile(
    rf"(?:^|(?<={_EDGE}))(?:文章来源|信息来源|稿件来源|来源|來源|稿源|出处|出處|出典|출처|Source)\s?[:：丨|｜]\s?"
    rf"(?P<name>[^\n|丨｜。，,；;（(\[【<>）)\]】:：/]{{2,30}}?){_END_OF_SOURCE}",
    re.IGNORECASE,
)
SEPARATORS = re.compile(r"\s?[、，,/&＆]\s?|\s(?:and|und|et|y)\s|\s?和\s?")
CUT = re.compile(r"[|｜丨\n•]|\s[-–—]\s|\d{2}|\s{2,}")  # a name ends where the date or the next fact begins
LEAD = re.compile(
    r"^(?:作者|原作者|撰文|文|来源|來源|By|Author|Source|Written by|Posted by)\s?[:：/／]?\s?(?=\S)", re.IGNORECASE
)
LATIN_NAME = re.compile(_LATIN_NAME)
EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
HAN_NAME = re.compile(_HAN_NAME)
# family names that stand before nearly every Chinese reporter's given name; a word of running text mostly begins with none
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈"
    "任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏"
    "邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔汤向常温康施文牛樊葛邢安齐易乔伍庞"
    "颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳"
    "甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳"
    "时穆农司卓古吉缪简车项连芦麦褚娄窦戚"
    "岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑"
    "迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚"
    "鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容"
    "敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母"
    "張劉陳楊黃趙吳孫馬羅鄭謝許鄧馮韓蕭葉蔣蘇呂盧鍾姜譚陸賈韋鄒閻龍賀顧龔錢嚴賴湯溫樂"
)

# the whole of it is no name
NOT_NAMES = frozenset(
    "null undefined none admin administrator root editor author authors reporter staff guest anonymous unknown user test webmaster "
    "未知 佚名 本站 网络 互联网 原创 转载 整理 小编 匿名 编辑 记者 作者 来源 官方 综合 我们 他们 自己 本人 "
    "今天 昨天 连线 梳理 走访 近日 日前 目前 常驻 时间 文章 关于 全文 相关 任何 和平 国家 周一 周二 周三 周四 周五 周六 周日 "
    "read more home share".split()
)
_NOT_IN_NAMES = re.compile(
    r"https?:|www\.|@|\d{3}|[<>{}=\\#$%^*~!?！？。“”\"]|编辑|编译|记者|責編|责编|摄影|实习|译者|来源|发布|获悉|报道|采访|了解|注意到|表示|查询"
    r"|发现|\b(?:the|this|that|using|default|clicking|which|way|all|our|your|read|more)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"\b(?:team|staff|group|inc|ltd|llc|gmbh|desk|department|university|editorial|news|engineer|manager)\b",
    re.IGNORECASE,
)
_SHORTEST, _LONGEST = 2, 40  # characters of a name

_AUTHOR_CLASS = frozenset("author byline writer creator authorname".split())
_SOURCE_CLASS = frozenset("source copyfrom publisher laiyuan".split())
_BESIDE = frozenset(
    "u p g m h by post article articl arti entry news meta name info from vcard fn item content detail title text span card "
    "label line time date single".split()
)
NOT_NAME_TAGS = frozenset(
    "source picture video audio img pre code figure script style input form select textarea body html svg".split()
)
_CLASS_CHARACTERS = 200
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[-_:.]+")
_ROLE_WORD = re.compile(rf"{_WORD}|文\s?[/／]|\b(?:by|author)\b", re.IGNORECASE)


def marks_author(names: str) -> bool:
    """Whether one of the class names `names` marks the name of the author: "author", "p-author", "post-byline"."""
    return _marks(names[:_CLASS_CHARACTERS], _AUTHOR_CLASS)


def marks_source(names: str) -> bool:
    """Whether one of the class names `names` marks the paper that an article is from: "source", "copyfrom"."""
    return _marks(names[:_CLASS_CHARACTERS], _SOURCE_CLASS)


@lru_cache(maxsize=1024)  # a site has a few dozen of them, and uses them on every page
def _marks(names: str, wanted: frozenset[str]) -> bool:
    for name in names.split():
        words = frozenset(word.lower() for word in _CAMEL.split(name) if word)
        if words & wanted and words <= wanted | _BESIDE:
            return True
    return False


def names_role(text: str) -> bool:
    """Whether `text` names somebody's part in the article: such a line is not only a date line."""
    return bool(_ROLE_WORD.search(text[:_CLASS_CHARACTERS]))


def is_name(name: str) -> bool:
    """Whether `name` can be somebody's or some paper's name: no address, no stop-gap ("admin", "佚名"), no running text."""
    return _SHORTEST <= len(name) <= _LONGEST and name.lower() not in NOT_NAMES and not _NOT_IN_NAMES.search(name)


def is_chinese_name(name: str) -> bool:
    """Whether `name` is a Chinese name with a family name that people have, or a foreign one in Chinese ("让·雷诺")."""
    return bool(HAN_NAME.fullmatch(name)) and (name[0] in SURNAMES or "·" in name) and is_name(name)


def is_group(name: str) -> bool:
    """Whether `name` is a team's, or what somebody does: it stands after a name, as where they belong."""
    return bool(_GROUP.search(name))
