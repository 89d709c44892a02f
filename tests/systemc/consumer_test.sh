#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs into a folder of its own, then builds and runs a platform against what is there: with CMake and with
# pkg-config.
#   consumer_test.sh BUILD SOURCE
set -euo pipefail
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cmake --install "$1" --prefix "$dir/prefix" >"$dir/log" || { cat "$dir/log"; exit 1; }
cp -r "$2/tests/systemc/consumer" "$dir/consumer"
cp "$2/models/fashion_cnn.onnx" "$dir"
"$1/weft" compile "$dir/fashion_cnn.onnx" -o "$dir/net.weft" --config 4x4 >/dev/null
if grep -rl "$2" "$dir/prefix" --include='*.cmake' --include='*.pc' --include='*.hpp' --include='*.h'; then
  echo "these installed files name the source tree"
  exit 1
fi
cmake -S "$dir/consumer" -B "$dir/build" -DCMAKE_PREFIX_PATH="$dir/prefix" >"$dir/log" 2>&1 &&
  cmake --build "$dir/build" >>"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
"$dir/build/consumer" "$dir/net.weft" | tee "$dir/cmake.out"
export PKG_CONFIG_PATH="$dir/prefix/lib/pkgconfig"
# shellcheck disable=SC2046
c++ $(pkg-config --cflags weft-systemc) "$dir/consumer/consumer.cpp" -o "$dir/consumer/by_pkg_config" $(pkg-config --libs weft-systemc)
"$dir/consumer/by_pkg_config" "$dir/net.weft" | diff "$dir/cmake.out" -
echo "the same with pkg-config"
