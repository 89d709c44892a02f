#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing of scripts/packages.txt: `bootstrap.sh debian`, `bootstrap.sh python` and `bootstrap.sh fpga` (both into
# .venv), `bootstrap.sh train`, `bootstrap.sh litex`, `bootstrap.sh docs`, `bootstrap.sh cluster`. Says what it installs; costs nothing when all is
# there; uses sudo when it is not root.
set -euo pipefail
cd "$(dirname "$0")/.."

list() { sed -n "s/^$1 //p" scripts/packages.txt; }

debian() {
  local missing=() package
  for package in $(list "$1"); do
    [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  echo "bootstrap: installing Debian packages: ${missing[*]}"
  local sudo=()
  [[ $(id -u) -eq 0 ]] || sudo=(sudo)
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

python() {  # KIND STAMP
  debian debian
  local stamp=.venv/$2.txt
  [[ ! -f $stamp || $(list "$1") != $(cat "$stamp") ]] || return 0
  echo "bootstrap: installing Python packages into .venv: $(list "$1" | tr '\n' ' ')"
  [[ -x .venv/bin/pip ]] || /usr/bin/python3 -m venv .venv
  list "$1" | xargs .venv/bin/pip install --quiet --disable-pip-version-check
  list "$1" >"$stamp"
}

case ${1-} in
  debian) debian debian ;;
  train) debian debian && debian train ;;
  docs) debian debian && debian docs ;;
  cluster) debian debian && debian cluster ;;
  litex) python python packages && debian litex && python litex-python litex ;;
  python) python python packages ;;
  fpga) python python packages && python fpga fpga ;;
  *) echo "usage: bootstrap.sh debian|python|fpga|train|litex|docs|cluster" >&2 && exit 2 ;;
esac
