"""Write N posts in the shape of those that machines re-lay from feeds: about 6 KB each, in 300 leaf categories.

Deterministic: post n is the same on every machine, whatever N is. The words are our own; the dirt is that of real posts (an
empty first line, a random placeholder picture, `Invalid Date`, comments, indented HTML, a repeated title, a byline).
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TOPICS, SITES, FEEDS = 6, 10, 5  # 6 x 10 x 5 = 300 leaf categories
BODY_BYTES = 5_400  # UTF-8; with the frame around it a post comes to about 6 KB
TOPIC_NAMES = ("观测", "厨房", "街巷", "图书", "园艺", "河流")
BLANKS = "   "  # at the ends of lines, as in the real posts

_SUBJECTS = [
    "老城墙",
    "河边的芦苇",
    "图书馆的台阶",
    "秋天的柿子",
    "望远镜的镜片",
    "一封旧信",
    "山里的小站",
    "早市的豆花",
    "屋顶的鸽子",
    "一张手绘地图",
]
_VERBS = ["记录了", "提醒着", "连接起", "慢慢改变", "重新打开", "安静地保存", "照亮了", "串起"]
_OBJECTS = [
    "四季的颜色",
    "人们的脚步",
    "雨后的气味",
    "一整个下午",
    "邻居的问候",
    "远处的灯火",
    "被忘记的名字",
    "下一次出发",
]
_LATIN = ["Atom", "RSS", "SQLite", "UTF-8", "Datasette", "OPML", "ETag", "WebSub"]
_REPORTERS = ["林一禾", "周问渠", "苏念白", "何知夏", "陈望舒", "许听澜"]
_START = datetime(2015, 1, 1, tzinfo=UTC)


def category(number: int) -> tuple[str, str, str]:
    """Return the category path of post `number`."""
    leaf = number % (TOPICS * SITES * FEEDS)
    topic, rest = divmod(leaf, SITES * FEEDS)
    site, feed = divmod(rest, FEEDS)
    return TOPIC_NAMES[topic], f"{TOPIC_NAMES[topic]}站{site}", f"栏目{feed}"


def _sentence(chance: random.Random) -> str:
    words = f"{chance.choice(_SUBJECTS)}{chance.choice(_VERBS)}{chance.choice(_OBJECTS)}"
    return f"{words}，{chance.choice(_LATIN)} {chance.randrange(1, 900)} 次。"


def _paragraphs(chance: random.Random) -> str:
    parts, length = [], 0
    while length < BODY_BYTES:
        text = "".join(_sentence(chance) for _ in range(chance.randrange(2, 6)))
        heading = f"<h2>{chance.choice(_SUBJECTS)}</h2>\n" if chance.random() < 0.15 else ""
        link = (
            f'<a href="https://example.org/n/{chance.randrange(9_999)}?utm_source=feed">原页</a>'
            if chance.random() < 0.2
            else ""
        )
        image = '<img data-src="https://img.example.org/p.jpg" src="/blank.gif">' if chance.random() < 0.05 else ""
        parts.append(f"{heading}<p>{text}{link}{image}</p>")
        length += len(parts[-1].encode())
    return "\n".join(parts)


def _date(number: int, moment: datetime) -> str:
    if number % 7 == 0:
        return "Invalid Date"
    if number % 2:
        return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def post(number: int) -> str:
    """Return the text of post `number`."""
    chance = random.Random(number)
    topic, site, feed = category(number)
    title = f"{chance.choice(_SUBJECTS)}{chance.choice(_VERBS)}{chance.choice(_OBJECTS)} {number}"
    moment = _START + timedelta(minutes=37 * number)
    picture = f"https://picsum.photos/400/300?random={chance.randrange(9_999)}"
    return f"""
---
title: '{title}'
categories:{BLANKS}
 - {topic}
 - {site}
 - {feed}
headimg: '{picture}'
author: {site}
comments: false
date: {_date(number, moment)}
thumbnail: '{picture}'
---

<div>{BLANKS}
<div class="top">
        <h1>
          <!-- <a href="#">{chance.choice(_SUBJECTS)}</a> -->
          {title}
        </h1>
          <span class="source">{site}</span>
          <span class="time">
            {moment:%Y-%m-%d %H:%M:%S}
          </span>

        <p style="color:#6d6d6d">
            本站记者 {chance.choice(_REPORTERS)}    本站编辑 {chance.choice(_REPORTERS)}
        </p>
</div>
{_paragraphs(chance)}
{BLANKS}
</div>
            """


def write(folder: Path, count: int) -> list[Path]:
    """Write posts 0 to `count` - 1 below `folder`; return their paths in order."""
    paths = []
    for number in range(count):
        path = folder.joinpath(*category(number), f"{number:06}.md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(post(number), encoding="utf-8")
        paths.append(path)
    return paths
