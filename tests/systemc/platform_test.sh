#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The platform example on one network with each inside, beside a second Weft of another configuration: same outputs,
# same cycles at the interrupt, a line of text for each transaction and a VCD.
#   platform_test.sh WEFT PLATFORM MODEL
set -euo pipefail
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$1" compile "$3" -o "$dir/first.weft" --config 4x4 >/dev/null
"$1" compile "$3" -o "$dir/second.weft" --config 5x7 >/dev/null
for inside in lt rtl pins; do
  "$2" "$dir/first.weft" --inside $inside --second "$dir/second.weft" --log "$dir/$inside.log" --trace "$dir/$inside.vcd" |
    grep weft >"$dir/$inside.out"
  grep -q 'weft0 *read' "$dir/$inside.log" && grep -q 'cpu *write' "$dir/$inside.log" || { echo "no transactions of $inside"; exit 1; }
  grep -q '\$var .* address' "$dir/$inside.vcd" && grep -q 'weft0_irq' "$dir/$inside.vcd" || { echo "no VCD of $inside"; exit 1; }
  diff "$dir/lt.out" "$dir/$inside.out"
done
cat "$dir/lt.out"
[ "$(grep -c 'cycles at the interrupt' "$dir/lt.out")" -ge 2 ]
if "$2" "$dir/second.weft" --inside pins >"$dir/error" 2>&1; then echo "pins of another configuration are not refused"; exit 1; fi
grep -q 'the RTL with pins is built for configuration 4x4' "$dir/error"
echo "lt, rtl and pins: the same"
