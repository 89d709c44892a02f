#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what is derived from the register map, rtl/registers.json: the RTL's package, the C header, the documentation.

With --check it writes nothing and fails if one of the files is not what it would write. A map that contradicts itself is refused.

A register of the map: name, offset, access (RO, RW, WO, W1C), reset (a number, or "configuration" if the RTL's parameters give it),
description, and perhaps
  width     bits of a value in two registers, NAME_LO and NAME_HI: a number or ADDR_W
  constant  always reads as its reset value
  locked    a write while STATUS.BUSY answers SLVERR
  snapshot  reading NAME_LO keeps NAME_HI for the read that follows
  fields    name, bits (MSB:LSB or one number), description
"""

import json

from generate import ROOT, Refusal, generate, unique

MAP = ROOT / "rtl" / "registers.json"

PACKAGE = """\
// SPDX-License-Identifier: Apache-2.0
// The register map for csr.sv. Written by scripts/registers.py from rtl/registers.json; do not edit.
`default_nettype none
package weft_csr_pkg;
  // Offsets
{% for r in words %}
  localparam logic [{{ address_bits - 1 }}:0] {{ r.name }} = {{ address_bits }}'h{{ "%03x" % r.offset }};
{% endfor %}

  // The map's bytes, and where in it is a register: a bit for each word
  localparam int MAP_BYTES = {{ map_bytes }};
  localparam logic [MAP_BYTES/4-1:0] MAP = {{ map_bytes // 4 }}'h{{ "%x" % map_mask }};

  // Values of the registers that never change
{% for r in registers if r.constant %}
  localparam logic [31:0] {{ r.name }}_VALUE = 32'h{{ "%08x" % r.reset }};
{% endfor %}

  // Fields: the place of a bit, the lowest bit and the width of a number
{% for r in registers %}
{% for f in r.fields %}
{% if f.width == 1 %}
  localparam int {{ r.name }}_{{ f.name }}_BIT = {{ f.lsb }};
{% else %}
  localparam int {{ r.name }}_{{ f.name }}_LSB = {{ f.lsb }};
  localparam int {{ r.name }}_{{ f.name }}_W = {{ f.width }};
{% endif %}
{% endfor %}
{% endfor %}

  // Status codes
{% for c in codes %}
  localparam logic [7:0] CODE_{{ c.name }} = 8'd{{ c.value }};  // {{ c.description }}
{% endfor %}
endpackage
`default_nettype wire
"""

HEADER = """\
/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of weft_top (docs/registers.md). Written by scripts/registers.py from rtl/registers.json; do not edit. */
#ifndef WEFT_REGS_H
#define WEFT_REGS_H

#define WEFT_REGS_BYTES {{ window_bytes }}u

/* Byte offsets; a value of more than 32 bits has two registers. */
{% for r in words %}
#define WEFT_{{ r.name }} 0x{{ "%03x" % r.offset }}u
{% endfor %}

/* Values of the registers that never change. */
{% for r in registers if r.constant %}
#define WEFT_{{ r.name }}_VALUE 0x{{ "%08x" % r.reset }}u
{% endfor %}

/* Fields: the mask of a bit; shift and mask (of the register) of a number. */
{% for r in registers %}
{% for f in r.fields %}
{% if f.width == 1 %}
#define WEFT_{{ r.name }}_{{ f.name }} 0x{{ "%08x" % f.mask }}u
{% else %}
#define WEFT_{{ r.name }}_{{ f.name }}_SHIFT {{ f.lsb }}
#define WEFT_{{ r.name }}_{{ f.name }}_MASK 0x{{ "%08x" % f.mask }}u
{% endif %}
{% endfor %}
{% endfor %}

/* Status codes (STATUS.CODE). */
{% for c in codes %}
#define WEFT_CODE_{{ c.name }} {{ c.value }}u /* {{ c.description }} */
{% endfor %}

#endif /* WEFT_REGS_H */
"""

DOCUMENT = """\
# Registers

<!-- Written by scripts/registers.py from rtl/registers.json; do not edit. -->

{{ description }}

- RO is read only, RW read and write, WO write only (reads as 0); of a W1C register a write clears the bits that are 1.
- A value of more than 32 bits has two registers, `_LO` and `_HI`. Bits above its width, like all bits without a meaning, read as 0
  and ignore writes. `ADDR_W` is `CONFIG1.ADDR_BITS`.
- *locked*: a write while `STATUS.BUSY` answers SLVERR and changes nothing.
- *snapshot*: reading `_LO` keeps the upper bits of that moment, `_HI` reads what was kept. So read `_LO` first; each counter has its own.
- Write strobes are honoured and the lowest two address bits ignored: bytes can be written alone. Reads have no effect but a snapshot.
- SLVERR is the answer to writes of RO registers and to all accesses where there is no register; such reads give 0.

| offset | register | access | reset | |
|---|---|---|---|---|
{% for r in registers %}
| `0x{{ "%03x" % r.offset }}` | `{{ r.name }}`{% if r.width %} `_LO`, `_HI`{% endif %} | {{ r.access }}{{ ", locked" if r.locked }}{{ ", snapshot" if r.snapshot }} | {{ r.reset_text }} | {% if r.width %}{{ r.width }} bits: {% endif %}{{ r.description }} |
{% endfor %}

## Status codes

| code | name | |
|---:|---|---|
{% for c in codes %}
| {{ c.value }} | `{{ c.name }}` | {{ c.description }} |
{% endfor %}

## Fields
{% for r in registers if r.fields %}

### {{ r.name }}

| bits | field | |
|---:|---|---|
{% for f in r.fields %}
| {{ f.bits }} | `{{ f.name }}` | {{ f.description }} |
{% endfor %}
{% endfor %}
"""

FILES = {"rtl/weft_csr_pkg.sv": PACKAGE, "driver/weft_regs.h": HEADER, "docs/registers.md": DOCUMENT}


def require(condition, sentence):
    if not condition:
        raise Refusal(sentence)


def read_map(path):
    """The map with numbers for texts, fields with lsb, width and mask, and `words`: every 32-bit register by itself."""
    regs = json.loads(path.read_text())
    regs["address_bits"] = (regs["window_bytes"] - 1).bit_length()
    regs["words"] = []
    for r in regs["registers"]:
        r["offset"] = int(r["offset"], 16)
        require(r["access"] in ("RO", "RW", "WO", "W1C"), f"{r['name']} has an unknown access")
        if r["reset"] == "configuration":
            r["reset_text"] = "by configuration"
        else:
            r["reset"] = int(r["reset"], 16)
            r["reset_text"] = f"`0x{r['reset']:08x}`" if r["reset"] else "0"
        halves = ("_LO", "_HI") if "width" in r else ("",)
        regs["words"] += [{"name": r["name"] + half, "offset": r["offset"] + 4 * i} for i, half in enumerate(halves)]
        taken = 0
        r.setdefault("fields", [])
        for f in r["fields"]:
            msb, lsb = (int(f["bits"].split(":")[end]) for end in (0, -1))
            require(0 <= lsb <= msb < 32, f"{r['name']}.{f['name']} has no such bits")
            f.update(lsb=lsb, width=msb - lsb + 1, mask=(1 << (msb + 1)) - (1 << lsb))
            require(not taken & f["mask"], f"{r['name']}.{f['name']} overlaps another field")
            taken |= f["mask"]
        unique(r["fields"], f"fields of {r['name']}")
    require(all(w["offset"] % 4 == 0 and 0 <= w["offset"] < regs["window_bytes"] for w in regs["words"]),
            "an offset is not that of a word in the window")
    require(len({w["offset"] for w in regs["words"]}) == len(regs["words"]), "two registers overlap")
    unique(regs["words"], "registers")
    regs["map_bytes"] = 1 << max(w["offset"] for w in regs["words"]).bit_length()
    regs["map_mask"] = sum(1 << w["offset"] // 4 for w in regs["words"])
    unique(regs["codes"], "codes")
    require(len({c["value"] for c in regs["codes"]}) == len(regs["codes"]), "two codes have the same value")
    return regs


if __name__ == "__main__":
    generate(__doc__, MAP, read_map, FILES, lambda regs: f"{len(regs['words'])} registers")
