"""What every test may ask for: the same random cases each time, and the real input where it is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.golden_files import GoldenFiles

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"

# The same cases on every machine and at every hour: a red suite is then the fault of the change, not of the day.
settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
# For a night on the sofa: pytest --hypothesis-profile=search
settings.register_profile("search", deadline=None, max_examples=5_000, suppress_health_check=list(HealthCheck))
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-goldens", action="store_true", help="write golden files in place of comparing with them")


@pytest.fixture(scope="session")
def goldens(pytestconfig: pytest.Config) -> GoldenFiles:
    """Return what compares with golden files, or writes them (`make goldens`)."""
    return GoldenFiles(write=pytestconfig.getoption("--write-goldens"))


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of real input, or skip: its content belongs to its publishers and is in no repository."""
    if not CORPUS.is_dir():
        pytest.skip("the real input (../shared/corpus) is not on this machine")
    return CORPUS
