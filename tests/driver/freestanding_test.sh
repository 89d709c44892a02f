#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# freestanding_test.sh WEFT SMALL_NETWORK SOURCE PYTHON: the driver compiles for a processor without a C library, a whole program with a
# network links there, Linux's device tree is one, and the Zephyr module's files fit each other and compile against stand-ins.
set -euo pipefail
weft=$1 small_network=$2 source=$3 python=$4
for tool in riscv64-unknown-elf-gcc dtc; do
  command -v $tool >/dev/null || { echo "$tool is not installed: scripts/bootstrap.sh debian"; exit 1; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cc=(riscv64-unknown-elf-gcc -march=rv64imac -mabi=lp64 -mcmodel=medany -O2 -ffreestanding -std=c99 -Wall -Wextra -Werror
  "-I$source/driver")

for file in weft weft_device example; do "${cc[@]}" -Wpedantic -c "$source/driver/$file.c" -o $file.o; done
"$small_network" small.onnx
"$weft" compile small.onnx -o small.weft --config 4x4 >/dev/null
"$weft" export small.weft --format c --input /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz -o net >/dev/null
"${cc[@]}" -Wpedantic -Inet -nostdlib "$source/driver/baremetal/main.c" net/network.c weft.o weft_device.o -Wl,-e,main -lgcc -o main.elf
riscv64-unknown-elf-size main.elf
"${cc[@]}" "-I$source/zephyr" "-I$source/tests/driver/zephyr" -c "$source/zephyr/weft_zephyr.c" -o zephyr.o

dtc -@ -I dts -O dtb -o weft.dtbo "$source/driver/uio/weft.dts" 2>warnings
[[ ! -s warnings ]] || { cat warnings; exit 1; }
"$python" "$source/tests/driver/zephyr_files.py"
echo "driver, bare metal program, Zephyr's driver, device tree"
