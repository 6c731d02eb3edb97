# make demo    install, then screen examples/reactions.csv
# make test    install, then run all the tests
# make lint    install, then check style and types
# Everything is installed into .venv, once.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT := out/demo

.PHONY: venv demo test lint clean

venv: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# Exit code 1 says that some reactions were rejected or failed, which a demo may show.
demo: venv
	rm -rf $(DEMO_OUT)
	$(BIN)/tscreen run examples/reactions.csv --out $(DEMO_OUT) || [ $$? -eq 1 ]
	$(BIN)/tscreen top $(DEMO_OUT)

test: venv
	$(BIN)/pytest

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) out build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
