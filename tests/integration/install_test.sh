#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install_test.sh BUILD SOURCE: what is installed works where it is moved to: the program with its own RTL model and configurations, and
# programs that are built against every library, with CMake and with pkg-config. (tests/systemc/consumer_test.sh is about SystemC.)
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
foreach(NAME golden compiler cycles waves)
  add_executable(${NAME} ${NAME}.cpp)
  target_link_libraries(${NAME} Weft::${NAME})
endforeach()
add_executable(driver driver.c)
target_link_libraries(driver Weft::driver)
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
cat >use/compiler.cpp <<'CPP'
#include <weft/compiler.hpp>

#include <cstdio>
int main(int, char** argv) {
  const weft::CompiledNetwork net = weft::CompileNetwork(weft::ReadModel(argv[1]), 1, weft::Config::Load(argv[2]));
  std::printf("%zu layers, %zu start\n", net.graph.nodes.size(), net.programs.size());
}
CPP
cat >use/cycles.cpp <<'CPP'
#include <weft/compiler.hpp>
#include <weft/cycles.hpp>

#include <cstdio>
int main(int, char** argv) {
  const weft::Config config = weft::Config::Load(argv[2]);
  const weft::CompiledNetwork net = weft::CompileNetwork(weft::ReadModel(argv[1]), 1, config);
  std::printf("%lld cycles\n",
              static_cast<long long>(weft::CountCycles(net.programs[0].program, config, weft::Memory::Parse("", config)).cycles));
}
CPP
cat >use/waves.cpp <<'CPP'
#include <weft/waves.hpp>

#include <cstdio>
int main(int, char** argv) {
  const std::unique_ptr<weft::WaveReader> waves = weft::OpenWaves(argv[1]);
  for (const weft::WaveVariable& v : waves->Header().variables) std::printf("%s %d\n", v.name.c_str(), v.bits);
}
CPP
cat >use/driver.c <<'C'
#include <stdio.h>
#include <weft/driver.h>
int main(void) {
  const weft_program nothing = {NULL, 1, 1, 1};
  weft_device device = {0};
  puts(weft_code_name(weft_device_run(&device, &nothing, NULL, 0, NULL, 0, 0)));
  return 0;
}
C
cat >use/uio.c <<'C'
#include <driver/uio/weft_uio.h>
#include <stdio.h>
int main(void) {
  weft_uio weft;
  if (weft_uio_open(&weft, "/dev/nothing", "/dev/nothing", "/sys/nothing") != 0) puts(weft.error);
  return 0;
}
C
printf '$scope module tb $end\n$var wire 3 ! bus $end\n$upscope $end\n$enddefinitions $end\n#0\nb101 !\n' >use/waves.vcd

says() { [[ $("${@:2}") == "$1" ]] || { echo "${*:2} does not say: $1"; exit 1; }; } # SENTENCE COMMAND...
check() { # FOLDER of programs
  local net=("$source/models/fashion_cnn.onnx" moved/share/weft/configs/4x4.json)
  says "1073741824 0" "$1/golden"
  says "4 layers, 1 start" "$1/compiler" "${net[@]}"
  says "$cycles cycles" "$1/cycles" "${net[@]}"
  says "tb.bus 3" "$1/waves" use/waves.vcd
  says "the program, or a tensor of it, does not fit the device's memory window" "$1/driver"
  says "/dev/nothing: No such file or directory" "$1/uio"
}
cycles=$(moved/bin/weft run "$source/models/fashion_cnn.onnx" --engine cycles --config 4x4 --json - 2>/dev/null |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["cycles"])')
cmake -S use -B use/build -DCMAKE_PREFIX_PATH="$dir/moved" >log 2>&1 && cmake --build use/build >>log 2>&1 || { cat log; exit 1; }
check use/build

mkdir use/pc
PKG_CONFIG_PATH=$(dirname "$(find moved -name weft-golden.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
{
  for name in golden compiler cycles waves; do
    c++ $(pkg-config --cflags weft-$name) use/$name.cpp -o use/pc/$name $(pkg-config --libs weft-$name)
  done
  for name in driver uio; do cc $(pkg-config --cflags weft-driver) use/$name.c -o use/pc/$name $(pkg-config --libs weft-driver); done
}
check use/pc

# Components: what is asked for is there, or is refused by name.
cat >use/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(use CXX)
find_package(Weft REQUIRED COMPONENTS ${WANTED})
CMAKE
cmake -S use -B use/some -DWANTED='golden;cycles' -DCMAKE_PREFIX_PATH="$dir/moved" >log 2>&1 || { cat log; exit 1; }
if cmake -S use -B use/none -DWANTED=waffles -DCMAKE_PREFIX_PATH="$dir/moved" >log 2>&1; then echo "it has waffles"; exit 1; fi
grep -q 'Weft has no component waffles' log
echo "programs against golden, compiler, cycles, waves, driver and driver_uio, with CMake and with pkg-config"
