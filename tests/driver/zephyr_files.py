# SPDX-License-Identifier: Apache-2.0
"""The files of the Zephyr module are what Zephyr reads: keys of its schemas, names that fit each other, files that are there."""

import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Of Zephyr's schema of modules and of its bindings.
MODULE = {"name": str, "build": {"cmake": str, "kconfig": str, "settings": {"dts_root": str}}}
BINDING = {"description": str, "compatible": str, "include": str, "properties": dict}
PROPERTY = {"description": str, "required": bool, "type": str}
TYPES = {"string", "int", "boolean", "array", "uint8-array", "string-array", "phandle", "phandles", "phandle-array", "path", "compound"}
OF_BASE = {"reg", "interrupts", "status"}  # base.yaml gives their type


def check(value: object, schema: object, where: str) -> None:
    if not isinstance(schema, dict):
        assert isinstance(value, schema), f"{where} is no {schema.__name__}"
        return
    assert isinstance(value, dict), f"{where} is no mapping"
    for key, item in value.items():
        assert key in schema, f"{where} has the unknown key {key}"
        check(item, schema[key], f"{where}.{key}")


def main() -> int:
    module = yaml.safe_load((ROOT / "zephyr" / "module.yml").read_text())
    check(module, MODULE, "module.yml")
    build = module["build"]
    assert (ROOT / build["cmake"] / "CMakeLists.txt").is_file() and (ROOT / build["kconfig"]).is_file()
    sources = re.search(r"zephyr_library_sources\((.*)\)", (ROOT / build["cmake"] / "CMakeLists.txt").read_text())[1].split()
    missing = [name for name in sources if not (ROOT / build["cmake"] / name).is_file()]
    assert sources and not missing, f"no such source: {missing}"

    bindings = sorted((ROOT / build["settings"]["dts_root"] / "dts" / "bindings").rglob("*.yaml"))
    assert bindings, "there is no binding"
    driver = "".join((ROOT / "zephyr" / name).read_text() for name in sources if name.startswith("weft"))
    kconfig = (ROOT / build["kconfig"]).read_text()
    for path in bindings:
        binding = yaml.safe_load(path.read_text())
        check({key: value for key, value in binding.items()}, BINDING, path.name)
        assert binding["compatible"] == path.stem, f"{path.name} is of {binding['compatible']}"
        for name, entry in binding["properties"].items():
            check(entry, PROPERTY, f"{path.name}: {name}")
            assert name in OF_BASE or entry["type"] in TYPES, f"{path.name}: {name} has no type"
            assert name in OF_BASE or name.replace("-", "_") in driver, f"the driver does not read {name}"
        token = re.sub("[^a-z0-9]", "_", binding["compatible"])
        assert f"DT_DRV_COMPAT {token}\n" in driver, f"the driver is not one of {token}"
        assert f"DT_HAS_{token.upper()}_ENABLED" in kconfig, f"Kconfig does not ask for {token}"
        vendors = (path.parent.parent / "vendor-prefixes.txt").read_text()
        assert re.search(rf"^{binding['compatible'].split(',')[0]}\t", vendors, re.MULTILINE), "the vendor's prefix is missing"
    used = set(re.findall(r"CONFIG_(WEFT\w*)", driver))
    assert used <= set(re.findall(r"^config (\w+)", kconfig, re.MULTILINE)), f"Kconfig lacks one of {used}"
    print(f"module.yml, Kconfig, {len(sources)} sources, {len(bindings)} binding: they fit")
    return 0


if __name__ == "__main__":
    sys.exit(main())
