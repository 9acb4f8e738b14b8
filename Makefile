# Each target first makes its own virtual environment (.venv) from the hash-pinned lock.
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help demo test notebooks lint types lower-types layers calibration mutants
.PHONY: bench-notes bench-detection bench-plan lab lock clean

help:  ## что умеет make · this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(READY)  ## справки по выдуманному региону · notes about a made-up region
	$(BIN)/msoko demo

# What is measured stands in pyproject.toml; here, so that --cov of one file fails nobody.
test: $(READY)  ## все проверки, кроме долгих · all tests but the slow ones, with line coverage
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --cov --cov-fail-under=100

# No output is stored in notebooks/ (tests/test_architecture.py), so there is nothing to sanitise: this is
# «Run All» of each. That outputs come out again is tested on executed ones (tests/documents/test_reproducible.py).
notebooks: $(READY)  ## все тетради от начала до конца · Run All of every notebook
	$(BIN)/python -m pytest --nbval -n $(WORKERS) --dist loadfile -p no:cacheprovider notebooks

lint: $(READY)  ## вид кода · ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## проверка типов · mypy against the number of findings allowed
	$(BIN)/python tests/support/type_findings.py

lower-types: $(READY)  ## записать меньшее число замечаний · write lower numbers of findings
	$(BIN)/python tests/support/type_findings.py --lower

layers: $(READY)  ## рисунок слоёв · docs/layers.md anew
	$(BIN)/python tests/support/layers_picture.py

calibration: $(READY)  ## долгие калибровки · full-size calibrations
	$(BIN)/python -m pytest -m slow

mutants: $(READY)  ## замечают ли тесты подмену сравнений · mutants of the conclusions
	$(BIN)/python tests/mutation.py

bench-notes: demo  ## скорость справок · notes per minute
	$(BIN)/python benchmarks/bench_notes.py

# rddensity (GPL, no dependency of ours) takes part when installed: .venv/bin/pip install rddensity
bench-detection: $(READY)  ## всплески другими способами · the spike test against others
	$(BIN)/python benchmarks/bench_detection.py

bench-plan: $(READY)  ## план наблюдения · the plan of observation against others
	$(BIN)/python benchmarks/bench_plan.py

lab: $(READY)  ## тетради в JupyterLab · notebooks
	$(BIN)/jupyter lab notebooks

# Names, versions and hashes for every platform, and no registry address (docs/decisions/0002).
lock:  ## точные версии · requirements.lock anew, needs uv
	@command -v uv >/dev/null || { echo "make lock: uv is needed and was not found" >&2; exit 1; }
	uv pip compile pyproject.toml --all-extras --no-strip-extras --generate-hashes --no-emit-index-url --universal \
		--python-version 3.11 --no-header -o requirements.lock

# Leaves data/ and reports/ alone: they are work, not rubbish.
clean:  ## убрать среду и кэши · remove .venv and caches
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Bytecode is compiled here on all cores, as pip would on one; files that are no Python are skipped.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Нужен Python 3.11 или новее ($(PYTHON) — другой или не найден)." \
			"Укажите его: make PYTHON=python3.12 ЦЕЛЬ" >&2; exit 1; }
	@echo "Установка в .venv: около 1,5 ГБ, нужна сеть; дальше видно, что ставится."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --no-compile \
		--require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --editable .
	$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true
	touch $@
