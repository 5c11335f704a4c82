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
# What "make simulate" runs: so many seeds from the first on; TRACE=1 tells all that happens in them.
SEEDS ?= 1000
FIRST ?= 1
TRACE ?=
# BENCH="score move" runs only these; all of them when empty.
BENCH ?=
# FAULTS="killed cut" brings about only these; all of them when empty.
FAULTS ?=

.DEFAULT_GOAL := help
.PHONY: help bootstrap test fast parts simulate lab demo molecule bench chaos five clean distclean fmt shell build constraints

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

simulate: bootstrap ## seeded faults on the twin, on all cores (SEEDS=10000 FIRST=1; SEEDS=1 FIRST=4711 TRACE=1: one, in full)
	@$(PY) -m simulation --seeds $(SEEDS) --first $(FIRST) $(if $(TRACE),--trace)

lab: bootstrap ## bring up the lab (HOSTS=3)
	@$(PY) -m lab up --hosts $(HOSTS)

demo: bootstrap ## the whole thing on this machine: three hosts, join, load, a move
	@$(PY) -m demo

molecule: bootstrap ## all scenarios, from create to destroy
	@molecule test --all

bench: bootstrap ## benchmarks, printed, never asserted (BENCH="score balance": these, which need no lab)
	@$(PY) -m bench $(BENCH)

chaos: bootstrap ## faults on real hosts, each followed by what must hold (FAULTS="killed cut": these)
	@$(PY) -m chaos $(FAULTS)

five: bootstrap ## what takes five real hosts: a lost coordinator, a dead host taken out and back, a new address (half an hour, no part of make test)
	@$(PY) -m pytest -q --durations=10 tests/five

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
