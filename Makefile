# Each target first makes its own virtual environment (.venv) from the hash-pinned lock.
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test lint calibration bench-notes bench-detection bench-plan lab lock clean

demo: $(READY)
	$(BIN)/msoko demo

test: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

calibration: $(READY)
	$(BIN)/python -m pytest -m slow

bench-notes: demo
	$(BIN)/python benchmarks/bench_notes.py

# rddensity (GPL, no dependency of ours) takes part when installed: .venv/bin/pip install rddensity
bench-detection: $(READY)
	$(BIN)/python benchmarks/bench_detection.py

bench-plan: $(READY)
	$(BIN)/python benchmarks/bench_plan.py

lab: $(READY)
	$(BIN)/jupyter lab notebooks

# Names, versions and hashes for every platform, and no registry address (docs/decisions/0002).
lock:
	@command -v uv >/dev/null || { echo "make lock: uv is needed and was not found" >&2; exit 1; }
	uv pip compile pyproject.toml --all-extras --generate-hashes --no-emit-index-url --universal \
		--python-version 3.11 --no-header -o requirements.lock

# Leaves data/ and reports/ alone: they are work, not rubbish.
clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Bytecode is compiled here on all cores, as pip would on one; files that are no Python are skipped.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Нужен Python 3.11 или новее ($(PYTHON) — другой или не найден)." \
			"Укажите его: make PYTHON=python3.12 ЦЕЛЬ" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
		--require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --editable .
	$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null || true
	touch $@
