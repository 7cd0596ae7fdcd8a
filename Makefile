# The commands of this checkout; `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
export PYTHON

# What another project left in the environment must not steer this one.
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH VIRTUAL_ENV PIP_TARGET PIP_PREFIX PIP_USER PIP_REQUIRE_VIRTUALENV

PIP := .venv/bin/python -m pip -qq --disable-pip-version-check --no-input
BUILT := .venv/.built

.PHONY: help run test pictures check types faults mutants audit sbom format bench clean packages test-packages environment

help: ## 列出命令 · list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

run: packages environment ## 安装、启动、演示 · install, start, play the demo; Ctrl-C stops all of it
	@exec .venv/bin/wangge up

test: test-packages environment ## 全部测试(用临时数据库)· the whole suite on a temporary database
	@exec env -u DATABASE_URL -u PGOPTIONS -u PGSERVICE -u PYTHONDONTWRITEBYTECODE \
		.venv/bin/python -m pytest -n $$(nproc)  # the command line starts hundreds of times

pictures: test-packages environment ## 页面截图 · screenshots of the pages for the docs, Chinese and English, to docs/pictures
	@exec env -u DATABASE_URL -u PGOPTIONS -u PGSERVICE WANGGE_PICTURES=docs/pictures \
		.venv/bin/python -m pytest -q tests/browser

check: packages environment ## 代码检查 · lint, format, types, direction of imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy geo sync server tests bench
	@.venv/bin/lint-imports

types: node_modules/.package-lock.json ## 页面脚本类型检查(需要 Node)· types of the pages' scripts; the only command that needs Node
	@node_modules/.bin/tsc -p .
	@node_modules/.bin/tsc -p server/console/worker

node_modules/.package-lock.json: package.json package-lock.json
	@npm ci --silent --ignore-scripts

faults: test-packages environment ## 故障长测 · minutes of broken lines and kill -9, long histories and restores; SEED=… plays one again
	@exec env -u DATABASE_URL -u PGOPTIONS -u PGSERVICE .venv/bin/python -m tests.faults

mutants: test-packages environment ## 变异检查 · put each known bug of sync back into a copy, and see the tests go red
	@exec env -u DATABASE_URL -u PGOPTIONS -u PGSERVICE .venv/bin/python -m tests.mutants

audit: environment ## 依赖漏洞检查 · has any pinned package a known hole? ADVISORIES=all.zip: an export of OSV, without a network
	@exec .venv/bin/python -m tests.supply.audit

sbom: environment ## 软件物料清单 · what we are built of, CycloneDX, to var/sbom.cdx.json
	@exec .venv/bin/python -m tests.supply.sbom

format: environment ## 整理代码格式 · format the code
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: packages environment ## 性能比值 · ratios, measured here and now, to bench/results.json
	@exec env -u DATABASE_URL -u PGOPTIONS -u PGSERVICE .venv/bin/python -m bench

clean: ## 停止并删除数据库和环境 · stop and delete the private database and .venv
	@if [ -e var/postgres ] || [ -L var/postgres ]; then "$$PYTHON" -m server.cluster remove var/postgres; fi
	@rm -rf var .venv node_modules wangge.egg-info

packages:
	@docker/system-packages.sh run

test-packages:
	@docker/system-packages.sh test

environment: $(BUILT)

# A checkout that was moved or copied has an environment that points to the old place.
ifneq ($(shell cat $(BUILT) 2>/dev/null),$(CURDIR))
.PHONY: $(BUILT)
endif

$(BUILT): requirements.txt pyproject.toml
	@here=$$(.venv/bin/python -c 'import sys; print(sys.prefix)' 2>/dev/null || true); \
	if [ "$$here" != "$(CURDIR)/.venv" ] || ! grep -qsF "$(CURDIR)/.venv" .venv/bin/pip; then \
		echo '创建 Python 环境 · Making the Python environment in .venv'; \
		rm -rf .venv; "$$PYTHON" -m venv .venv; \
	fi
	@echo "安装 $$(grep -c == requirements.txt) 个 Python 包(一两分钟)· Installing $$(grep -c == requirements.txt) Python packages (a minute or two)"
	@$(PIP) install -r requirements.txt
	@$(PIP) install --no-deps -e .
	@printf '%s\n' "$(CURDIR)" >$@
