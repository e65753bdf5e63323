# Every target is what a person runs and what CI runs. Everything made here lives in .venv and .portal.
PYTHON ?= python3
ENVIRONMENT := $(PYTHON) -I deploy/local/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help setup run demo stop status test bench mutants faults check format docs lock clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the virtual environment from the pinned, hashed requirements
	@$(ENVIRONMENT)

run: ## start the whole portal on this machine; Ctrl-C stops it, the data stays
	@$(ENVIRONMENT) -m deploy.local run

demo: ## a scripted citizen gets a parking permit, start to finish: make demo ARGS="--method transfer"
	@$(ENVIRONMENT) -m deploy.local demo $(ARGS)

stop: ## stop a portal that runs elsewhere or was left behind
	@$(ENVIRONMENT) -m deploy.local stop

status: ## what is running, and where
	@$(ENVIRONMENT) -m deploy.local status

test: ## run all tests on real servers; ARGS="tests/deploy -x" for some of them
	@$(ENVIRONMENT) -m deploy.local test $(ARGS)

bench: ## measure on real servers, beside raw limits; ARGS="append relay" for some, ARGS=--quick for rough figures
	@$(ENVIRONMENT) -m tests.bench $(ARGS)

mutants: ## break the code in a copy, piece by piece; the tests must see each (ARGS="feed" for some)
	@$(ENVIRONMENT) -m tests.mutants $(ARGS)

faults: ## citizens at work while everything fails around them; ARGS="--seed 7 --minutes 3 --applications 60"
	@$(ENVIRONMENT) -m tests.faults $(ARGS)

check: ## format, lint, strict types, import rules, generated docs fresh
	@$(ENVIRONMENT) -m deploy.local check

format: ## put the code into the house's format
	@$(ENVIRONMENT) -m ruff format .
	@.venv/bin/python -m ruff check --fix-only --quiet .

docs: ## write the documents that are generated from the code
	@$(ENVIRONMENT) -m shared.cli docs

lock: ## renew requirements/lock.txt from requirements/*.in (ARGS="--upgrade-package name" for one)
	@$(ENVIRONMENT) -m deploy.local lock $(ARGS)

clean: ## stop everything and remove what was made here: .venv, .portal with its DATA, caches
	@test ! -x .venv/bin/python || .venv/bin/python -m deploy.local clean
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache gateway/static/built
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
