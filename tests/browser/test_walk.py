"""What a reader does, in a real browser: from the front page to a subscription, by mouse and by keyboard alone."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest

from tests.serve.sample import HOSTILE, REVISED, uuid_of

pytestmark = pytest.mark.browser

PAGES = {
    "front": "/",
    "category": "/category/金融",
    "article": f"/articles/{uuid_of(1)}",
    "difference": f"/articles/{uuid_of(REVISED)}?diff=1..2",
    "search": "/search?q=金融",
    "source": "/source/planet",
    "feeds": "/feeds/",
    "status": "/-/status",
}
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
HOSTILE_PAGES = {
    "article": f"/articles/{uuid_of(HOSTILE)}",
    "difference": f"/articles/{uuid_of(HOSTILE)}?diff=1..1",
    "search": "/search?q=script",
    "table": f"/archive/articles?id={HOSTILE}",
    "row": f"/archive/articles/{HOSTILE}",
}
FOCUS = "document.activeElement.outerHTML.slice(0, 200)"


def heading(page: Any) -> str:
    return str(page.inner_text("h1"))


def test_from_the_front_page_to_a_subscription(page: Any) -> None:
    page.goto("/")
    page.click("text=Space & Time")
    assert heading(page) == "Space & Time"
    page.click("text=A probe on the far side")
    assert heading(page) == "A probe on the far side"
    page.click("summary:has-text('revision')")
    page.click("a[href*='diff=1..2']")
    assert page.inner_text("ins") == "'s far side"
    page.fill("input[name=q]", "金融")
    page.press("input[name=q]", "Enter")
    assert page.locator(".articles li").count() == 2
    page.click("aside a:has-text('金融')")
    page.click("aside a:has-text('每经网')")
    page.wait_for_url("**category=*%2F*")
    assert page.locator(".articles li").count() == 2
    page.click("nav >> text=Data")
    page.click("a[href$='/archive/articles'] >> nth=0")
    page.wait_for_load_state()
    assert page.locator("table.rows-and-columns tbody tr").count() == 20
    page.goto("/")
    feed = page.request.get(page.get_attribute("#subscribe ~ p a:text('Atom')", "href"))
    assert feed.headers["content-type"].startswith("application/atom+xml")


def test_the_keyboard_alone_searches_and_narrows(page: Any) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert "#main" in page.evaluate(FOCUS)  # straight to the content
    tab_to(page, 'name="q"')
    page.keyboard.insert_text("金融")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    tab_to(page, "category=")
    page.keyboard.press("Enter")
    page.wait_for_url("**category=*")
    tab_to(page, "/articles/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/*")
    assert heading(page) in ("央行逆回购：金融市场周报", "碳中和基金发行提速")


@pytest.mark.parametrize("name", PAGES)
def test_every_link_is_reached_by_the_keyboard_and_seen_to_be(page: Any, name: str) -> None:
    page.goto(PAGES[name])
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, summary')].filter(e => e.checkVisibility()).length"
    )
    reached = 0
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body && !document.activeElement.dataset.seen"):
        page.evaluate("document.activeElement.dataset.seen = '1'")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", page.evaluate(FOCUS)
        reached += page.evaluate("document.activeElement.matches('a[href], button, input, summary')")
        page.keyboard.press("Tab")
    assert reached == wanted


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_shuts_anybody_out(page: Any, axe: str, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(PAGES[name])
    page.evaluate(axe)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    grave = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"]) for each in grave] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_screen_or_jumps_while_it_loads(page: Any, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(PAGES[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shift = page.evaluate(
        "new Promise(tell => { let sum = 0; new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.value))"
        ".observe({type: 'layout-shift', buffered: true}); requestAnimationFrame(() => requestAnimationFrame(() => tell(sum))) })"
    )
    assert shift < 0.01


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_nothing_of_an_article_runs(browser: Any, served: str, name: str) -> None:
    context = browser.new_context(base_url=served)
    page = context.new_page()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.goto(HOSTILE_PAGES[name], wait_until="load")
    assert page.title() != "owned"
    assert asked == []
    context.close()


def test_the_language_of_a_text_is_said_to_the_browser(page: Any) -> None:
    page.goto("/search?q=東京 OR 央行")
    assert set(page.evaluate("[...document.querySelectorAll('main [lang]')].map(e => e.lang)")) >= {"zh", "ja"}
    assert not re.search(r"%[0-9A-F]{2}", unquote(page.url))


def tab_to(page: Any, part: str) -> None:
    """Press Tab until what has the focus holds `part`."""
    for _ in range(120):
        if part in page.evaluate(FOCUS):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no Tab leads to {part}")
