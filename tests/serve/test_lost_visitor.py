"""An address at which nothing is leads on, whoever would have answered it."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("path", ["/nowhere", "/nowhere/at/all", "/archive/no_such_table"])
async def test_an_unknown_address_is_a_404_that_leads_on(path: str, site: Any) -> None:
    page = await site.get(path)
    assert page.status_code == 404
    assert "Nothing is at this address" in page.text
    assert "Database not found" not in page.text
    for where in ("/", "/search", "/feeds/", "/archive"):
        assert f'href="{where}"' in page.text


async def test_a_program_is_told_in_json(site: Any) -> None:
    answer = await site.get("/archive/no_such_table.json")
    assert answer.status_code == 404
    assert answer.json()["ok"] is False
