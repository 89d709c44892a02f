#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small networks x settings of onnxruntime's quantiser: does `weft run` take the file, and does it give onnxruntime's bits?

Outputs that a DequantizeLinear gives are compared as codes: they have to be equal, those of a Softmax to one step. Outputs that stay float
have to be equal but for 1e-5 of the largest. The exit status is 1 if an element differs, or if a setting has less than 85 % of its networks
accepted.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import multiprocessing
import pathlib
import re
import sys
import tempfile

import common
import numpy as np
import onnx
from float_nets import NETS
from quantisers import SETTINGS, quantise

NEEDED = 0.85
IMAGES = 2
SYMBOLS = {"equal": "=", "close": "~", "differs": "#", "failed": "!", "refused": "-", "unmade": "."}


@dataclasses.dataclass
class Outcome:
    net: str
    setting: str
    verdict: str  # one of SYMBOLS
    elements: int = 0
    sentence: str = ""


def judge(net: str, comparison: common.Comparison) -> tuple[str, str]:
    allowed = 1 if "softmax" in net else 0
    if comparison.steps > allowed:
        return "differs", f"{comparison.differing} of {comparison.elements} elements, up to {comparison.steps} steps: {comparison.where}"
    if comparison.distance > common.FLOAT_TOLERANCE:
        return "differs", f"float values by {comparison.distance:.2g} of the largest"
    return ("close" if comparison.steps or comparison.distance else "equal"), ""


def try_case(case: tuple[str, str, str, int, str]) -> Outcome:
    net, setting, weft, seed, keep = case
    random = np.random.default_rng(seed)
    shape = NETS[net].shape[1:]
    calibration, images = (random.uniform(-1, 1, [count, *shape]).astype(np.float32) for count in (8, IMAGES))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(keep or temporary) / f"{net}.{setting}".replace(" ", "_").replace(",", "")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            model = quantise(NETS[net].build(SETTINGS[setting].opset, SETTINGS[setting].batch), SETTINGS[setting], calibration, folder)
            theirs = common.run_onnxruntime(str(model), images)
        except Exception as error:  # the quantiser's own limits, of any type
            return Outcome(net, setting, "unmade", sentence=f"{type(error).__name__}: {error}".splitlines()[0][:160])
        try:
            comparison = common.compare(onnx.load(model), common.run_weft(weft, model, images), theirs)
        except common.Refused as refused:
            return Outcome(net, setting, "refused", sentence=str(refused))
        except common.Failed as failed:
            return Outcome(net, setting, "failed", sentence=str(failed))
    verdict, sentence = judge(net, comparison)
    return Outcome(net, setting, verdict, comparison.elements, sentence)


def print_group(title: str, outcomes: list[Outcome]) -> None:
    """Each sentence once, whatever names and numbers are in it, with the networks and settings that gave it."""
    groups: dict[str, list[Outcome]] = collections.defaultdict(list)
    for outcome in outcomes:
        groups[re.sub(r"'[^']*'|\d+", "", outcome.sentence)].append(outcome)
    if groups:
        print(f"\n{title}:")
    for members in sorted(groups.values(), key=lambda group: -len(group)):
        nets = sorted({member.net for member in members})
        settings = sorted({member.setting for member in members})
        shown = "all" if len(settings) == len(SETTINGS) else "; ".join(settings[:4]) + ("; ..." if len(settings) > 4 else "")
        indented = members[0].sentence.replace("\n", "\n        ")
        print(f"{len(members):5}x {indented}\n        [{', '.join(nets[:8])}{', ...' if len(nets) > 8 else ''}] in [{shown}]")


def report(outcomes: list[Outcome], nets: list[str], settings: list[str]) -> bool:
    """Prints tables; whether all is as it has to be."""
    table = {(outcome.net, outcome.setting): outcome.verdict for outcome in outcomes}
    print("\n= equal   ~ equal but for float operators or one step of a softmax   # differs   ! failed   - refused   . onnxruntime does not quantise it")
    for net in nets:
        print(f"{net:24} {''.join(SYMBOLS[table[net, setting]] for setting in settings)}")
    for verdict, title in (("differs", "Differing"), ("failed", "Failed"), ("refused", "Refused"), ("unmade", "Not made by onnxruntime")):
        print_group(title, [outcome for outcome in outcomes if outcome.verdict == verdict])
    print(f"\n{'setting':44}{'nets':>6}{'accepted':>10}{'equal':>7}{'close':>7}{'differ':>8}{'failed':>8}{'refused':>9}")
    good = True
    for setting in settings:
        count = collections.Counter(outcome.verdict for outcome in outcomes if outcome.setting == setting)
        made = count.total() - count["unmade"]
        accepted = made - count["refused"] - count["failed"]
        good = good and made > 0 and accepted >= NEEDED * made and count["differs"] + count["failed"] == 0
        share = f"{accepted / made:.1%}" if made else "-"
        print(f"{setting:44}{made:6}{share:>10}{count['equal']:7}{count['close']:7}{count['differs']:8}{count['failed']:8}{count['refused']:9}")
    total = collections.Counter(outcome.verdict for outcome in outcomes)
    made = total.total() - total["unmade"]
    print(f"{len(nets)} networks in {len(settings)} settings: {made} files, {made - total['refused'] - total['failed']} accepted, "
          f"{sum(outcome.elements for outcome in outcomes)} elements compared, {total['differs']} files differ")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=str(common.ROOT / "build" / "weft"))
    parser.add_argument("--only", default="", help="networks whose name holds this, or NET,NET,... by their names")
    parser.add_argument("--settings", default="", help="settings whose name holds this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--keep", default="", help="leave the files in this folder")
    options = parser.parse_args()
    names = options.only.split(",")
    nets = [net for net in NETS if net in names] or [net for net in NETS if options.only in net]
    settings = [setting for setting in SETTINGS if options.settings in setting]
    if not nets or not settings:
        sys.exit(f"no network or no setting is called so; networks: {', '.join(NETS)}; settings: {'; '.join(SETTINGS)}")
    common.require_file(options.weft)
    cases = [(net, setting, options.weft, options.seed, options.keep) for net in nets for setting in settings]
    with multiprocessing.Pool(options.jobs) as pool:
        outcomes = list(pool.imap(try_case, cases, chunksize=4))
    return 0 if report(outcomes, nets, settings) else 1


if __name__ == "__main__":
    sys.exit(main())
