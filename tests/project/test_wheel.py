from __future__ import annotations

import re
import zipfile
from email.parser import Parser
from typing import TYPE_CHECKING

import pytest
from hatchling.builders.wheel import WheelBuilder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    (path,) = WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile, root: Path) -> None:
    package = {
        path.relative_to(root).as_posix()
        for path in (root / "feedsvc").rglob("*")
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
    }
    assert package - set(wheel.namelist()) == set()


def requirements(wheel: zipfile.ZipFile) -> dict[str, set[str]]:
    """Return the distributions that each extra asks for; "" = no extra."""
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    asked = Parser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist", [])
    found: dict[str, set[str]] = {}
    for line in asked:
        requirement, _, marker = line.partition(";")
        extra = re.search(r"extra == ['\"](\w+)['\"]", marker)
        found.setdefault(extra[1] if extra else "", set()).add(re.split(r"[\s<>=~!]", requirement.strip())[0])
    return found


def test_what_few_need_is_an_extra_and_all_has_every_one(wheel: zipfile.ZipFile) -> None:
    asked = requirements(wheel)
    assert asked["fulltext"] == {"lxml-html-clean", "trafilatura"}
    assert asked["compress"] == {"brotli", "zstandard"}
    assert asked["s3"] == {"obstore"}
    assert asked["all"] == asked["fulltext"] | asked["compress"] | asked["s3"]
    assert asked[""].isdisjoint(asked["fulltext"] | asked["compress"] | asked["s3"] | {"rich", "pygments"})


def test_every_requirement_has_a_lower_bound_and_what_is_before_0_1_an_upper_one(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    asked = Parser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist", [])
    plain = [line for line in asked if not line.startswith("feedsvc[")]
    assert [line for line in plain if ">=" not in line] == []
    assert [line for line in plain if ">=0.0." in line and "<0." not in line] == []


def test_the_wheel_says_that_it_is_typed_and_what_it_plugs_into(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(entry_points).decode()
    assert "feedsvc/py.typed" in wheel.namelist()
    assert "[datasette]\nfeedsvc = feedsvc.serve" in text
    assert "[console_scripts]\nfeedsvc = feedsvc.__main__:main" in text
