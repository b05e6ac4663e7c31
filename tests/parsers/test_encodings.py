"""Bytes that do not say, or say wrongly, how they are encoded."""

from __future__ import annotations

import codecs

import pytest
import webencodings
from hypothesis import given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from feedsvc.parsers.encodings import codec_of, decode, undo_double
from tests.parsers.documents import draft, feed

TEXT = "今天我们讨论编码的问题。港口的渡轮在清晨离开，乘客们带着各自的行李走上甲板。"
FEED = '<?xml version="1.0" encoding="{}"?><rss version="2.0"><channel><item><title>{}</title></item></channel></rss>'


@pytest.mark.parametrize(
    "encoding", ["gb18030", "big5", "shift_jis", "euc-jp", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"]
)
def test_a_post_in_another_encoding_is_read_and_noted(encoding: str) -> None:
    text = "---\ntitle: 日記\n---\n" + "今日は港の渡し船に乗りました。天気がよくて、海がとても静かでした。\n" * 20
    if encoding in ("big5", "gb18030"):
        text = "---\ntitle: 日記\n---\n" + "今天我們在港口坐船，天氣很好，海面非常平靜，大家都很高興。\n" * 20

    found = draft(text.encode(encoding))

    assert (found.title, found.body) == ("日記", text.split("---\n")[2])
    assert bool(found.repairs) is (encoding != "utf-8-sig")


def test_a_few_bad_bytes_do_not_make_it_another_encoding() -> None:
    found = draft(f"---\ntitle: 渡轮\n---\n{TEXT}".encode() + b"\xff")

    assert found.body == f"{TEXT}\ufffd"
    assert found.repairs[0].before == "utf-8, 1 bad bytes replaced"


@pytest.mark.parametrize("label", ["gb2312", "gbk", "GB18030"])
def test_a_feed_in_gbk_is_read_by_any_of_its_labels(label: str) -> None:
    body = FEED.format(label, f"{TEXT}镕").encode("gb18030")

    assert feed(body).drafts[0].title == f"{TEXT}镕"


@pytest.mark.parametrize("label", ["iso-8859-1", "gb2312", "windows-1251", "us-ascii", "nonsense", "base64"])
def test_a_label_does_not_overrule_valid_utf8(label: str) -> None:
    assert feed(FEED.format(label, TEXT).encode()).drafts[0].title == TEXT


@pytest.mark.parametrize(
    ("label", "byte", "character"), [("windows-1251", 0xE6, "ж"), ("iso-8859-1", 0x93, "“"), ("ascii", 0xE9, "é")]
)
def test_a_single_byte_label_is_read_as_the_web_reads_it(label: str, byte: int, character: str) -> None:
    body = FEED.format(label, "a?b").encode().replace(b"?b", bytes((byte,)) + b"b")

    assert feed(body).drafts[0].title == f"a{character}b"


def test_the_server_is_believed_before_the_document() -> None:
    body = FEED.format("windows-1252", "a?b").encode().replace(b"?b", b"\xe6b")

    assert feed(body, media_type="text/xml; charset=windows-1251").drafts[0].title == "aжb"


def test_seven_bit_scripts_are_not_taken_for_ascii() -> None:
    assert feed(FEED.format("iso-2022-jp", "日記").encode("iso-2022-jp")).drafts[0].title == "日記"


def test_a_mark_overrules_every_label() -> None:
    body = codecs.BOM_UTF16_LE + FEED.format("gb2312", TEXT).encode("utf-16-le")

    assert feed(body, media_type="text/xml; charset=big5").drafts[0].title == TEXT


def test_text_encoded_twice_is_read_once_more() -> None:
    twice = "Kältewelle – 30 £".encode().decode("cp1252")

    assert undo_double(twice)[0] == "Kältewelle – 30 £"


@pytest.mark.parametrize("text", ["Kältewelle", "about Ã© in 中文", "é Ã©", "plain"])
def test_text_about_encodings_stays(text: str) -> None:
    assert undo_double(text) == (text, ())


@pytest.mark.parametrize("label", ["", " ", "utf-7", "rot13", "hex", "x" * 40, "idna", "\x00"])
def test_what_is_no_encoding_of_text_is_none(label: str) -> None:
    assert codec_of(label) == ""


def test_a_stray_nul_does_not_cost_the_document() -> None:
    found = draft(b"---\ntitle: a\0b\n---\nc\0d")

    assert (found.title, found.body) == ("ab", "cd")


def test_detection_never_fails() -> None:
    assert decode(bytes(range(128, 256)) * 9).text


@pytest.mark.parametrize(
    "text",
    [
        "« Une étude à paraître : le château fort, très complexe »",
        "Schöne Grüße aus der Straße",
        "¿Qué pasó mañana?",
        "São Paulo não é São João",
    ],
)
def test_a_language_of_the_west_that_nothing_names_is_windows_1252(text: str) -> None:
    assert decode(text.encode("cp1252")).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Сегодня в порту было тихо, паром ушёл утром, а вечером вернулся обратно. " * 5),
        ("gb18030", "今天我们在港口坐船，天气很好，海面非常平静，大家都很高兴。" * 5),
        ("cp1253", "Σήμερα το λιμάνι ήταν ήσυχο και το πλοίο έφυγε νωρίς το πρωί. " * 5),
    ],
)
def test_other_scripts_that_nothing_names_are_not(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)).text == text


@given(st.lists(st.sampled_from(["été", "à la", "château", "plain words", "leçon"]), min_size=1).map(" ".join))
def test_words_of_the_west_are_never_another_script(text: str) -> None:
    assert decode(text.encode("cp1252")).text == text


SAMPLES = {  # text that each encoding can write, and no other one writes with the same bytes
    "ibm866": "Паром уходит утром",
    "iso-8859-2": "Žlutý přívoz šel",
    "iso-8859-3": "Ĉiu ŝipo ĝojas",
    "iso-8859-4": "Ķuģis šķērso līci",
    "iso-8859-5": "Паром уходит",
    "iso-8859-6": "غادرت العبارة",
    "iso-8859-7": "Το πλοίο φεύγει",
    "iso-8859-8": "המעבורת יוצאת",
    "iso-8859-8-i": "המעבורת יוצאת",
    "iso-8859-10": "Ŋuđđa þorp",
    "iso-8859-13": "Laivas išplaukė ąžuolų",
    "iso-8859-14": "Ŵyth Ŷd ḃ",
    "iso-8859-15": "Œuf à 5 €",
    "iso-8859-16": "Vaporul și țărmul",
    "koi8-r": "Паром уходит",
    "koi8-u": "Їде пором ґ",
    "macintosh": "Fähre über Öse",
    "windows-874": "เรือออกจากท่า",
    "windows-1250": "Žlutý přívoz",
    "windows-1251": "Паром уходит",
    "windows-1252": "“Fähre” – 5 €",
    "windows-1253": "Το πλοίο",
    "windows-1254": "Şehir ığdır",
    "windows-1255": "המעבורת",
    "windows-1256": "غادرت العبارة",
    "windows-1257": "Kuģis šķērso",
    "windows-1258": "Đông",
    "x-mac-cyrillic": "Паром уходит",
    "gbk": "渡轮离开港口",
    "gb18030": "渡轮离开港口",
    "big5": "渡輪離開港口",
    "euc-jp": "渡し船が港を出る",
    "iso-2022-jp": "渡し船が港を出る",
    "shift_jis": "渡し船が港を出る",
    "euc-kr": "배가 항구를 떠난다",
    "utf-8": "渡轮离开港口",
}


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_of_the_web_is_known(label: str) -> None:
    """WHATWG Encoding Standard, §4.2."""
    name = LABELS[label]
    if name in SAMPLES:
        text = SAMPLES[name] * 5
        body = text.encode(webencodings.lookup(name).codec_info.name)
        for said in (label, label.upper(), f" {label}\t"):
            assert decode(body, labels=(said,)).text == text
    elif name in ("replacement", "x-user-defined"):
        assert decode(TEXT.encode(), labels=(label,)).text == TEXT
    else:
        assert name.startswith("utf-16")
        assert decode(TEXT.encode(name), labels=(label,)).text == TEXT


def test_what_the_web_does_not_read_and_python_does_stays_read() -> None:
    text = "渡轮离开港口，天气很好。" * 5
    assert decode(text.encode("hz"), labels=("hz-gb-2312",)).text == text
    assert codec_of("iso-2022-kr") == "iso2022_kr"
    assert codec_of("cp737") == "cp737"
    assert [codec_of(label) for label in ("utf-7", "nonsense", "base64", "", "x-user-defined", "iso-2022-cn")] == [
        ""
    ] * 6


def test_thai_labels_are_read_as_the_wider_one() -> None:
    body = FEED.format("tis-620", "ราคา ").encode("cp874")
    body = body.replace("ราคา ".encode("cp874"), "ราคา €".encode("cp874"))
    assert feed(body).drafts[0].title == "ราคา €"
