# What a person can do here; `make help` lists it.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
STAMP := $(VENV)/.ready
DEPS := pyproject.toml constraints.txt package.json package-lock.json build_hook.py

.DEFAULT_GOAL := help
.PHONY: help run test test-dialects lint format bench bench-automap fuzz clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install 'pip>=25.1'

$(STAMP): $(BIN)/python $(DEPS)
	$(PIP) install -c constraints.txt -e '.[hdf5]'
	touch $@

$(VENV)/.tested: $(STAMP)
	$(PIP) install -c constraints.txt --group test --group lint
	touch $@

run: $(STAMP) ## install, start, print the link
	$(BIN)/keygraft serve

test: $(VENV)/.tested ## install, run all tests, those in the browser included
	$(BIN)/python tests/browser/find_chromium.py
	$(BIN)/python -m pytest $(ARGS)

test-dialects: $(VENV)/.tested ## install the frameworks, load small models in them, compare every tensor
	$(PIP) install -c constraints.txt transformers timm mmengine lightning
	$(BIN)/python -m tests.dialects.with_libraries

lint: $(VENV)/.tested ## style, types, laws of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint templates --quiet
	$(BIN)/python tests/js/check.py

format: $(VENV)/.tested ## put every file into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --reformat templates --quiet

bench: $(VENV)/.tested ## measure reading, evaluating, mapping and remapping, each beside its peer
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/evaluation.py
	$(BIN)/python benchmarks/remap.py
	$(BIN)/python benchmarks/automap.py

bench-automap: $(VENV)/.tested ## score the automatic mapper on the corpus, also with what it relies on taken away
	$(BIN)/python benchmarks/automap.py --variant plain decisions no-roles renamed

fuzz: $(VENV)/.tested ## bend files for a minute and read them (ARGS="--seconds 600 --seed 7")
	$(BIN)/python -m tests.fuzz.mutations $(ARGS)

clean: ## forget the environment and what was built
	rm -rf $(VENV) dist build static/vendor
