# The front door. `make help` lists what there is; each target installs what it needs on Debian 12 and does the whole job.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
VERSION ?= v0.1.0
N ?= 8
SECONDS_EACH ?= 60
CCACHE := $(shell command -v ccache)
CONFIGURE := cmake $(if $(CCACHE),-DCMAKE_CXX_COMPILER_LAUNCHER=ccache) --preset
# So that a second checkout finds what the first one compiled.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CCACHE_SLOPPINESS := pch_defines,time_macros
export CCACHE_DEPEND := 1
export KPR_SHARED ?= $(wildcard $(CURDIR)/../shared)

.DEFAULT_GOAL := help
.PHONY: help demo build test goldens asan tsan bench fuzz format coverage cluster-up cluster-down release release-path install-build install-test install-release clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install-build:
	@scripts/install-packages.sh scripts/packages-build.txt

install-test: install-build
	@scripts/install-packages.sh scripts/packages-test.txt

install-release: install-build
	@scripts/install-packages.sh scripts/packages-release.txt

build: install-build  ## Build the plugin (build/release/plugin/kubectl-kpr)
	@$(CONFIGURE) release -DKPR_BUILD_BENCH=OFF --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) -- --quiet

demo: build  ## Build, and show the kube-proxy replacement of an eight-node example
	@echo '$$ kubectl-kpr status -f examples/eight-nodes --cohorts'
	@build/release/plugin/kubectl-kpr status -f examples/eight-nodes --cohorts

test: install-test install-release  ## Install, build and run every test
	@scripts/test.sh

goldens: install-test  ## Write every check's words anew (tests/checks/golden); read the diff
	@$(CONFIGURE) dev --log-level=WARNING >/dev/null && cmake --build --preset dev -j $(JOBS) --target checks_test -- --quiet
	@KPR_WRITE_GOLDENS=1 build/dev/tests/checks/checks_test --run_test=every_word_of_every_check_is_as_it_was
	@git status --short tests/checks/golden

asan: install-test  ## Run the tests under the address and undefined-behaviour sanitizers
	@$(CONFIGURE) asan && cmake --build --preset asan -j $(JOBS) && ctest --test-dir build/asan --output-on-failure -LE 'lab|consumer'

tsan: install-test  ## Run the tests under the thread sanitizer
	@$(CONFIGURE) tsan && cmake --build --preset tsan -j $(JOBS) && ctest --test-dir build/tsan --output-on-failure -LE 'lab|consumer'

bench: install-test  ## Measure the parser beside other parsers
	@$(CONFIGURE) release && cmake --build --preset release -j $(JOBS) && build/release/tests/bench/kpr-bench

fuzz: install-test  ## Fuzz each target for SECONDS_EACH seconds
	@scripts/fuzz.sh $(SECONDS_EACH)

format:  ## Format our own code
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

coverage: install-test  ## Run the tests with gcov
	@$(CONFIGURE) coverage && cmake --build --preset coverage -j $(JOBS) && ctest --test-dir build/coverage --output-on-failure -LE 'lab|consumer'

cluster-up:  ## Start a real kube-apiserver with N nodes whose agents answer from texts
	@N=$(N) scripts/cluster-up.sh

cluster-down:  ## Stop it
	@scripts/cluster-down.sh

release-path: install-test install-release  ## Walk the release path of linux/amd64 (TARGETS=… for more; KPR_SLOW=1 adds Debian's roots and a second build)
	@VERSION=$(VERSION) tests/release/path.sh $(subst /,_,$(TARGETS))

release: install-release  ## Make the release archives of VERSION for all targets (TARGETS=… for some)
	@release/build.sh $(VERSION) $(TARGETS)

clean:  ## Remove what was built
	@rm -rf build dist
