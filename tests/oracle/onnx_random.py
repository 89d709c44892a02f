#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random quantised layers and graphs: every code that `weft run` gives is onnxruntime's.

A model has many layers, each with an output of its own; a graph gives all its tensors. With --engine rtl, `weft run --check` also compares the
hardware with the golden model and its cycles with the cycle model.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import multiprocessing
import pathlib
import sys
import tempfile

import common
import numpy as np
import onnx
from random_graphs import random_graph
from random_layers import KINDS, random_layers

LAYERS_OF_A_MODEL = 40
IMAGES = 2


@dataclasses.dataclass(frozen=True)
class Case:
    kind: str  # one of KINDS, or graph
    seed: int
    layers: int
    weft: str
    engine: tuple[str, ...]  # its name, and options of it
    keep: str


@dataclasses.dataclass
class Outcome:
    case: Case
    verdict: str  # equal, differs, refused, failed or unmade
    tested: int = 0  # layers, or one graph
    elements: int = 0
    sentence: str = ""
    operators: list[str] = dataclasses.field(default_factory=list)


def try_case(case: Case) -> Outcome:
    random = np.random.default_rng([case.seed, *case.kind.encode()])
    operators = [case.kind]
    if case.kind == "graph":
        model, images, operators = random_graph(random, IMAGES)
    else:
        model, images = random_layers(random, case.kind, case.layers, IMAGES)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(case.keep or temporary) / f"{case.kind}{case.seed}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "model.onnx"
        onnx.save(model, file)
        try:
            theirs = common.run_onnxruntime(str(file), images)
        except Exception as error:  # limits of onnxruntime, of any type
            return Outcome(case, "unmade", sentence=f"{type(error).__name__}: {error}".splitlines()[0][:200])
        try:
            comparison = common.compare(model, common.run_weft(case.weft, file, images, *case.engine[1:], engine=case.engine[0]), theirs)
        except common.Refused as refused:
            return Outcome(case, "refused", sentence=str(refused), operators=operators)
        except common.Failed as failed:
            return Outcome(case, "failed", sentence=str(failed), operators=operators)
    tested = 1 if case.kind == "graph" else len(theirs)
    if comparison.differing:
        sentence = f"{comparison.differing} of {comparison.elements} elements, up to {comparison.steps} steps: {comparison.where}"
        return Outcome(case, "differs", tested, comparison.elements, sentence, operators)
    return Outcome(case, "equal", tested, comparison.elements, operators=operators)


def report(outcomes: list[Outcome], asked: dict[str, int]) -> bool:
    """Whether as many layers and graphs as were asked for are equal, and no other was seen."""
    for verdict in ("differs", "failed", "refused", "unmade"):
        chosen = [outcome for outcome in outcomes if outcome.verdict == verdict]
        for sentence, count in collections.Counter(o.sentence for o in chosen).most_common(12):
            example = next(o for o in chosen if o.sentence == sentence)
            print(f"{verdict} {count}x, as {example.case.kind} of seed {example.case.seed} ({', '.join(example.operators)}): {sentence}")
    good = True
    for kind, count in asked.items():
        of_kind = [outcome for outcome in outcomes if outcome.case.kind == kind]
        equal = sum(outcome.tested for outcome in of_kind if outcome.verdict == "equal")
        other = collections.Counter(outcome.verdict for outcome in of_kind if outcome.verdict not in ("equal", "unmade"))
        unmade = sum(outcome.verdict == "unmade" for outcome in of_kind)
        good = good and equal > 0 and not other and unmade <= len(of_kind) // 20
        print(f"{kind}: {equal} of {count} equal, {sum(outcome.elements for outcome in of_kind)} elements"
              f"{''.join(f', {n} models {verdict}' for verdict, n in other.items())}{f', {unmade} not made by onnxruntime' if unmade else ''}")
    operators = collections.Counter(operator for outcome in outcomes if outcome.case.kind == "graph" for operator in outcome.operators)
    if operators:
        print("operators of the graphs:", ", ".join(f"{operator} {count}" for operator, count in operators.most_common()))
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weft", default=str(common.ROOT / "build" / "weft"))
    parser.add_argument("--layers", type=int, default=10000, help="so many QLinearConv, QGemm and QLinearMatMul layers together")
    parser.add_argument("--graphs", type=int, default=2000)
    parser.add_argument("--engine", default="golden", choices=["golden", "rtl"])
    parser.add_argument("--config", default="4x4", help="the hardware of --engine rtl")
    parser.add_argument("--seed", type=int, default=1, help="of the first model of each kind")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--keep", default="", help="leave the files in this folder")
    options = parser.parse_args()
    common.require_file(options.weft)
    if options.layers < 1 and options.graphs < 1:
        sys.exit("there is nothing to compare: give --layers or --graphs")
    engine = ("rtl", "--config", options.config, "--check") if options.engine == "rtl" else ("golden",)
    shares = {"conv": 0.6, "gemm": 0.2, "matmul": 0.2}
    asked = {kind: int(np.ceil(options.layers * shares[kind])) for kind in KINDS if options.layers > 0}
    cases = []
    for kind, count in asked.items():
        each = min(LAYERS_OF_A_MODEL, max(1, count // 4))
        cases += [Case(kind, options.seed + i, min(each, count - first), options.weft, engine, options.keep) for i, first in enumerate(range(0, count, each))]
    if options.graphs > 0:
        asked["graph"] = options.graphs
        cases += [Case("graph", options.seed + i, 0, options.weft, engine, options.keep) for i in range(options.graphs)]
    with multiprocessing.Pool(options.jobs) as pool:
        outcomes = list(pool.imap(try_case, cases, chunksize=4))
    return 0 if report(outcomes, asked) else 1


if __name__ == "__main__":
    sys.exit(main())
