# One file to run everything. A fresh machine needs what README.md lists.
SHELL := /bin/bash
BIN := .venv/bin
# a Python that is gone, as after an upgrade of the system: it is set up again
$(shell test -x $(BIN)/python || rm -f .venv/.ready)
PAGE := $(shell find dashboard -type f -not -path '*/node_modules*' -not -name openapi.json -not -name schema.d.ts)
# in the order of the folders: those whose stories take longest come first
WHOLE := $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder
export UV_COMPILE_BYTECODE = 1
# Python reads the file that names this folder by the locale, and `C` knows no letters but ASCII's
ifneq ($(filter C POSIX,$(LC_ALL)),)
export LC_ALL := C.UTF-8
endif

.PHONY: help setup page wheel machine demo test test-all browser pictures hostile security chaos fuzz lint bench load reference lock renew clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/.ready .venv/.page  ## install everything into .venv, and build the page that the office serves

.venv/.ready: requirements.lock pyproject.toml $(wildcard config/workshop/pip.lock)
	@scripts/page ahead & PYTHON='$(PYTHON)' scripts/setup; done=$$?; wait; exit $$done

.venv/.page: .venv/.ready $(PAGE)
	@scripts/page setup
	@touch $@

page: .venv/.ready  ## build the page, and say what is wrong if it cannot be built
	@scripts/page

wheel: page  ## build the package, with the page in it, into dist/
	@$(BIN)/python -m hatchling build -t wheel

machine: setup  ## say in one line what this machine lacks, if anything
	@$(BIN)/python -m damascus.supervisor.prerequisites

demo: machine  ## start the company, give it a directive, show it live, say where the results are
	@scripts/demo

test: machine  ## the tests that need no Docker and take no long time, on all processors; attacks: make security, the page: make browser
	@scripts/page test
	@$(WHOLE) -m "not long" --ignore=tests/security --ignore=tests/browser

test-all: machine  ## every test that needs no Docker
	@$(WHOLE)

browser: setup  ## the page's stories in Chromium, on a company that works; ARGS are pytest's
	@scripts/page packages && scripts/page
	@UV=$$(command -v uv || echo .uv/bin/uv); $$UV pip install --quiet --python $(BIN)/python --require-hashes -r tests/browser/packages.lock
	@$(BIN)/pytest tests/browser $(ARGS)

pictures: setup  ## renew the pictures of docs/how-to/dashboard.md
	@PAGE_PICTURES=docs/pictures $(MAKE) --no-print-directory browser ARGS='-q -k manual'

hostile: setup  ## play every misbehaviour of a model on a whole company, and say what became of each
	@$(BIN)/pytest -v tests/hostile

security: setup  ## every attack that is known, as you and, where you are root, as a user without root; ARGS are pytest's
	@$(BIN)/python -m tests.security $(ARGS)

lint: setup  ## ruff, mypy --strict, import-linter; the page's types, rules and form where its packages are there
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	@scripts/page lint

chaos: setup  ## 200 seeded runs of a company that is killed, stopped, cut off and robbed of disk and clock; RUNS, SEED, CASE
	@$(BIN)/python -m tests.chaos --runs $(or $(RUNS),200) $(if $(SEED),--seed $(SEED)) $(if $(CASE),--case $(CASE))

fuzz: setup  ## a thousand strange inputs or more at every entry point, on all processors
	@$(BIN)/pytest -n auto --dist loadfile --hypothesis-profile=fuzz --timeout=3600 tests/unit/*/test_*_fuzz.py tests/unit/work/test_budget_schedules.py tests/security/test_money_schedules.py

bench: setup  ## the figures, beside the ideal
	@$(BIN)/python -m benchmarks.run

load: setup  ## ten thousand queued tasks, a thousand personas: claims, cost, memory
	@$(BIN)/python -m benchmarks.load

reference: setup  ## renew what docs/reference/ takes from the code
	@$(BIN)/python -m scripts.reference

LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header $(if $(UPGRADE),--upgrade)
lock:  ## renew requirements.lock and the workshop's lock files from what they lock; UPGRADE=1: at the newest versions
	@$(LOCK) --extra dev pyproject.toml -o requirements.lock
	@$(LOCK) --constraints requirements.lock config/workshop/pip.txt -o config/workshop/pip.lock
	@echo "# of $$(sha256sum <config/workshop/pip.txt)" >>config/workshop/pip.lock
	@$(LOCK) --constraints requirements.lock tests/browser/packages.txt -o tests/browser/packages.lock
	@$(LOCK) dashboard/node.txt -o dashboard/node.lock
	@! command -v npm >/dev/null || (cd config/workshop/npm && npm $(if $(UPGRADE),update,install) --package-lock-only --silent)

renew:  ## the newest versions of everything that others made: packages, and images where a registry answers
	@$(MAKE) --no-print-directory lock UPGRADE=1
	@$(MAKE) --no-print-directory setup
	@$(BIN)/python -m scripts.images --renew

clean:  ## remove what setup made (never .damascus or shared)
	@rm -rf .venv .uv .node .node.log dashboard/node_modules damascus/office/static dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
