"""The language of an article: stated, or told by script and function words; "" rather than a guess."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Source
from feedsvc.rules import language
from feedsvc.rules.case import Case, Findings
from tests.rules.drafts import draft_of

TEXTS = {
    "zh": "河畔新桥今日通车，连接两岸的道路全长三公里，市民说这个消息来得正是时候。",
    "zh-Hant": "河畔新橋今日通車，連接兩岸的道路全長三公里，市民說這個消息來得正是時候，還會有電車經過。",
    "ja": "新しい橋が今日開通しました。両岸を結ぶ道路は全長三キロです。",
    "ko": "새 다리가 오늘 개통되었습니다. 양쪽 강변을 잇는 도로는 길이가 3킬로미터입니다.",
    "en": "The new bridge was opened today, and it is the longest that has been built over this river.",
    "de": "Die neue Brücke ist heute eröffnet worden und sie ist die längste, die über den Fluss führt.",
    "fr": "Le nouveau pont est ouvert depuis ce matin et il est le plus long que la ville a construit sur le fleuve.",
    "es": "El nuevo puente se abrió hoy y es el más largo que la ciudad ha construido sobre el río, pero no el último.",
    "pt": "A nova ponte foi aberta hoje e não é a mais longa que a cidade construiu sobre o rio, mas é uma das mais belas.",
    "it": "Il nuovo ponte è stato aperto oggi ed è il più lungo che la città ha costruito, come dice anche il sindaco della città.",
    "nl": "De nieuwe brug is vandaag geopend en het is de langste die de stad over de rivier heeft gebouwd, maar niet voor auto's.",
    "sv": "Den nya bron öppnades i dag och det är den längsta som staden har byggt över älven, men inte för bilar.",
    "pl": "Nowy most został dziś otwarty i jest to najdłuższy most, który miasto zbudowało, ale nie dla samochodów.",
    "tr": "Yeni köprü bugün açıldı ve bu köprü şehir için çok önemli bir yol olarak kabul ediliyor, daha uzun bir yol ise yok.",
    "vi": "Cây cầu mới được mở hôm nay và là cây cầu dài nhất của thành phố, không có xe ô tô.",
    "ru": "Новый мост был открыт сегодня, и это самый длинный мост города, который вы видели.",
    "bg": "Новият мост беше открит днес и това е най-дългият мост на града, който съм виждал.",
    "uk": "Новий міст відкрили сьогодні, і це найдовший міст, який збудувало місто.",
    "el": "Η νέα γέφυρα άνοιξε σήμερα και είναι η μεγαλύτερη της πόλης.",
    "ar": "افتتح الجسر الجديد اليوم وهو أطول جسر في المدينة",
    "fa": "پل جدید امروز گشایش یافت و بزرگ‌ترین پل شهر است که چهار گذرگاه دارد",
    "ur": "نیا پل آج کھول دیا گیا ہے اور یہ شہر کا سب سے بڑا پل ہے",
    "he": "הגשר החדש נפתח היום והוא הגשר הארוך ביותר בעיר",
    "th": "สะพานใหม่เปิดวันนี้และเป็นสะพานที่ยาวที่สุดของเมือง",
    "hi": "नया पुल आज खुला और यह शहर का सबसे लंबा पुल है",
}


def found(text: str, title: str = "", stated: str = "", source: str = "") -> Findings:
    case = Case(
        draft=draft_of("", language=stated),
        source=Source(name="posts", kind="directory", location="/posts", language=source),
    )
    return language.detect_language(case, Findings(title=title, text=text))


@pytest.mark.parametrize("tag", TEXTS)
def test_a_language_is_told_by_a_sentence(tag: str) -> None:
    assert found(TEXTS[tag]).language == tag


def test_the_title_counts_where_there_is_no_text() -> None:
    assert found("", title=TEXTS["en"]).language == "en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "403",
        "Star Wars Eclipse",
        "Ok",
        "!!!",
        "U.S.A. v. U.S.S.R.",
        "Да",
        "og det er for til den et har vi kan om",
        "https://example.org/the/and/of/is",
    ],
)
def test_too_little_has_no_language(text: str) -> None:
    assert found(text).language == ""


def test_foreign_names_and_code_do_not_outweigh_chinese() -> None:
    assert found("使用 pip install requests 安装第三方库，然后 import requests 即可。").language == "zh"


def test_a_quoted_traditional_name_is_not_traditional_chinese() -> None:
    assert (
        found("这个国家的经济发展很快，《東周列國》这本书说的是过去的时代，对于我们来说还没有过时。").language == "zh"
    )


def test_a_head_without_words_is_looked_past() -> None:
    assert found("0101 " * 100 + TEXTS["de"]).language == "de"


@pytest.mark.parametrize(
    ("stated", "tag"),
    [
        ("zh_CN", "zh-CN"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("en", "en"),
        (" EN-us ", "en-US"),
        ("pt-br", "pt-BR"),
        ("und", ""),
        ("english", ""),
        ("", ""),
        ("e", ""),
        ("zh; CN", ""),
        ("de-1996", "de-1996"),
    ],
)
def test_a_tag_is_written_as_is_usual(stated: str, tag: str) -> None:
    assert language.language_tag(stated) == tag


def test_what_is_stated_wins_over_the_source_and_the_source_over_words() -> None:
    assert found(TEXTS["de"], stated="fr", source="es").language == "fr"
    assert found(TEXTS["de"], source="es").language == "es"
    assert found(TEXTS["de"], stated="nonsense").language == "de"


def test_a_default_that_the_script_contradicts_is_mended_and_noted() -> None:
    mended = found(TEXTS["zh"], stated="en-US")
    assert mended.language == "zh"
    assert [(repair.rule, repair.before, repair.after) for repair in mended.repairs] == [
        ("language.script", "en-US", "zh")
    ]


@pytest.mark.parametrize("stated", ["zh-TW", "yue", "ja", "zh-CN"])
def test_a_language_written_in_han_is_not_contradicted_by_han(stated: str) -> None:
    assert found(TEXTS["zh"], stated=stated).language == stated


@given(st.text(max_size=500), st.text(max_size=20))
def test_no_text_makes_it_fail(text: str, stated: str) -> None:
    tag = found(text, stated=stated).language
    assert tag == language.language_tag(tag)


@pytest.mark.parametrize("piece", ["the ", "的", "a", "https://", "x@", "é", "\u0600", "."])
def test_a_megabyte_costs_what_its_head_costs(piece: str) -> None:
    start = process_time()
    found(piece * (1_000_000 // len(piece)))
    assert process_time() - start < 20
