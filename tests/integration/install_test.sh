#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install_test.sh BUILD SOURCE: what is installed works where it is moved to: the program with its own RTL model and configurations, and
# a program that is built against golden model and driver. (tests/systemc/consumer_test.sh is about the rest.)
set -euo pipefail
build=$1 source=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cmake --install "$build" --prefix "$dir/first" >log || { cat log; exit 1; }
mv first moved
layer=(conv --in 8x8x8 --filters 8x3x3 --engine rtl --check)

moved/bin/weft "${layer[@]}" --config 4x4 | tee log
grep -q '288 outputs compared, 0 mismatches' log
cp moved/share/weft/configs/4x4.json moved/share/weft/configs/mine.json
moved/bin/weft "${layer[@]}" --config mine >log # the same hardware under a name that only the moved folder has
printf 'networks: [lenet5]\nconfigs: [mine]\nengine: rtl\nseeds: [1, 2]\n' >spec.yaml
moved/bin/weft sweep spec.yaml -o sweep >log
grep -q '2 of 2 points' log
rm moved/lib/weft/engines/*r4c4*
if moved/bin/weft "${layer[@]}" --config 4x4 2>log; then echo "it runs models that are not the moved ones"; exit 1; fi
grep 'RTL model of configuration 4x4' log

mkdir use
cat >use/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(use C CXX)
find_package(Weft REQUIRED)
add_executable(golden golden.cpp)
target_link_libraries(golden Weft::golden)
add_executable(uio uio.c)
target_link_libraries(uio Weft::driver_uio)
CMAKE
cat >use/golden.cpp <<'CPP'
#include <weft/golden.hpp>

#include <cstdio>
int main() {
  int32_t multiplier = 0;
  int shift = 0;
  weft::golden::QuantizeMultiplier(0.5, &multiplier, &shift);
  std::printf("%d %d\n", multiplier, shift);
}
CPP
cat >use/uio.c <<'C'
#include <driver/uio/weft_uio.h>
#include <stdio.h>
int main(void) {
  weft_uio weft;
  if (weft_uio_open(&weft, "/dev/nothing", "/dev/nothing", "/sys/nothing") != 0) puts(weft.error);
  return 0;
}
C
cmake -S use -B use/build -DCMAKE_PREFIX_PATH="$dir/moved" >log 2>&1 && cmake --build use/build >>log 2>&1 || { cat log; exit 1; }
[[ $(use/build/golden) == "1073741824 0" ]]
[[ $(use/build/uio) == "/dev/nothing: No such file or directory" ]]
echo "a program against Weft::golden, one against Weft::driver_uio"
