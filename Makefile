# SPDX-License-Identifier: Apache-2.0
# make            installs what is missing, builds, and classifies Fashion-MNIST images on the RTL
# make test       installs and builds the same, then runs all tests
# make help       the other targets
DATA := /usr/share/datasets/fashion-mnist
IMAGES := $(DATA)/t10k-images-idx3-ubyte.gz
LABELS := $(DATA)/t10k-labels-idx1-ubyte.gz
MODEL := models/fashion_cnn.onnx
JOBS := $(shell nproc)

.DEFAULT_GOAL := demo
.PHONY: demo configure weft build clang engine waves mutants test formal formats asan coverage accuracy lint tidy format long bench speed cluster oracle integrate litex-network litex litex-bitstream python systemc build-install install deb synth netlist qor board train site docs-slow screenshots clean help

demo: weft  ## classify 128 test images on the Verilated RTL, every layer compared with the golden model
	build/weft run $(MODEL) --input $(IMAGES) --labels $(LABELS) --limit 128 --batch 64 --engine rtl --check

bootstrap-%:  ## install packages: bootstrap-debian, -python and -fpga (into .venv), -train, -litex, -docs, -cluster (scripts/packages.txt); the targets do it themselves
	@scripts/bootstrap.sh $*

configure: bootstrap-debian  ## run CMake
	@cmake --preset release $(CMAKE_ARGS) > build.log 2>&1 || { cat build.log; exit 1; }

weft: configure  ## build the program and the RTL models
	@cmake --build --preset release -j $(JOBS) --target weft weft_engines

build: configure  ## build everything, tests too
	@cmake --build --preset release -j $(JOBS)

engine: configure  ## build the RTL model of one more configuration: make engine CONFIG=NAME|FILE
	@test -n "$(CONFIG)" || { echo "make engine: say CONFIG=NAME or CONFIG=FILE.json"; exit 2; }
	@cmake --build --preset release -j $(JOBS) --target weft
	@build/weft conv --in 8x8x8 --filters 8x1x1 --engine cycles --config $(CONFIG) --json /dev/null > /dev/null
	@cmake --preset release -DWEFT_EXTRA_ENGINES="$(CONFIG)" > build.log 2>&1 || { cat build.log; exit 1; }
	@cmake --build --preset release -j $(JOBS) --target weft_engines

test: bootstrap-python build  ## all tests
	ctest --preset release -j $(JOBS)

asan: bootstrap-debian  ## the C++ tests under the address and undefined-behaviour sanitizers
	cmake --preset asan > /dev/null
	cmake --build --preset asan -j $(JOBS)
	ctest --preset asan -j $(JOBS) -LE 'rtl|engine'

clang: bootstrap-debian  ## build all with clang instead of g++
	cmake --preset clang > /dev/null
	cmake --build --preset clang -j $(JOBS)

coverage: bootstrap-debian  ## which lines, branches and control bits of the RTL the tests reach; fails below docs/coverage.md
	@cmake --preset coverage > build.log 2>&1 || { cat build.log; exit 1; }
	@cmake --build --preset coverage -j $(JOBS) --target rtl_test system_test weft_engines
	/usr/bin/python3 scripts/coverage.py --jobs $(JOBS)

accuracy: weft  ## accuracy of the golden model on all 10,000 test images, beside the float network's
	@build/weft run $(MODEL) --input $(IMAGES) --labels $(LABELS) --engine golden --json build/accuracy.json > /dev/null
	@build/weft info $(MODEL) | sed -n 's/^float_accuracy: \(.*\)/float accuracy: \1 %/p'
	@awk -F'[:,]' '/"accuracy"/ {printf "int8 accuracy: %.2f %%\n", 100 * $$2}' build/accuracy.json

lint: bootstrap-python configure  ## Verilator, Icarus, Yosys, clang-format and clang-tidy over everything
	scripts/lint.sh

formal: bootstrap-python  ## prove the properties of tests/formal, and that planted faults break them
	/usr/bin/python3 scripts/formal.py

formats: bootstrap-debian  ## write what follows from rtl/registers.json and rtl/list.json: RTL packages, C and C++ headers, documentation
	/usr/bin/python3 scripts/registers.py
	/usr/bin/python3 scripts/list_format.py

tidy: configure  ## clang-tidy over libraries and programs; files that have not changed since they were clean are not read again
	/usr/bin/python3 scripts/tidy.py

format: bootstrap-debian  ## format the C++
	clang-format-14 -i $$(git ls-files '*.cpp' '*.hpp')

LAYERS := 20000
SHARD := 1/1
SEED := 0
long: export WEFT_RANDOM_LAYERS = $(LAYERS)
long: export WEFT_SHARD = $(SHARD)
long: export WEFT_SEED = $(SEED)
long: build  ## 20,000 random layers x configurations x memory timings on the RTL, 1,000 networks, 4,200 damaged lists: make long [LAYERS=N] [SHARD=I/N] [SEED=S]
	@build/tests/random_shard
	ctest --preset release -R Random --timeout 7200

cluster: weft bootstrap-python bootstrap-cluster  ## sweeps as a Snakemake workflow, here and on a Slurm of one node
	ctest --preset release -R Sweep

waves: weft  ## compare every internal stream of the demo network's run with the golden model, of the engine and of the system
	build/weft waves $(MODEL) --input $(IMAGES) --out build/waves --time
	build/weft waves $(MODEL) --input $(IMAGES) --out build/waves/system --time --system

mutants: build  ## plant every fault of tests/mutants in a copy of the RTL; the comparison must name it
	/usr/bin/python3 scripts/mutants.py

bench: build bootstrap-python  ## utilisation of well-known networks on several arrays, with plots
	.venv/bin/python scripts/bench.py

speed: build  ## simulation speed beside the bare array's; golden model's speed
	build/weft_throughput

oracle: weft bootstrap-python  ## networks, settings and 12,000 random layers and graphs beside onnxruntime and tflite-micro, byte by byte
	.venv/bin/python tests/oracle/onnx_matrix.py
	.venv/bin/python tests/oracle/onnx_random.py
	.venv/bin/python tests/oracle/onnx_random.py --engine rtl --layers 500 --graphs 100
	.venv/bin/python tests/oracle/onnx_networks.py
	.venv/bin/python tests/oracle/onnx_models.py --images 1000
	.venv/bin/python tests/oracle/onnx_node_data.py
	.venv/bin/python tests/oracle/onnx_exhaustive.py
	.venv/bin/python tests/oracle/tflite_random.py --count 6000
	.venv/bin/python tests/oracle/tflite_random.py --count 360 --engine rtl
	.venv/bin/python tests/oracle/tflite_exhaustive.py
	.venv/bin/python tests/oracle/tflite_networks.py
	.venv/bin/python tests/oracle/tflite_networks.py --engine rtl --config 8x8 --size 32 --images 1

integrate: weft bootstrap-python  ## the whole demo network on weft_axi with Icarus: SystemVerilog bench, cocotb bench
	build/weft compile $(MODEL) -o build/integrate.weft --config 4x4
	build/weft export build/integrate.weft --format mem --input $(IMAGES) -o build/integrate/mem
	integration/systemverilog/run.sh build/integrate/mem
	build/weft export build/integrate.weft --format bin --input $(IMAGES) -o build/integrate/bin
	.venv/bin/python integration/cocotb/run.py build/integrate/bin

python: configure  ## install the Python package into a fresh environment with pip, and run its tests there
	@cmake --build --preset release -j $(JOBS) --target fake_uio
	tests/python/install_test.sh build/tests/driver/fake_uio .

litex-network: weft bootstrap-litex
	build/weft compile $(MODEL) -o build/litex.weft --config 4x4
	build/weft export build/litex.weft --format c --input $(IMAGES) -o build/litex

litex: litex-network  ## the demo network on a LiteX SoC (VexRiscv, SDRAM, UART, Weft), simulated
	.venv/bin/python integration/litex/sim.py build/litex

litex-bitstream: litex-network  ## the same SoC's bitstream for the ULX3S (LFE5U-85F), by Yosys and nextpnr
	.venv/bin/python integration/litex/ulx3s.py build/litex

systemc: configure  ## Weft in a virtual platform: whole networks loosely timed and cycle accurate, equal bytes and cycles
	@cmake --build --preset release -j $(JOBS) --target platform_table weft_engines
	@SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 build/platform_table 8x8 models/fashion_cnn.onnx models/resnet8.onnx models/mobilenet_tiny.onnx

PREFIX := /usr/local
build-install: bootstrap-debian
	@cmake --preset install -DCMAKE_INSTALL_PREFIX=$(PREFIX) $(CMAKE_ARGS) > build.log 2>&1 || { cat build.log; exit 1; }
	@cmake --build --preset install -j $(JOBS) --target weft weft_engines weft_installed

install: build-install  ## build for every machine of this kind of processor, and install: make install [PREFIX=/usr/local] [DESTDIR=...]
	@cmake --install build-install > build.log || { cat build.log; exit 1; }
	@echo "installed into $(DESTDIR)$(PREFIX): bin/weft"

deb: build-install  ## the same as a Debian package, build-install/weft_*.deb
	@cd build-install && cpack > ../build.log || { cat ../build.log; exit 1; }
	@ls build-install/weft_*.deb

FPGA := ecp5
synth: bootstrap-fpga  ## place and route: make synth FPGA=ecp5|gowin|nexus [PART=...] [CONFIG=8x16] [TOP=conv_engine|weft_top] [SEEDS=3] [BITSTREAM=1]
	.venv/bin/python fpga/synth.py --fpga $(FPGA) --config $(or $(CONFIG),8x16) --top $(or $(TOP),conv_engine) $(PART:%=--part %) \
		$(SEEDS:%=--seeds %) $(if $(BITSTREAM),--bitstream)

netlist: bootstrap-python configure  ## simulate the netlist after Yosys: equal bytes and cycles, planted faults found: make netlist [FPGA=ecp5] [CONFIG=2x2] [OPTIONS=...]
	@cmake --build --preset release -j $(JOBS) --target weft system_test
	.venv/bin/python fpga/netlist/netlist.py --fpga $(FPGA) --config $(or $(CONFIG),2x2) $(OPTIONS)

qor: weft bootstrap-fpga  ## the table of docs/fpga.md: five seeds of what fpga/qor.yaml names, and networks on it: make qor [JOBS=N]
	.venv/bin/python scripts/qor.py --jobs $(JOBS)

board: bootstrap-fpga  ## the bitstream of a board of fpga/boards: make board BOARD=ulx3s-85f|ulx3s-25f|tang-nano-20k [CONFIG=...] [BAUD=...] [MEMORY_BYTES=...] [SEED=1]
	@test -n "$(BOARD)" || { echo "make board: say BOARD=NAME, one of $(basename $(notdir $(wildcard fpga/boards/*.json)))"; exit 2; }
	.venv/bin/python fpga/board.py $(BOARD) $(CONFIG:%=--config %) $(BAUD:%=--baud %) $(MEMORY_BYTES:%=--memory-bytes %) $(SEED:%=--seed %)

NETWORK := fashion_cnn
train: bootstrap-train  ## train and quantise a network of models/ anew: make train [NETWORK=resnet8]
	/usr/bin/python3 scripts/train.py --network $(NETWORK)

site: bootstrap-python  ## the documents as a site, build/site/index.html; make site SERVE=1 also serves it, with search, on port 8000
	@NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --strict
	@$(if $(SERVE),.venv/bin/python -m http.server --bind localhost --directory build/site,echo "build/site/index.html")

docs-slow: build bootstrap-python  ## run every command of the documents, also those that take minutes
	tests/docs/docs_test.py --slow

screenshots: weft bootstrap-docs  ## take the pictures of docs/report.md anew
	scripts/screenshots.sh

clean:  ## remove what was built
	rm -rf build build-asan build-clang build-coverage build-install build-mutants build.log

help:  ## list the targets
	@sed -n 's/^\([a-z%-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14
