#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one point of a sweep: python3 point.py FOLDER. What it says is in FOLDER/log.txt, how it ended in FOLDER/manifest.json.

The exit status is 0 if there is a manifest, whatever it says: only a job that is lost (killed, its machine gone) fails.
"""

from __future__ import annotations

import datetime
import os
import pathlib
import platform
import subprocess
import sys

import plan


def version(program) -> str | None:
    try:
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def reason(status: int, log: pathlib.Path) -> str:
    """Why it failed: the last line that it said."""
    if status < 0:
        return f"killed by signal {-status}"
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"it said nothing (status {status})"


def missing_need(asked, out: pathlib.Path) -> str | None:
    for need in asked["needs"]:
        manifest = plan.read_json(plan.folder_of(out, need) / "manifest.json")
        if manifest is None or not manifest["ok"]:
            return f"not run: {need} {'was lost' if manifest is None else 'failed'}"
    return None


def run(folder: pathlib.Path) -> dict:
    asked = plan.read_json(folder / "asked.json")
    if asked is None:
        sys.exit(f"point.py: {folder} is no point of a sweep (asked.json)")
    out = folder.parents[2]
    log, result = folder / "log.txt", folder / "result.json"
    for old in ("manifest.json", "result.json", "log.txt"):
        (folder / old).unlink(missing_ok=True)
    begin = datetime.datetime.now(datetime.timezone.utc)
    status, why = None, missing_need(asked, out)
    if why is None:
        plan.write_json(folder / "running.json", {"host": platform.node(), "pid": os.getpid(), "begin": begin.isoformat()})
        with open(log, "wb") as file:
            command = [word.replace("{here}", str(folder)) for word in asked["command"]]
            try:
                status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
                why = reason(status, log) if status else None
            except OSError as error:
                why = f"{command[0]} cannot be run: {error.strerror}"
    value = plan.read_json(result)
    if why is None and value is None:
        why = "it ended well but left no result.json"
    versions = {**plan.read_json(out / "sweep.json")["versions"], "python": platform.python_version(), **asked["tools"]}
    if asked["kind"] == plan.NETWORK:
        versions["weft"] = version(asked["command"][0])
    manifest = {"asked": asked, "ok": why is None, "why": why, "status": status, "host": platform.node(), "begin": begin.isoformat(),
                "seconds": round((datetime.datetime.now(datetime.timezone.utc) - begin).total_seconds(), 3), "versions": versions,
                "result": value if why is None else None}
    plan.write_json(folder / "manifest.json", manifest)
    (folder / "running.json").unlink(missing_ok=True)
    return manifest


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit("usage: point.py FOLDER")
    manifest = run(pathlib.Path(sys.argv[1]).resolve())
    name = plan.key_of(manifest["asked"])
    print(f"{name}: {'done' if manifest['ok'] else manifest['why']} ({manifest['seconds']:.1f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
