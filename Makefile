# Two commands: `make demo` labels real speech offline, `make test` runs the tests. Both install what they need.
# On a machine with no GPU, `UV_TORCH_BACKEND=cpu make install` keeps torch small.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
# Named by what it installed: touching a file installs nothing, changing one does.
STAMP := .venv/.installed-$(shell cat pyproject.toml constraints.txt | cksum | cut -d ' ' -f 1)
# uv does not read pip's setting for local wheels.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# Its list of Korean words is what Qwen3's aligner was trained with; none of its code is run, nor is what it asks for
# installed.
KOREAN_DICTIONARY := qwen-asr==0.0.6
# Tests run beside each other, two at a time: more threads a test would only contend. Whoever is done first takes over
# from the other: some tests take a minute, most none.
TEST_ENV := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE HF_HUB_OFFLINE=1
# The second holds a letter of every script.
BROWSER_PACKAGES := chromium fonts-noto-core fonts-noto-cjk
# A command that is not there, from Debian's packages where we may install them.
debian = command -v $(1) >/dev/null || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $(2); \
	else echo "there is no $(1): install it (Debian: apt install $(2))"; fi
# Other people's programs want other versions than we do: each gets an environment, made anew when its list changes.
INTEROP := build/interop
CODE := asrlab flows migrations tests benchmarks

.DEFAULT_GOAL := help
.PHONY: help demo test soak interop check install assets browser format lint types imports bench docs lock wheel clean

help: ## Show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-9s %s\n", $$1, $$2}'

demo: install ## Label real speech that a package carries, offline, and show what came out
	@$(BIN)/asrlab demo

test: install assets browser ## Run the tests, on SQLite and on a PostgreSQL of their own
	$(TEST_ENV) $(BIN)/pytest -n 2 --dist worksteal

soak: install ## Run the long proofs: many kills, damaged files, twenty hours
	$(TEST_ENV) ASRLAB_FIGURES=soak-figures.jsonl $(BIN)/pytest -n 2 -m soak

interop: install $(INTEROP)/nemo/.installed $(INTEROP)/label-studio/.installed ## Let NeMo and Label Studio read our exports
	$(TEST_ENV) $(BIN)/pytest -m interop tests/interop

$(INTEROP)/%/.installed: tests/interop/%.txt | $(STAMP)
	@rm -rf $(@D)
	$(BIN)/uv venv --quiet --python $(BIN)/python $(@D)
	VIRTUAL_ENV=$(@D) $(BIN)/uv pip install --quiet --requirement $<
	@touch $@

check: format-check lint types imports test ## All that CI checks

install: $(STAMP) ## Make .venv with every extra and every test tool, at the locked versions

# Bytecode is made here, once: where Python may not write it (PYTHONDONTWRITEBYTECODE), every start would make it all.
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "asrlab needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --compile-bytecode --constraint constraints.txt --editable '.[dev]'
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --no-deps $(KOREAN_DICTIONARY)
	@$(BIN)/python -m compileall -q asrlab flows migrations
	@touch $(STAMP)

assets: install ## Fetch the review page's waveform library (with npm)
	@test -d asrlab/web/vendor/wavesurfer || { $(call debian,npm,npm); }
	@$(BIN)/python asrlab/web/build_assets.py

browser: ## Install Chromium, in which tests drive the review page; without it they are skipped
	@$(call debian,chromium,$(BROWSER_PACKAGES))

format: install ## Format the code
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix --select I $(CODE)

.PHONY: format-check
format-check: install
	$(BIN)/ruff format --check $(CODE)

lint: install ## Lint
	$(BIN)/ruff check $(CODE)

types: install ## Check types, strictly
	$(BIN)/mypy

imports: install ## Check that imports go one way
	$(BIN)/lint-imports

bench: install ## Measure accuracy on real prompts (fetches a Debian package)
	$(BIN)/python benchmarks/prompts_wer.py

docs: install ## Check that the docs' links and commands hold
	$(TEST_ENV) $(BIN)/pytest -q tests/architecture/test_docs.py

lock: install ## Renew constraints.txt from pyproject.toml, keeping what still fits
	VIRTUAL_ENV=.venv $(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-find-links \
		--python-version 3.11 --extra dev --constraint constraints.txt pyproject.toml \
		| sed 's/+cpu$$//' > constraints.new
	mv constraints.new constraints.txt

wheel: install ## Build the wheel and the source archive
	$(BIN)/python -m build

clean: ## Remove what make has made
	rm -rf .venv build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
