# SPDX-License-Identifier: Apache-2.0
# `weft waves` finds four faults of tests/mutants in as many modules of the engine, and two in the system around it; `make mutants`
# tries all of them.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME mutants COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/scripts/mutants.py --quick
         --weft $<TARGET_FILE:weft> --build ${PROJECT_BINARY_DIR}/mutants
         --only feeder-zero-padding pe-not-cleared requantize-half-up sequencer-line-early system-read-no-wait system-walk-group)
set_tests_properties(mutants PROPERTIES LABELS engine TIMEOUT 600)
