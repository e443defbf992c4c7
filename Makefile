# make demo      generates images, learns to segment them without annotations, shows how well it did
# make test      builds everything, with warnings of GCC 12 as errors, and runs all tests
# make bench     runs the speed benchmarks (8 minutes) and writes build/bench/summary.md, summary.json and busy.md
# make bench-accuracy  trains and evaluates on the data sets in PRIORSEG_TEST_DATA (an hour and more), see bench/accuracy
# make bench-ablation  the same without one part of the method after the other
# make asan      builds with the address and undefined-behaviour sanitizers and runs all tests
# make tsan      the same with the thread sanitizer
# make fuzz      looks with libFuzzer for files, words and requests that a reader cannot take, FUZZ_SECONDS a target
# make faults    kills jobs FAULT_KILLS times, and lets every write and every read of an image fail (an hour)
# make test-debian13  builds and runs all tests in a Debian 13 of its own with LibTorch 2.6, as root; needs debootstrap
# make tidy      runs clang-tidy on every source file (slow)
# make install   installs the program, library and headers under PREFIX (default /usr/local)
# make bundle    packs the program with all its libraries for any x86-64 Linux into dist/
# make deb       packs the program for the Debian that it is built on into dist/
# make wheel     packs the Python package with all its libraries for Python 3.10 and later into dist/
# make test-bundle, make test-deb, make test-wheel  run what was packed in bare Debian systems, as root; need debootstrap
# make test-wheel-beside  uses the wheel in one process with torch, napari and opencv-python; fetches 12 GB
# make clean     removes build/
#
# The first call installs missing Debian packages, as root or with sudo. DEPENDENCIES=present skips that step.

PREFIX ?= /usr/local
DEPENDENCIES ?= install
# Folder of the Debian 13 that `make test-debian13` makes and keeps.
DEBIAN13 ?= build/debian13
# Folder of the bare systems that `make test-bundle` and `make test-deb` make and keep.
BARE_ROOTS ?= build/bare_roots
# Debian's release that `make deb` fits.
DEBIAN ?= bookworm
# How long `make fuzz` works at each of its targets.
FUZZ_SECONDS ?= 60
# How often `make faults` kills each kind of job.
FAULT_KILLS ?= 50
JOBS ?= $(shell scripts/build_jobs.sh)

install_packages = $(if $(filter install,$(DEPENDENCIES)),scripts/install_dependencies.sh,: packages)

.PHONY: help demo test test-debian13 bench bench-accuracy bench-ablation asan tsan fuzz faults tidy release install bundle deb wheel test-bundle test-deb test-wheel test-wheel-beside clean
.DEFAULT_GOAL := help

help:
	@sed -n '/^# make/s/^# //p' Makefile

release:
	@$(install_packages) build
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS)

demo: release
	scripts/demo.sh build/release/apps/priorseg/priorseg build/demo

install: release
	cmake --install build/release --prefix $(PREFIX)

test:
	@$(install_packages) test
	options=$$(scripts/python_environment.sh build/python-env) && cmake --preset test $$options
	cmake --build --preset test --parallel $(JOBS) --target all headers_alone
	scripts/run_tests.sh test build/release $(JOBS)

bundle: release
	@$(install_packages) packaging
	cmake --build --preset release --target priorseg_bundle_launcher
	packaging/make_bundle.sh build/release dist

deb: release
	@$(install_packages) packaging
	packaging/make_deb.sh build/release dist

wheel:
	@$(install_packages) test packaging
	scripts/python_environment.sh build/python-env
	packaging/make_wheel.sh build/python-env dist

version := $(shell awk '/^project/ {print $$3}' CMakeLists.txt)
test-bundle: bundle
	packaging/test_in_bare_root.sh bundle dist/priorseg-$(version)-linux-x86_64.tar.xz build/release/apps/priorseg/priorseg \
	  $(BARE_ROOTS) bullseye bookworm trixie

test-deb: deb
	packaging/test_in_bare_root.sh deb dist/priorseg_$(version)_amd64.deb build/release/apps/priorseg/priorseg \
	  $(BARE_ROOTS) $(DEBIAN)

test-wheel: wheel release
	packaging/test_in_bare_root.sh wheel dist/priorseg-$(version)-*.whl build/release/apps/priorseg/priorseg \
	  $(BARE_ROOTS) bookworm trixie

test-wheel-beside: wheel release
	packaging/test_wheel_beside.sh dist/priorseg-$(version)-*.whl build/release/apps/priorseg/priorseg build/beside

test-debian13:
	scripts/test_debian13.sh $(DEBIAN13) $(JOBS)

asan tsan:
	@$(install_packages) test
	cmake --preset $@
	cmake --build --preset $@ --parallel $(JOBS)
	scripts/run_tests.sh $@ build/$@ $(JOBS)

fuzz:
	@$(install_packages) test fuzz
	cmake --preset fuzz
	cmake --build --preset fuzz --parallel $(JOBS)
	scripts/fuzz.sh build/fuzz/tests/fuzz/fuzz_inputs build/fuzz/inputs $(FUZZ_SECONDS)

faults: release
	cd tests/faults && PRIORSEG_PROGRAM=$(CURDIR)/build/release/apps/priorseg/priorseg PRIORSEG_KILLS=$(FAULT_KILLS) \
	  PRIORSEG_FAULT_PLACES=0 python3 -B -m unittest -v test_kills test_failing_files test_limits test_outside

bench:
	@$(install_packages) bench
	cmake --preset bench
	cmake --build --preset bench --parallel $(JOBS)
	python3 bench/speed/summary.py build/release/apps/priorseg/priorseg build/release/bench/speed build/bench
	python3 bench/speed/busy_machine.py build/release/apps/priorseg/priorseg build/bench/busy | tee build/bench/busy.md

bench-accuracy: release
	bench/accuracy/reproduce.sh build/release/apps/priorseg/priorseg build/bench-accuracy

bench-ablation: release
	bench/accuracy/ablation.sh build/release/apps/priorseg/priorseg build/bench-ablation

# clang cannot compile LibTorch 1.13 as C++20 with GCC's standard library, but can with its own.
tidy:
	@$(install_packages) tidy
	cmake --preset tidy
	find src apps -name '*.cpp' | sort | \
	  xargs --max-procs=$(JOBS) --max-args=1 clang-tidy --quiet -p build/tidy --extra-arg=-stdlib=libc++

clean:
	rm -rf build
