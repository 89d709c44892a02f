#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh PYTHON SCRIPT [OPTION...]: fails with a sentence where the project's Python is not there.
python=$1
shift
[ -x "$python" ] || { echo "$python is not there: scripts/bootstrap.sh python makes it" >&2; exit 1; }
exec "$python" "$@"
