#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install_test.sh FAKE_UIO SOURCE: pip installs the package into a fresh environment, as a user does, and there its tests run against the
# program that comes with it, away from the tree.
set -euo pipefail
fake_uio=$(realpath "$1") source=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
/usr/bin/python3 -m venv "$dir/venv"
pip=("$dir/venv/bin/pip" --quiet --disable-pip-version-check install)
"${pip[@]}" "$source"
sed -nE 's/^python ((onnx|onnxruntime|mypy).*)/\1/p' "$source/scripts/packages.txt" | xargs "${pip[@]}"
cd "$dir"
venv/bin/python -c 'import weft; print("imported from", weft.__file__)' | grep -F "$dir/venv"
venv/bin/weft conv --in 8x8x8 --filters 8x3x3 --engine rtl --config 4x4 --check | grep '288 outputs compared, 0 mismatches'
venv/bin/mypy --strict -p weft
venv/bin/python "$source/tests/python/weft_test.py" --weft "$dir/venv/bin/weft" --fake-uio "$fake_uio"
