# feedsvc: everything here needs Python 3.11 or newer and nothing else. `make help` lists the targets.

VENV   ?= .venv
CONFIG ?= config.toml
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
PYTEST_ARGS ?= -n auto
BIN = $(VENV)/bin
# A stamp is as new as what it was installed from, so nothing is installed twice.
INPUTS = pyproject.toml constraints.txt
PIP    = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# The next Datasette lives in an environment of its own, inside the other so that `clean` finds it.
NEXT_VENV ?= $(VENV)/next
NEXT_BIN   = $(NEXT_VENV)/bin
NEXT_TESTS = tests/serve tests/test_schedule.py tests/test_search_text.py
# The tests that compare with golden files.
GOLDENS = tests/formats/test_goldens.py tests/parsers/test_goldens.py tests/config/test_mistakes.py \
	tests/rules/test_goldens.py tests/rules/test_dates.py tests/rules/test_bylines.py \
	tests/test_versions.py tests/project/test_sample.py

.DEFAULT_GOAL := help
.PHONY: help all run check test test-next goldens lint format bench crash wheel clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

all: test lint  ## test and lint

run: $(VENV)/.installed  ## archive content/ and serve it at http://127.0.0.1:8001 until Ctrl-C
	@$(BIN)/feedsvc --config $(CONFIG) ingest; status=$$?; test $$status -le 1 || exit $$status
	@$(BIN)/feedsvc --config $(CONFIG) run

check: $(VENV)/.installed  ## name every mistake of config.toml
	$(BIN)/feedsvc --config $(CONFIG) check

test: $(VENV)/.installed-dev  ## the whole suite (PYTEST_ARGS="-n0 -k seed" for a part)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-next: $(NEXT_VENV)/.installed  ## what touches Datasette, under its next version
	$(NEXT_BIN)/python -m pytest $(PYTEST_ARGS) $(NEXT_TESTS)

goldens: $(VENV)/.installed-dev  ## write what tests expect of feeds, articles and drafts; read the diff
	$(BIN)/python -m pytest -n0 --write-goldens $(GOLDENS)
	@git status --short -- tests 2>/dev/null || true

lint: $(VENV)/.installed-dev  ## ruff, mypy, import-linter, deptry, codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell

format: $(VENV)/.installed-dev  ## let ruff lay out the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/.installed  ## ingest 1,000 and 10,000 posts, beside the floors
	$(BIN)/python benchmarks/ingest.py

crash: $(VENV)/.installed  ## kill an ingest 50 times; nothing may be lost
	$(BIN)/python benchmarks/crash.py

wheel: $(VENV)/.installed-dev  ## build dist/*.whl
	$(BIN)/python -m hatchling build -t wheel

clean:  ## remove what make made; the archive stays
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "feedsvc needs Python 3.11 or newer: none found (set PYTHON=/path/to/python3)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment: on Debian, apt-get install python3-venv" >&2; exit 2; }

$(VENV)/.installed: $(BIN)/python $(INPUTS)
	$(PIP) -e '.[all]'
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python $(INPUTS)
	$(PIP) -e '.[all,test,lint]'
	@touch $@ $(VENV)/.installed

$(NEXT_VENV)/.installed: $(BIN)/python pyproject.toml constraints-next.txt
	@$(BIN)/python -m venv $(NEXT_VENV)
	$(NEXT_BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-next.txt 'datasette>=1.0a0,<2' -e '.[all,test]'
	@touch $@
