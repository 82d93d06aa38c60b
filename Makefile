# Every command of the project. The checks that guard it run the same ones.
PYTHON ?= python3
PY := .venv/bin/python
PYTEST := .venv/bin/pytest
WORKERS ?= 2
# Settings of whoever calls must not decide on what the tests run.
CLEAN := env -u DATABASE_URL -u REDIS_URL -u MEDIA_URL -u SITE_URL -u BACKOFFICE_ENV -u PYTHONDONTWRITEBYTECODE
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help install run test check check-rest format format-check lint types contracts templates \
	test-postgresql browser migrations faults lock vendor vendor-upgrade translations docs bench bench-small interactions clicks

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-16s %s\n", $$1, $$2}'

install: .venv/.installed ## put the locked dependencies into .venv

.venv/.installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; say which with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

run: .venv/.installed ## migrate, fill an empty database with the demo, and serve on HOST and PORT
	@$(PY) manage.py db upgrade
	@$(PY) manage.py demo --if-empty
	@exec $(PY) manage.py run

test: .venv/.installed ## run the tests: no server, no network, no browser
	$(CLEAN) -u TEST_DATABASE_URL $(PYTEST) -n $(WORKERS) --dist worksteal --ignore tests/browser -m "not postgres"

check: test check-rest ## everything that must hold before a change is shared

check-rest: format-check lint types contracts templates test-postgresql browser faults ## check, but for the tests just run

format: .venv/.installed ## put the code into its one form
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix-only --quiet .

format-check: .venv/.installed
	.venv/bin/ruff format --check .

lint: .venv/.installed ## look for mistakes in the code
	.venv/bin/ruff check .

types: .venv/.installed ## check the types of core
	.venv/bin/mypy

contracts: .venv/.installed ## check which part may import which
	.venv/bin/lint-imports

templates: .venv/.installed ## look for mistakes in the templates
	.venv/bin/djlint --lint --quiet templates

test-postgresql: .venv/.installed ## run the tests on the database that TEST_DATABASE_URL names
ifeq ($(TEST_DATABASE_URL),)
	@echo "TEST_DATABASE_URL is not set: the tests on PostgreSQL are left out."
else
	$(CLEAN) $(PYTEST) -n $(WORKERS) --dist worksteal --ignore tests/browser -m "(database or postgres) and not sqlite"
endif

browser: .venv/.installed ## use the pages in Chromium as people do
	$(CLEAN) -u TEST_DATABASE_URL $(PYTEST) -n $(WORKERS) --dist worksteal tests/browser

migrations: .venv/.installed ## take the schema up, down and up again, and look for drift
	$(CLEAN) $(PYTEST) tests/test_migrations.py -m "$(if $(TEST_DATABASE_URL),not sqlite,not postgres)"

faults: .venv/.installed ## plant known faults and see that the tests catch each
	$(CLEAN) -u TEST_DATABASE_URL $(PY) tests/faults/run.py

lock: .venv/.installed ## resolve the dependencies anew
	cd requirements && ../$(COMPILE) --upgrade --output-file app.txt app.in
	cd requirements && ../$(COMPILE) --upgrade --output-file s3.txt s3.in
	cd requirements && ../$(COMPILE) --upgrade --output-file dev.txt dev.in

translations: .venv/.installed ## write the catalogues of all languages anew from the texts in code and templates
	$(PY) translations/catalogues.py $(LANGUAGE)

FRONT := requirements/front
NPM := npm --prefix $(FRONT) --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund

vendor: .venv/.installed ## fetch the front-end packages as locked and write static/vendor (needs npm)
	$(NPM) ci
	$(NPM) run --silent bundle
	$(PY) $(FRONT)/vendor.py $(FRONT)/node_modules

vendor-upgrade: ## resolve the front-end packages anew; make vendor then writes them
	rm -f $(FRONT)/package-lock.json
	$(NPM) install --package-lock-only

# The large run wants PostgreSQL; the database is made when it is not there.
BENCH_POSTS ?= 1000000
BENCH_DATABASE_URL ?= postgresql://127.0.0.1/backoffice_bench
# Seconds that one tool may take for one operation on pages, and for one work on a whole table.
BENCH_SECONDS ?= 3
BENCH_PATIENCE ?= 60

bench: .venv/.installed ## measure beside others on PostgreSQL (BENCH_DATABASE_URL, BENCH_POSTS) and write docs/benchmarks.md
	$(CLEAN) $(PY) bench/run.py --posts $(BENCH_POSTS) --database $(BENCH_DATABASE_URL) \
		--seconds $(BENCH_SECONDS) --patience $(BENCH_PATIENCE) --output docs/benchmarks.md --command "make bench BENCH_POSTS=$(BENCH_POSTS)"

bench-small: .venv/.installed ## measure beside others on a small SQLite database, in minutes
	$(CLEAN) $(PY) bench/run.py --posts 20000 --seconds 1 --patience 30

interactions: .venv/.installed ## measure from touch to picture in Chromium and write docs/interactions.md
	$(CLEAN) $(PY) bench/interactions.py --output docs/interactions.md

clicks: .venv/.installed ## count the clicks and keys of common jobs beside others and write docs/clicks.md
	$(CLEAN) $(PY) bench/clicks.py --output docs/clicks.md

docs: .venv/.installed ## write the tables of modules and of rights anew
	$(PY) docs/modules.py
	PYTHONPATH=.:tests $(PY) docs/rights.py
