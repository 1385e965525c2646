# Everything here works on a bare Debian 12: scripts/bootstrap prepares what a target needs.
# `make test` and `make try` want root for the rings that mount and boot; without it they say what
# they could not run.

PYTHON := .venv/bin/python
ARGS ?=

help:
	@echo 'make try        the whole cycle on a throw-away machine image'
	@echo 'make test       unit ring, linters, Nix ring, root ring'
	@echo 'make test-unit  planning, rendering, parsing: no root, no process'
	@echo 'make test-nix   the NixOS module, evaluated; NIXPKGS_LIB=DIR: with nixpkgs'"'"' own lib'
	@echo 'make test-root  loop Btrfs, namespaces, real PID 1 in a container (root)'
	@echo 'make test-vm    QEMU: real ZFS, real systemd initrd, power cuts (root)'
	@echo 'make lint       ruff, mypy, shellcheck'
	@echo 'make bench      start-up, boot cost, the loss, beside peers (root); ARGS=--help tells more'
	@echo 'make venv       only .venv'

venv:
	@scripts/bootstrap venv

try:
	@scripts/bootstrap try
	@$(PYTHON) -m petrichor try $(ARGS)

test:
	@scripts/run-rings unit lint nix root

test-unit:
	@scripts/run-rings unit -- $(ARGS)

test-nix:
	@scripts/run-rings nix -- $(ARGS)

test-root:
	@scripts/run-rings root -- $(ARGS)

test-vm:
	@scripts/run-rings vm -- $(ARGS)

lint:
	@scripts/run-rings lint -- $(ARGS)

bench:
	@scripts/bootstrap root bench
	@scripts/in-namespace $(PYTHON) -m bench $(ARGS)

clean:
	rm -rf .venv .venv.lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help venv try test test-unit test-nix test-root test-vm lint bench clean
