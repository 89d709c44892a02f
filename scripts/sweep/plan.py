# SPDX-License-Identifier: Apache-2.0
"""The points of a sweep: one job each, in a folder of its own below OUT/points.

OUT/sweep.json lists them. In a point's folder:

asked.json      the command, what the table says of it, the points that it needs, and a hash of every file that its result follows from
manifest.json   how it ended (point.py); there only when it has
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

import spec as sweep_spec

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent  # Weft's tree, if this is not what was installed
SYNTH = SOURCE / "fpga" / "synth.py"
NETWORK, SYNTHESIS, ROUTE = "network", "synthesis", "route"


def configs_folder(weft: pathlib.Path) -> pathlib.Path:
    installed = weft.parent.parent / "share" / "weft" / "configs"
    return installed if installed.is_dir() else SOURCE / "configs"


@functools.cache
def file_hash(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def engine_files(weft: pathlib.Path, fields: dict) -> list[pathlib.Path]:
    """The RTL model of a configuration, where `weft` looks for it."""
    folders = [os.environ.get("WEFT_ENGINE_DIR"), weft.parent.parent / "lib/weft/engines", weft.parent / "engines"]
    folder = next((pathlib.Path(f) for f in folders if f and pathlib.Path(f).is_dir()), None)
    name = f"weft_*_r{fields['rows']}c{fields['cols']}l{fields['lanes']}-*.so"
    return [f for f in sorted(folder.glob(name)) if not f.stem.endswith("-waves")] if folder else []


def synthesis_files() -> list[pathlib.Path]:
    return sorted(f for folder in ("rtl", "fpga") for f in (SOURCE / folder).rglob("*") if f.suffix in (".sv", ".f", ".py", ".v", ".json"))


def synthesis_tools() -> dict[str, str]:
    """The versions of the tools in the environment that this runs in."""
    found = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    return {name: version for name, version in sorted(found.items()) if name and name.lower().startswith(("yowasp-", "apycula"))}


def point(kind, name, row, command, files, tools=None, needs=()):
    asked = {"kind": kind, "name": name, "row": row, "command": [str(word) for word in command], "needs": list(needs),
             "files": {str(path): file_hash(path) for path in files}, "tools": tools or {}}
    asked["fingerprint"] = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return asked


def network_points(spec, weft: pathlib.Path) -> list[dict]:
    points = []
    for network, config, memory, batch, seed in sweep_spec.runs_of(spec):
        name = "_".join([network.name, config.name, "m" + memory.replace(":", "-"), f"b{batch}"] + ([] if seed is None else [f"s{seed}"]))
        row = {"network": network.name, "config": config.name, "multipliers": config.multipliers, "memory": memory, "batch": batch,
               "engine": spec.engine, **({} if seed is None else {"seed": seed})}
        command = [weft, "run" if network.file else "bench", network.argument, "--config", config.argument, "--memory",
                   memory.replace("bus", str(config.fields["bus_bytes"])), "--batch", batch, "--engine", spec.engine]
        files = [weft, config.file]
        if network.file:
            files.append(network.file)
            if spec.engine == "rtl":
                command += ["--check", "--input", spec.input, "--limit", spec.images]
                files.append(spec.input)
        elif seed is not None:
            command += ["--seed", seed]
        if spec.engine == "rtl":
            files += engine_files(weft, config.fields)
        points.append(point(NETWORK, name, row, [*command, "--json", "{here}/result.json"], files))
    return points


def fpga_points(spec, out: pathlib.Path) -> list[dict]:
    """Synthesis of each configuration for each target, then a place and route for each seed."""
    points, tools = [], synthesis_tools()
    for target in spec.fpga:
        given = {key: value for key, value in target.items() if key not in ("configs", "seeds")}
        options = [word for key, value in given.items() for word in (f"--{key}", value)]
        label = "-".join(given.values())
        for config in spec.configs:
            if target["configs"] is not None and config.name not in target["configs"]:
                continue
            name = f"{config.name}_{label}"
            row = {"config": config.name, "multipliers": config.multipliers, **given}
            netlist = out / "points" / SYNTHESIS / name / "synth"
            command = [sys.executable, SYNTH, "--config", config.file, *options, "--out", netlist, "--json", "{here}/result.json"]
            files = [config.file, *synthesis_files()]
            synthesis = point(SYNTHESIS, name, row, [*command, "--only", "yosys"], files, tools)
            points.append(synthesis)
            points += [point(ROUTE, f"{name}_s{seed}", {**row, "seed": seed}, [*command, "--only", "nextpnr", "--seed", seed], files,
                             tools, needs=[f"{SYNTHESIS}/{name}"]) for seed in target["seeds"]]
    return points


def make(spec, weft: pathlib.Path, out: pathlib.Path) -> list[dict]:
    """All points, in the order of the table. Raises SpecError for what cannot run from here."""
    if spec.fpga and not SYNTH.is_file():
        raise sweep_spec.SpecError("fpga: needs Weft's sources (fpga/synth.py); this is an installed program")
    if spec.fpga and not out.is_relative_to(SOURCE):
        raise sweep_spec.SpecError(f"fpga: the tools see nothing outside of {SOURCE}; choose a folder for -o in there, such as build/sweep")
    return network_points(spec, weft) + fpga_points(spec, out)


def folder_of(out: pathlib.Path, name: str) -> pathlib.Path:
    """Of a point by its kind and name: network/resnet8_4x4_m8-40_b1."""
    return out / "points" / name


def key_of(asked: dict) -> str:
    return f"{asked['kind']}/{asked['name']}"


def read_json(path: pathlib.Path):
    """None if it is not there, or not whole: a job that was lost, or another machine's that still writes."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def write_json(path: pathlib.Path, value) -> None:
    """Whole or not at all."""
    text = json.dumps(value, indent=1) + "\n"
    if path.is_file() and path.read_text() == text:
        return  # its time says when it changed
    part = path.with_suffix(".part")
    part.write_text(text)
    os.replace(part, path)


def what_changed(asked: dict, before: dict) -> list[str]:
    """Why a point that has ended is run again."""
    if asked["command"] != before["command"]:
        return ["the command"]
    files = {**before["files"], **asked["files"]}
    changed = [path for path in files if asked["files"].get(path) != before["files"].get(path)]
    return changed + [tool for tool in {**before["tools"], **asked["tools"]} if asked["tools"].get(tool) != before["tools"].get(tool)]


def git_version() -> str | None:
    """Of Weft's tree, if this is one."""
    if not SYNTH.is_file():
        return None
    try:
        return subprocess.run(["git", "describe", "--always", "--dirty", "--tags"], cwd=SOURCE, capture_output=True, text=True,
                              check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def write(points: list[dict], clock_mhz: float | None, out: pathlib.Path) -> tuple[list[dict], list[str]]:
    """Writes sweep.json and the folders. Returns the points that have to run, whose old manifests are gone, and what has changed since they ran."""
    waiting, changed, keys = [], [], set()
    for asked in points:
        folder = folder_of(out, key_of(asked))
        folder.mkdir(parents=True, exist_ok=True)
        manifest = read_json(folder / "manifest.json")
        stale = manifest is not None and manifest["asked"]["fingerprint"] != asked["fingerprint"]
        if stale:
            changed += [what for what in what_changed(asked, manifest["asked"]) if what not in changed]
        if manifest is None or stale or not manifest["ok"] or keys.intersection(asked["needs"]):
            for old in ("manifest.json", "running.json"):
                (folder / old).unlink(missing_ok=True)
            waiting.append(asked)
            keys.add(key_of(asked))
        write_json(folder / "asked.json", asked)
    write_json(out / "sweep.json", {"points": [key_of(asked) for asked in points], "clock_mhz": clock_mhz, "python": sys.executable,
                                    "versions": {"git": git_version()}})
    return waiting, changed
