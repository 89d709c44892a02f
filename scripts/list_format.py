#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what is derived from the list's format, rtl/list.json: the RTL's package, the C++ and C headers, the documentation.

With --check it writes nothing and fails if one of the files is not what it would write. A format that contradicts itself is refused.

A word of a record: name, description, and perhaps
  bits    how many of its bits count: a number or a constant's name (32)
  signed  they are a signed number
  fields  name, bits (MSB:LSB or one number), signed, description; `of` in words that several commands share: whose field it is
  repeat, words   so many times these words
  begins  "addition": this word and those behind it are there in jobs with an addition only
  at      another word of the record, whose place it takes: which of the two is meant, a field says
"""

import json

from generate import ROOT, Refusal, generate, unique

FORMAT = ROOT / "rtl" / "list.json"

PACKAGE = """\
// SPDX-License-Identifier: Apache-2.0
// The list of commands that a start runs (docs/list.md). Written by scripts/list_format.py from rtl/list.json; do not edit.
// Word w of a record is record[32*w +: 32]; a field's _LSB and _BIT count from its word's bit 0.
`default_nettype none
package weft_list_pkg;
  localparam logic [23:0] LIST_MAGIC = 24'h{{ "%06x" % magic }};
  localparam int LIST_VERSION = {{ version }};
{% for c in constants %}
  localparam int {{ c.name }} = {{ c.value }};  // {{ c.description }}
{% endfor %}

  // Commands, what a READ reads, what STORE_ADD_KIND says
{% for o in opcodes %}
  localparam int OP_{{ o.name }} = {{ o.value }};  // {{ o.description }}
{% endfor %}
{% for k in kinds %}
  localparam int KIND_{{ k.name }} = {{ k.value }};  // {{ k.description }}
{% endfor %}
  localparam int KINDS = {{ kinds | length }};
{% for a in additions %}
  localparam int ADD_{{ a.name }} = {{ a.value }};  // {{ a.description }}
{% endfor %}
{% for r in records %}

  // {{ r.name }}: {{ r.description }}
{% for w in r.words %}
{% if r.words | length > 1 %}
  localparam int {{ r.name }}_{{ w.name }} = {{ w.index }};  // {{ w.description }}
{% endif %}
{% for f in w.fields %}
{% if f.width == 1 %}
  localparam int {{ f.full }}_BIT = {{ f.lsb }};  // {{ f.description }}
{% else %}
  localparam int {{ f.full }}_LSB = {{ f.lsb }};  // {{ f.description }}
  localparam int {{ f.full }}_W = {{ f.width }};
{% endif %}
{% endfor %}
{% for s in w.words %}
{% if loop.first %}
  localparam int {{ r.name }}_{{ w.name }}_TURNS = {{ w.repeat }};  // times these words
  localparam int {{ r.name }}_{{ w.name }}_WORDS = {{ w.words | length }};
{% endif %}
  localparam int {{ r.name }}_{{ w.name }}_{{ s.name }} = {{ loop.index0 }};  // {{ s.description }}
{% endfor %}
{% endfor %}
{% if r.words | length > 1 %}
  localparam int {{ r.name }}_WORDS = {{ r.length }};
{% endif %}
{% endfor %}

  // Words of a job's command, and of one without an addition
  localparam int STORE_PLAIN_WORDS = {{ plain }};  // the store words before ADD
  localparam int JOB_COMMAND_WORDS = (1 + JOB_WORDS + STORE_WORDS + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;
  localparam int PLAIN_JOB_COMMAND_WORDS = (1 + JOB_WORDS + STORE_PLAIN_WORDS + LIST_ALIGN - 1) / LIST_ALIGN * LIST_ALIGN;
endpackage
`default_nettype wire
"""

CPP = """\
// SPDX-License-Identifier: Apache-2.0
// The list of commands that a start runs (docs/list.md). Written by scripts/list_format.py from
// rtl/list.json; do not edit.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>

namespace weft {

// A field of a record's word: Get gives its value, Set puts it there (a value that does not fit is a
// mistake of the caller).
struct ListField {
  int word, lsb, width;
  bool is_signed = false;

  [[nodiscard]] constexpr uint32_t mask() const { return uint32_t((uint64_t{1} << width) - 1); }
  [[nodiscard]] constexpr int64_t Get(const uint32_t* words) const {
    const int64_t value = words[word] >> lsb & mask();
    return is_signed && (value >> (width - 1)) != 0 ? value - (int64_t{1} << width) : value;
  }
  constexpr void Set(uint32_t* words, int64_t value) const {
    words[word] = (words[word] & ~(mask() << lsb)) | (uint32_t(value) & mask()) << lsb;
    if (Get(words) != value) throw std::logic_error("a value does not fit its field of the list");
  }
};

inline constexpr uint32_t kListVersion = {{ version }}, kListMagic = kListVersion << 24 | 0x{{ "%06x" % magic }};  // "WFT"
{% for c in constants %}
inline constexpr int {{ c.cpp }} = {{ c.value }};  // {{ c.description }}
{% endfor %}

// Commands, what a READ reads, what STORE_ADD_KIND says.
enum class ListOp : uint8_t {
{% for o in opcodes %}
  {{ o.cpp }} = {{ o.value }},  // {{ o.description }}
{% endfor %}
};
enum class ReadKind : uint8_t {
{% for k in kinds %}
  {{ k.cpp }} = {{ k.value }},  // {{ k.description }}
{% endfor %}
};
inline constexpr int kReadKinds = {{ kinds | length }};
enum class AddKind : uint8_t {
{% for a in additions %}
  {{ a.cpp }} = {{ a.value }},  // {{ a.description }}
{% endfor %}
};
{% for r in records %}

// {{ r.name }}: {{ r.description }}.
{% if r.words | length > 1 %}
enum {{ r.cpp }}Word : int {
{% for w in r.words %}
  k{{ r.cpp }}{{ w.cpp }} = {{ w.index }},  // {{ w.description }}
{% endfor %}
  k{{ r.cpp }}Words = {{ r.length }}
};
// How many bits of each word count.
inline constexpr std::array<int, k{{ r.cpp }}Words> k{{ r.cpp }}WordBits = { {{ r.bits | join(", ") }} };
{% endif %}
{% for w in r.words %}
{% for f in w.fields %}
inline constexpr ListField {{ f.cpp }}{ {{ w.index }}, {{ f.lsb }}, {{ f.width }}{{ ", true" if f.signed }} };  // {{ f.description }}
{% endfor %}
{% if w.words %}
enum {{ r.cpp }}{{ w.cpp }}Word : int {
{% for s in w.words %}
  k{{ r.cpp }}{{ w.cpp }}{{ s.cpp }},  // {{ s.description }}
{% endfor %}
  k{{ r.cpp }}{{ w.cpp }}Words
};
inline constexpr int k{{ r.cpp }}{{ w.cpp }}Turns = {{ w.repeat }};
{% endif %}
{% endfor %}
{% endfor %}
inline constexpr int kStorePlainWords = {{ plain }};  // the store words of a job without an addition

}  // namespace weft
"""

C = """\
/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a list of commands (docs/list.md). Written by scripts/list_format.py from rtl/list.json; do not edit. */
#ifndef WEFT_LIST_H
#define WEFT_LIST_H

#define WEFT_LIST_FORMAT {{ version }}u
#define WEFT_LIST_MAGIC (WEFT_LIST_FORMAT << 24 | 0x{{ "%06x" % magic }}u)

/* Its words of 32 bits. */
{% for r in records if r.name == "HEADER" %}
{% for w in r.words %}
#define WEFT_HEADER_{{ w.name }} {{ w.index }}u /* {{ w.description }} */
{% endfor %}
#define WEFT_HEADER_WORDS {{ r.length }}u
{% endfor %}

#endif /* WEFT_LIST_H */
"""

DOCUMENT = """\
# The list, word by word

<!-- Written by scripts/list_format.py from rtl/list.json; do not edit. -->

{{ description }} [program.md](program.md) says how a list runs.

Version {{ version }}. `LIST_ALIGN` is {{ align }}: the header and every command are filled up with zeros to a multiple of {{ align }} words, so that the
hardware takes a whole bus word a cycle, of wider ones than {{ 4 * align }} bytes the {{ 4 * align }} bytes that are next. Where a word has fewer bits
than 32, the hardware ignores those above; *signed* is two's complement.

| opcode | command | words | |
|---:|---|---:|---|
{% for o in opcodes %}
| {{ o.value }} | `{{ o.name }}` | {{ o.words }} | {{ o.description }} |
{% endfor %}

| kind | a READ reads |
|---:|---|
{% for k in kinds %}
| {{ k.value }} `{{ k.name }}` | {{ k.description }} |
{% endfor %}

| `STORE_ADD_KIND` | what is added to a job's outputs |
|---:|---|
{% for a in additions %}
| {{ a.value }} `{{ a.name }}` | {{ a.description }} |
{% endfor %}
{% for r in records %}

## {{ r.name }}

{{ r.description[0] | upper }}{{ r.description[1:] }}.

| word | `{{ r.name }}_` | bits | |
|---:|---|---:|---|
{% for w in r.words %}
| {{ w.index }}{% if w.words %}..{{ w.index + w.length - 1 }}{% endif %} | `{{ w.name }}` | {% if w.words %}{% elif w.fields %}{% else %}{{ w.width }}{{ " signed" if w.signed }}{% endif %} | {{ w.description }} |
{% for f in w.fields %}
| | `{{ f.name }}` | {{ f.bits }}{{ " signed" if f.signed }} | {% if f.of %}of a {{ f.of }}: {% endif %}{{ f.description }} |
{% endfor %}
{% for s in w.words %}
| | `{{ s.name }}` | {{ s.width }}{{ " signed" if s.signed }} | {{ s.description }} |
{% endfor %}
{% endfor %}
{% endfor %}
"""

FILES = {"rtl/weft_list_pkg.sv": PACKAGE, "sw_model/list_format.hpp": CPP, "driver/weft_list.h": C, "docs/list.md": DOCUMENT}


def camel(name):
    """COLS_LAST: ColsLast."""
    return "".join(part.capitalize() for part in name.split("_"))


def read_fields(record, word):
    """Fields with lsb, width, full name. Those of one command do not overlap."""
    taken = {}
    for f in word.setdefault("fields", []):
        msb, lsb = (int(f["bits"].split(":")[end]) for end in (0, -1))
        where = f"{record['name']}.{word['name']}.{f['name']}"
        if not 0 <= lsb <= msb < 32:
            raise Refusal(f"{where} has no such bits")
        owner = f.get("of", "")
        for bit in range(lsb, msb + 1):
            if bit in taken and (not owner or not taken[bit] or taken[bit] == owner):
                raise Refusal(f"{where} overlaps another field")
            taken[bit] = owner
        path = [record["name"], word["name"], f["name"]] if len(record["words"]) > 1 else [record["name"], f["name"]]
        f.update(lsb=lsb, width=msb - lsb + 1, full="_".join(path), cpp="k" + "".join(camel(p) for p in path))
    unique(word["fields"], f"fields of {record['name']}.{word['name']}")


def read_format(path):
    """The format with index and length of every word, numbers for texts, and the C++ names."""
    form = json.loads(path.read_text())
    form["magic"] = int(form["magic"], 16)
    constants = {c["name"]: c["value"] for c in form["constants"]}
    form["align"] = constants["LIST_ALIGN"]
    for named in form["constants"] + form["opcodes"] + form["kinds"] + form["additions"]:
        named["cpp"] = "k" + camel(named["name"])

    def width(word):
        bits = word.get("bits", 32)
        if bits not in constants and not isinstance(bits, int):
            raise Refusal(f"{word['name']}: there is no constant {bits}")
        word["width"] = constants.get(bits, bits)
        word["cpp"] = camel(word["name"])

    for r in form["records"]:
        r["cpp"] = camel(r["name"])
        r["length"], r["bits"] = 0, []
        for w in r["words"]:
            width(w)
            read_fields(r, w)
            for s in w.setdefault("words", []):
                width(s)
            unique(w["words"], f"words of {r['name']}.{w['name']}")
            if "at" in w:
                place = next((other for other in r["words"] if other["name"] == w["at"] and "index" in other), None)
                if place is None or "at" in place or place["words"] or w["words"]:
                    raise Refusal(f"{r['name']}.{w['name']}: there is no word {w['at']} before it whose place it can take")
                w["index"], w["length"] = place["index"], 1
                continue
            w["index"], w["length"] = r["length"], w.get("repeat", 1) * max(len(w["words"]), 1)
            r["length"] += w["length"]
            r["bits"] += [s["width"] for s in w["words"]] * w.get("repeat", 1) or [w["width"]]
        unique(r["words"], f"words of {r['name']}")
    for what in ("constants", "opcodes", "kinds", "additions", "records"):
        unique(form[what], what)
    for what in ("opcodes", "kinds", "additions"):
        if len({item["value"] for item in form[what]}) != len(form[what]):
            raise Refusal(f"two {what} have the same value")

    length = {r["name"]: r["length"] for r in form["records"]}
    store = next(r for r in form["records"] if r["name"] == "STORE")
    form["plain"] = next(w["index"] for w in store["words"] if w.get("begins") == "addition")

    def whole(words):
        return -(-words // form["align"]) * form["align"]

    words = {
        "READ": whole(length["READ"]), "END": form["align"],
        "JOB": f"{whole(1 + length['JOB'] + form['plain'])}, with an addition {whole(1 + length['JOB'] + length['STORE'])}"}
    for o in form["opcodes"]:
        o["words"] = words[o["name"]]
    registers = json.loads((ROOT / "rtl" / "registers.json").read_text())
    of_register = next(int(r["reset"], 16) for r in registers["registers"] if r["name"] == "LIST_VERSION")
    if of_register != form["version"]:
        raise Refusal(f"version {form['version']}, but the register LIST_VERSION says {of_register}")
    if length["HEADER"] % form["align"] or length["READ"] % form["align"]:
        raise Refusal("HEADER and READ must be multiples of LIST_ALIGN words")
    return form


if __name__ == "__main__":
    generate(__doc__, FORMAT, read_format, FILES, lambda form: f"{sum(r['length'] for r in form['records'])} words")
