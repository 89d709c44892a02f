# SPDX-License-Identifier: Apache-2.0
"""What a sweep is asked for: a YAML file, read with the line of every value, so that what is refused is named with it.

Networks, configurations and memories are judged by `weft` itself, in its words. docs/sweep.md lists the keys.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import pathlib
import re
import subprocess
import sys

try:
    import yaml
except ImportError:
    sys.exit("weft sweep: PyYAML is missing (Debian: python3-yaml)")

KEYS = ("networks", "configs", "memories", "batches", "engine", "seeds", "input", "images", "clock", "fpga")
FPGA_KEYS = ("fpga", "top", "part", "speed", "freq", "configs", "seeds")  # options of fpga/synth.py; configurations; seeds of place and route
ENGINES = ("cycles", "rtl")
MODEL_FILES = (".onnx", ".tflite")


class SpecError(Exception):
    """What is wrong with the file, and what to change."""


@dataclasses.dataclass(frozen=True)
class Named:
    """A configuration or a network: what `weft` calls it, the name that it has in the table, and its file, if it is one."""
    argument: str
    name: str
    file: pathlib.Path | None = None
    fields: dict = dataclasses.field(default_factory=dict, compare=False)  # of a configuration

    @property
    def multipliers(self) -> int:
        return self.fields["rows"] * self.fields["cols"]


@dataclasses.dataclass
class Spec:
    networks: list[Named]
    configs: list[Named]
    memories: list[str]  # WIDTH:LATENCY; the width "bus" is that of the configuration's bus
    batches: list[int]
    engine: str
    seeds: list[int]  # of random data; empty: weft's own
    input: pathlib.Path | None
    images: int
    clock_mhz: float | None
    fpga: list[dict]  # options of fpga/synth.py; "configs" is a list of names or None for all, "seeds" one of numbers


class Reader:
    def __init__(self, path: pathlib.Path, weft: pathlib.Path, configs: pathlib.Path):
        self.path, self.weft, self.configs = path, weft, configs

    def refuse(self, node, sentence):
        raise SpecError(f"{self.path}:{node.start_mark.line + 1}: {sentence}")

    # ---- the shapes of YAML

    def mapping(self, node, what, keys):
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, f"{what}: give 'key: value' lines; the keys are {', '.join(keys)}")
        values = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in keys:
                self.refuse(key, f"there is no key '{name}' in {what}; there are {', '.join(keys)}")
            if name in values:
                self.refuse(key, f"{name} is there twice")
            values[name] = value
        return values

    def scalar(self, node, key):
        if not isinstance(node, yaml.ScalarNode) or node.value == "":
            self.refuse(node, f"{key}: give one value")
        return node.value

    def list(self, node, key):
        """The entries, none twice, as (node, text)."""
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.refuse(node, f"{key}: give a list of at least one, such as [{EXAMPLES[key]}]")
        entries = [(entry, self.scalar(entry, key)) for entry in node.value]
        for i, (entry, text) in enumerate(entries):
            if text in [before for _, before in entries[:i]]:
                self.refuse(entry, f"{key}: '{text}' is there twice")
            if re.match("-[^0-9]", text):  # `weft` would take it as one
                self.refuse(entry, f"{key}: '{text}' is an option, not a value")
        return entries

    def number(self, node, key, text, least=1, most=2**31 - 1):
        if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
            self.refuse(node, f"{key}: '{text}' is not a whole number from {least} to {most}")
        return int(text)

    def numbers(self, node, key, least=1, most=2**31 - 1):
        return [self.number(entry, key, text, least, most) for entry, text in self.list(node, key)]

    # ---- what the values mean

    def ask_weft(self, node, key, *arguments):
        """Has `weft` judge a value: its sentence is ours."""
        run = subprocess.run([self.weft, *arguments], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            said = (run.stderr.strip().splitlines() or [f"{self.weft} failed (status {run.returncode})"])[-1]
            self.refuse(node, f"{key}: {said.removeprefix('weft: ')}")

    def file(self, node, key, text):
        path = (self.path.parent / text).resolve()  # as seen from the spec
        if not path.is_file():
            self.refuse(node, f"{key}: there is no file {text} beside {self.path}")
        return path

    def config(self, node, text):
        file = (self.path.parent / text).resolve() if text.endswith(".json") else self.configs / f"{text}.json"
        self.ask_weft(node, "configs", "conv", "--in", "1x1x1", "--filters", "1x1x1", "--engine", "cycles", "--config",
                      str(file) if text.endswith(".json") else text)
        return Named(str(file) if text.endswith(".json") else text, file.stem, file, json.loads(file.read_text()))

    def network(self, node, text):
        if text.endswith(MODEL_FILES):
            file = self.file(node, "networks", text)
            self.ask_weft(node, "networks", "info", str(file))
            return Named(str(file), file.stem, file)
        self.ask_weft(node, "networks", "bench", text, "--engine", "cycles", "--no-layers")
        return Named(text, text)

    def memory(self, node, text):
        self.ask_weft(node, "memories", "conv", "--in", "1x1x1", "--filters", "1x1x1", "--engine", "cycles", "--memory",
                      re.sub("^bus:", "1:", text))
        return text

    def named(self, node, key, read):
        entries = []
        for entry, text in self.list(node, key):
            value = read(entry, text)
            if any(other.name == value.name for other in entries):
                self.refuse(entry, f"{key}: two are called {value.name}; rename one of the files")
            entries.append(value)
        return entries

    def clock(self, node):
        text = self.scalar(node, "clock")
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?MHz", text)
        if not match or float(match[1]) <= 0:
            self.refuse(node, f"clock: '{text}' is not a frequency such as 100MHz")
        return float(match[1])

    def fpga(self, node):
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.refuse(node, "fpga: give a list of at least one target, such as [{fpga: ecp5, top: weft_top, seeds: [1, 2, 3]}]")
        targets = []
        for entry in node.value:
            values = self.mapping(entry, "fpga", FPGA_KEYS)
            if "fpga" not in values:
                self.refuse(entry, "fpga: a target needs its family, such as fpga: ecp5")
            target = {key: self.scalar(value, key) for key, value in values.items() if key not in ("configs", "seeds")}
            for key, text in target.items():
                if not re.fullmatch(r"[\w.][\w.-]*", text):
                    self.refuse(values[key], f"{key}: '{text}' is no option of fpga/synth.py")
            target["configs"] = self.list(values["configs"], "configs") if "configs" in values else None
            target["seeds"] = self.numbers(values["seeds"], "seeds") if "seeds" in values else []
            if any({**other, "configs": 0, "seeds": 0} == {**target, "configs": 0, "seeds": 0} for other in targets):
                self.refuse(entry, "fpga: this target is there twice; give its seeds in one list")
            targets.append(target)
        return targets

    def read(self) -> Spec:
        try:
            node = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except OSError as error:
            raise SpecError(f"{self.path}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SpecError(f"{self.path}: is not UTF-8 text") from error
        except RecursionError as error:
            raise SpecError(f"{self.path}: is nested too deeply") from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{self.path}:{mark.line + 1}" if mark else str(self.path)
            raise SpecError(f"{where}: is not YAML: {getattr(error, 'problem', None) or error}") from error
        if node is None:
            raise SpecError(f"{self.path}: is empty; the keys are {', '.join(KEYS)}")
        values = self.mapping(node, "a sweep", KEYS)
        if "configs" not in values:
            self.refuse(node, "configs is missing: a list of configurations, such as [4x4, 8x8]")
        if "networks" not in values and "fpga" not in values:
            self.refuse(node, "say what to run: networks, fpga, or both")
        get = lambda key, read, otherwise: read(values[key]) if key in values else otherwise
        spec = Spec(
            networks=get("networks", lambda n: self.named(n, "networks", self.network), []),
            configs=self.named(values["configs"], "configs", self.config),
            memories=get("memories", lambda n: [self.memory(*entry) for entry in self.list(n, "memories")], ["bus:40"]),
            batches=get("batches", lambda n: self.numbers(n, "batches", most=4096), [1]),
            engine=get("engine", lambda n: self.scalar(n, "engine"), "cycles"),
            seeds=get("seeds", lambda n: self.numbers(n, "seeds", least=0), []),
            input=get("input", lambda n: self.file(n, "input", self.scalar(n, "input")), None),
            images=get("images", lambda n: self.number(n, "images", self.scalar(n, "images")), 1),
            clock_mhz=get("clock", self.clock, None),
            fpga=get("fpga", self.fpga, []))
        self.check(spec, values)
        return spec

    def check(self, spec, values):
        """What two keys say of each other."""
        names = [config.name for config in spec.configs]
        for target in spec.fpga:
            if target["configs"] is not None:
                for node, text in target["configs"]:
                    if text not in names:
                        self.refuse(node, f"configs: '{text}' is none of the configurations of this sweep: {', '.join(names)}")
                target["configs"] = [text for _, text in target["configs"]]
        if not spec.networks:
            for key in ("memories", "batches", "engine", "seeds", "input", "images", "clock"):
                if key in values:
                    self.refuse(values[key], f"{key}: means something for networks only, and there are none")
        if spec.engine not in ENGINES:
            self.refuse(values["engine"], f"engine: '{spec.engine}' is not one of {', '.join(ENGINES)}")
        if "seeds" in values and spec.engine == "cycles":
            self.refuse(values["seeds"], "seeds: the engine cycles computes no data; leave them out, or say engine: rtl")
        models = [network for network in spec.networks if network.file]
        if models and spec.engine == "rtl" and spec.input is None:
            self.refuse(values["networks"], f"networks: {models[0].name} runs on the RTL: say input: FILE with its images")
        for key in ("input", "images"):
            if key in values and (not models or spec.engine == "cycles"):
                self.refuse(values[key], f"{key}: is for model files on the engine rtl, and none is run there")


EXAMPLES = {"networks": "resnet8, lenet5", "configs": "4x4, 8x8", "memories": "bus:40, 4:100", "batches": "1, 8", "seeds": "1, 2, 3"}


def runs_of(spec: Spec):
    """(network, config, memory, batch, seed or None), in the order of the table."""
    for network, config in itertools.product(spec.networks, spec.configs):
        seeds = spec.seeds if not network.file and spec.seeds else [None]
        yield from itertools.product([network], [config], spec.memories, spec.batches, seeds)
