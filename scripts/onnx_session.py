# SPDX-License-Identifier: Apache-2.0
"""The session of ONNX Runtime whose outputs Weft equals bit for bit."""

from __future__ import annotations

import pathlib

import onnxruntime


def has_vnni() -> bool:
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    return "avx512_vnni" in flags or "avx_vnni" in flags


def session(model: str | bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """With the integer kernels, which give the same bits on every processor. `threads`: 0 for one a core."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.qdqisint8allowed", "1")
    if not has_vnni():  # without it, sums of two products saturate in 16 bits
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
