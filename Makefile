# Everything a developer does here. Each target bootstraps what it needs; a fresh Debian as root is enough.
ROOT := $(CURDIR)
export ANSIBLE_COLLECTIONS_PATH := $(ROOT)/.cache:$(ROOT)/.cache/vendor
export ANSIBLE_HOME := $(ROOT)/.cache/ansible
export PYTHONPATH := $(ROOT)/tests
export PATH := $(ROOT)/.cache/venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
PY := $(ROOT)/.cache/venv/bin/python
HOSTS ?= 3
# PARTS="lint units" runs only these; see "make parts".
PARTS ?=
# BENCH="score move" runs only these; all of them when empty.
BENCH ?=

.DEFAULT_GOAL := help
.PHONY: help bootstrap test fast parts lab demo molecule bench clean distclean fmt shell build constraints

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## make .cache/venv, vendor collections; install missing system packages
	@PYTHONPATH= $(ROOT)/tests/gates/bootstrap.sh

test: bootstrap ## every gate, cheap ones first, then the lab; one summary (PARTS="a b": only these; KEEP=1: leave the lab up)
	@$(PY) -m gates $(PARTS)

fast: bootstrap ## the gates that need no lab
	@$(PY) -m gates --cheap

parts: bootstrap ## the parts of make test, by name
	@$(PY) -m gates --list

lab: bootstrap ## bring up the lab (HOSTS=3)
	@$(PY) -m lab up --hosts $(HOSTS)

demo: bootstrap ## the whole thing on this machine: three hosts, join, load, a move
	@$(PY) -m demo

molecule: bootstrap ## scenario default, from create to destroy
	@molecule test --all

bench: bootstrap ## benchmarks, printed, never asserted (BENCH="score balance": these, which need no lab)
	@$(PY) -m bench $(BENCH)

clean: bootstrap ## remove the lab
	@$(PY) -m lab down

distclean: clean ## remove the lab and every cache
	rm -rf $(ROOT)/.cache $(ROOT)/dist

fmt: bootstrap ## format the Python files
	@black -q plugins tests molecule

build: bootstrap ## the collection's archive, in dist/
	@ansible-galaxy collection build --force --output-path dist .

constraints: bootstrap ## renew tests/constraints.txt from the environment in use
	@{ sed -n '/^#/p' tests/constraints.txt; $(PY) -m pip freeze; } > .cache/constraints.txt && mv .cache/constraints.txt tests/constraints.txt

shell: bootstrap ## a shell with the environment of all this
	@$${SHELL:-/bin/sh}
