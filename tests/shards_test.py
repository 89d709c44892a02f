#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shards of a random test see what the whole sees: what they count adds up.

    shards_test.py LIST_TEST
"""

import os
import re
import subprocess
import sys

SHARDS = 3


def counts(**variables):
    """Lists; those with one code; those not followed; bytes that they would write."""
    run = subprocess.run([sys.argv[1], "--gtest_filter=*Lists.Random/*"], env={**os.environ, "WEFT_RANDOM_LAYERS": "100", **variables},
                         capture_output=True, text=True, check=True)
    found = re.findall(r"^  (\S+): (\d+) lists, (\d+) with .*, (\d+) not followed, (\d+) bytes written$", run.stdout, re.M)
    return {config: [int(number) for number in numbers] for config, *numbers in found}


def main():
    whole, other = counts(), counts(WEFT_SEED="1")
    parts = [counts(WEFT_SHARD=f"{i}/{SHARDS}") for i in range(1, SHARDS + 1)]
    added = {config: [sum(numbers) for numbers in zip(*(part[config] for part in parts))] for config in whole}
    print(f"whole: {whole}\nadded: {added}\nseed 1: {other}")
    if not whole or added != whole:
        sys.exit("the shards are not the whole")
    if any(other[config][1:] == whole[config][1:] for config in whole):
        sys.exit("seed 1 gives the lists of seed 0")


if __name__ == "__main__":
    main()
