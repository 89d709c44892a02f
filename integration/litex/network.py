# SPDX-License-Identifier: Apache-2.0
"""A folder of `weft export --format c`: the firmware of it, and whether what the firmware prints is right."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def find_tools(*tools):
    """Puts what this Python's environment has on the PATH, for LiteX' Makefiles and scripts, and looks whether all tools are there."""
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if missing := [tool for tool in ("meson", "riscv64-unknown-elf-gcc", *tools) if shutil.which(tool) is None]:
        sys.exit(f"litex: {', '.join(missing)} not found: `make bootstrap-litex` installs what it takes")


def run_script(folder, name):
    """Runs a script that LiteX has written; what it says is in build.log."""
    log = pathlib.Path(folder) / "build.log"
    with open(log, "w") as file:
        if subprocess.run(["bash", name], cwd=folder, stdout=file, stderr=subprocess.STDOUT).returncode != 0:
            lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()] or ["it said nothing"]
            errors = [line for line in lines if "error" in line.lower()] or lines
            sys.exit(f"litex: {name} failed, see {log}: {errors[-1]}")


class Network:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        try:
            manifest = json.loads((self.folder / "network.json").read_text())
        except (OSError, ValueError) as error:
            sys.exit(f"litex: {folder} is not what `weft export` writes: {error}")
        if manifest["format"] != "c":
            sys.exit(f"litex: {folder} is of the format {manifest['format']}: export it with --format c")
        starts = manifest["starts"]
        if len(starts) != 1 or starts[0]["on_host"]:
            sys.exit(f"litex: {folder} needs the host between its starts, which firmware/main.c does not do: take a network "
                     "of which `weft compile` says `one start`")
        if manifest["batch"] != 1 or len(starts[0]["inputs"]) != 1 or len(starts[0]["outputs"]) != 1:
            sys.exit(f"litex: firmware/main.c is for one image, one input and one output: {folder} has a batch of {manifest['batch']}, "
                     f"{len(starts[0]['inputs'])} inputs and {len(starts[0]['outputs'])} outputs")
        found = re.search(r"weft_start0_output0\[\d+\] = \{([^}]*)\}", (self.folder / "network.c").read_text())
        if found is None:
            sys.exit(f"litex: {folder} has no expected outputs: export it with --input")
        self.expected = [int(value) for value in found[1].replace("\n", " ").split(",") if value.strip()]
        self.parameters = manifest["parameters"]

    def firmware(self, builder):
        """Compiles firmware/ for the SoC of a LiteX builder, whose software is built, and returns firmware.bin."""
        out = pathlib.Path(builder.output_dir) / "firmware"
        out.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["make", "--no-print-directory", "-C", out, "-f", HERE / "firmware" / "Makefile",
                           f"BUILD_DIR={builder.output_dir}", f"NETWORK={self.folder}"]).returncode != 0:
            sys.exit("litex: the firmware does not compile, see above")
        return out / "firmware.bin"

    def differences(self, lines):
        """What of the lines that the firmware has printed is not as the golden model has it: sentences, none if all is."""
        said = dict(re.findall(r"^weft: (outputs|class) (.*?)\s*$", "\n".join(lines), re.MULTILINE))
        if set(said) != {"outputs", "class"}:
            return ["the firmware has not printed outputs and a class"]
        outputs = [int(value) for value in said["outputs"].split()]
        wrong = [f"output {i} is {got}, the golden model's is {want}"
                 for i, (got, want) in enumerate(zip(outputs, self.expected)) if got != want]
        if len(outputs) != len(self.expected):
            wrong.append(f"{len(outputs)} outputs, the golden model has {len(self.expected)}")
        if int(said["class"]) != self.expected.index(max(self.expected)):
            wrong.append(f"class {said['class']}, the golden model's is {self.expected.index(max(self.expected))}")
        return wrong
