# Every target does its own set-up. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# Tests run in random order; in CI in one order, so that a failure there can be repeated.
ORDER := $(if $(CI),--randomly-seed=20261124)

.PHONY: help setup demo test check format components bench docs lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.dev ## Make the virtual environment with the locked dependencies

$(VENV)/.run: requirements/run.txt pyproject.toml
	@tools/setup.sh run $(PYTHON)

$(VENV)/.dev: requirements/dev.txt pyproject.toml
	@tools/setup.sh dev $(PYTHON)

demo: $(VENV)/.run ## Sample cluster, local Slack, first report: nothing to configure (DEMO_ONCE=1: unattended)
	@tools/libraries.sh
	@tools/slack.sh || true  # the demonstration goes on without it and says so
	@$(BIN)/quarterdeck demo --folder out/demo $(if $(DEMO_ONCE),--once)

components: $(VENV)/.dev ## Build or install the real components that the tests use
	@tools/components.sh

test: components ## Every test, the real API server and the real local Slack included
	@tools/check.sh
	@$(BIN)/pytest $(ORDER)

check: $(VENV)/.dev ## The quick loop: format, lint, types, layers, unit tests
	@tools/check.sh
	@$(BIN)/pytest -q -n auto -m "not kubernetes and not slack and not postgres and not image and not slow"

format: $(VENV)/.dev ## Format and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: components ## Measure speed and memory as ratios within one run
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.access
	@$(BIN)/python -m tests.bench.escalation

docs: $(VENV)/.dev ## Generate the generated documents
	@$(BIN)/python -m tools.docs

lock: ## Renew the locked dependencies (hashes, no addresses); needs uv
	@tools/lock.sh

clean: ## Remove what was made in the tree (the component cache stays)
	rm -rf $(VENV) out dist .mypy_cache .ruff_cache .pytest_cache
