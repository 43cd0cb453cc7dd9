# Two commands matter: `make demo` and `make test`. Both do all the set-up by themselves.
#   make demo PYTHON=python3.12 VENV=/tmp/venv     another Python, another place for the environment

PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 2
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick lint types contracts docs bench clean

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(READY)  ## the development environment, pinned by constraints.txt

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("provision needs Python 3.11 or newer; try: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)   ## the whole tour on an embedded PostgreSQL
	$(BIN)/provision demo

test: $(READY) lint types contracts  ## everything: lint, types, import contracts, all tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

quick: $(READY)  ## the loop while working: fast tests only, under a minute
	PROVISION_TEST_PROFILE=quick $(BIN)/python -m pytest -n $(JOBS) -m "not slow and not realworld" -q

lint: $(READY)   ## ruff, formatting included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

contracts: $(READY)  ## who may import whom
	$(BIN)/lint-imports

docs: $(READY)   ## regenerate docs/reference and docs/errors.md from the code
	$(BIN)/python docs/generate.py

bench: $(READY)  ## benchmarks, as ratios in one run
	$(BIN)/python bench/run.py

clean:           ## remove the environment and the demo's databases
	-test -x $(BIN)/provision && $(BIN)/provision demo --remove
	rm -rf $(VENV) .provision .pytest_cache .mypy_cache .ruff_cache .hypothesis
