# Python 3.11 or newer: the first of these that runs and can make environments.
CANDIDATES := python3.14 python3.13 python3.12 python3.11 python3 python
PYTHON ?= $(shell for each in $(CANDIDATES); do \
	$$each -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo $$each && break; done)
# how many processes run tests
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test test-services test-engines lint types check mutants golden tables bench conformance wheel clean

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(READY)  ## the environment in .venv, with flowc and the tools of the tests

# Some systems ship Python without ensurepip: then the pip of the system fills the environment.
$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found (tried: $(CANDIDATES))" >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); $(PYTHON) -m venv --without-pip $(VENV) \
		&& $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)  ## compile an example and run the program that comes out
	$(BIN)/flowc compile examples/hello/flow.yaml -o build/demo/hello.py
	@echo; cat build/demo/hello.py; echo
	$(BIN)/python build/demo/hello.py --input kilograms=30

test: lint types check  ## everything: style, types, tests

lint: $(READY)  ## ruff and black
	$(BIN)/ruff check .
	$(BIN)/black --check --quiet .

types: $(READY)  ## mypy --strict
	$(BIN)/mypy --strict
	$(BIN)/mypy --strict tools/*.py benchmarks/*.py

check: $(READY)  ## the tests: units, golden cases, recordings of Kestra, expressions
	$(BIN)/python -m pytest -rs -n $(JOBS) --dist worksteal -m "not services"

mutants: $(READY)  ## change the rules of the engine and see whether tests notice (SAMPLE=150, 0 for all; SEED=1)
	$(BIN)/python tools/mutants.py --sample $(or $(SAMPLE),150) --seed $(or $(SEED),1)

# On Debian the servers come from its packages; what cannot be had is skipped by name.
test-services: $(READY)  ## the tests that need servers: PostgreSQL (stores too), MariaDB
	tools/servers.sh
	$(BIN)/python -m pytest -rs -n $(JOBS) --dist loadfile -m services

test-engines: $(READY)  ## Prefect, Airflow, Dask and Ray, in environments of their own: servers, runs, recordings
	$(BIN)/python tests/engines/run.py $(ENGINES)

golden: $(READY)  ## write what the tests find as what they expect from now on; review the difference
	$(BIN)/python -m pytest tests/test_golden.py tests/front/test_golden_errors.py tests/gen/test_comments.py --update-golden

tables: $(READY)  ## the parts of README and docs that are written from the code
	$(BIN)/python tools/faces.py
	$(BIN)/python tools/readme_tables.py
	$(BIN)/python -m flowc.expr.docs

bench: $(READY)  ## measure, and write the table of the README
	$(BIN)/python benchmarks/run.py --write
	$(BIN)/python benchmarks/expressions.py
	$(BIN)/python benchmarks/store.py

conformance: $(READY)  ## compare with the real engine, and write the numbers of the README
	$(BIN)/python tools/readme_conformance.py

wheel: $(READY)  ## the packages, in dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist . ./runtime ./compiler

clean:  ## remove what was made
	rm -rf $(VENV) .venv-prefect .venv-airflow .venv-dask .venv-ray build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
