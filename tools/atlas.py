#!/usr/bin/env python3
"""Writes `compiler/flowc/atlas/types.zip`, what the compiler knows of plugin types that it cannot run.

    python tools/atlas.py ATLAS.json [--check]

`ATLAS.json` holds one entry a type, as it was read from the sources of the plugins. The archive has a member a plugin, so
that a look at one type decodes the types of that plugin alone, and `index.json`: kinds by package and name, and older names.
`--check` writes nothing and fails when the archive says something else.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "compiler"), str(ROOT / "runtime")]

from flowc.atlas import plugin_of  # noqa: E402

ARCHIVE = ROOT / "compiler" / "flowc" / "atlas" / "types.zip"

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The date of every member, so that equal contents make equal archives."""
_NAMES = {
    "String": "string",
    "Integer": "integer",
    "Double": "number",
    "Long": "integer",
    "java.util.List<String>": {"list": "string"},
}
"""Classes that were left unresolved, once their annotations are gone."""
_WITH_FILES: dict[str, tuple[Any, str]] = {
    "outputFiles": ({"map": "uri"}, "outputFiles"),
    "databaseUri": ("uri", "outputDbFile"),
}
"""Outputs of databases that are files. They stand in a subclass that only the body of `run` names; by the property that
asks for them."""
_KNOWN = frozenset(
    [
        "string",
        "integer",
        "number",
        "boolean",
        "duration",
        "datetime",
        "date",
        "time",
        "uri",
        "any",
        "task",
    ]
)


def members(atlas: dict[str, Any]) -> dict[str, Any]:
    """The members of the archive by name."""
    types: dict[str, dict[str, str]] = {}
    aliases: dict[str, str] = {}
    plugins: dict[str, dict[str, Any]] = {}
    for name, entry in sorted(atlas.items()):
        package, _, last = name.rpartition(".")
        types.setdefault(package, {})[last] = entry["kind"]
        aliases.update(dict.fromkeys(entry.get("aliases", ()), name))
        plugins.setdefault(plugin_of(name), {})[name] = _entry(entry)
    found: dict[str, Any] = {
        "index.json": {"types": types, "aliases": dict(sorted(aliases.items()))}
    }
    found.update((f"{plugin}.json", each) for plugin, each in plugins.items())
    return found


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"properties": _properties(entry["properties"])}
    if "outputs" in entry:
        found["outputs"] = {name: _type(kind) for name, kind in entry["outputs"].items()}
        for name, (kind, mark) in _WITH_FILES.items():
            if "outputDbFile" in entry["properties"] and mark in entry["properties"]:
                found["outputs"].setdefault(name, kind)
    return found


def _properties(given: dict[str, Any]) -> dict[str, Any]:
    return {name: _property(each) for name, each in given.items()}


def _property(given: dict[str, Any]) -> dict[str, Any]:
    """One property; what is the usual case is left out."""
    found: dict[str, Any] = {"type": _type(given.get("type", "any"))}
    if "values" in given:
        found["type"] = {"values": given["values"]}
    for key in ("required", "dynamic", "deprecated"):
        if given.get(key):
            found[key] = True
    default = given.get("default")
    # a default in capitals is the name of a constant of the sources
    if default is not None and not (
        isinstance(default, str) and default.isupper() and "_" in default
    ):
        found["default"] = default
    return found


def _type(given: Any) -> Any:
    if isinstance(given, str):
        plain = " ".join(word for word in given.split() if not word.startswith("@"))
        known = _NAMES.get(plain, plain)
        return known if not isinstance(known, str) or known in _KNOWN else "any"
    shape, inner = next(iter(given.items()))
    if shape == "object":
        return {"object": _properties(inner)} if inner else "any"
    return {shape: inner if shape == "values" else _type(inner)}


def archive(found: dict[str, Any]) -> bytes:
    """The archive as bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, content in found.items():
            text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, text)
    return stream.getvalue()


def main(arguments: list[str]) -> int:
    """Write or check the archive."""
    paths = [each for each in arguments if each != "--check"]
    if len(paths) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    found = members(json.loads(Path(paths[0]).read_text("utf-8")))
    if "--check" not in arguments:
        ARCHIVE.write_bytes(archive(found))
        return 0
    with zipfile.ZipFile(ARCHIVE) as source:
        same = {name: json.loads(source.read(name)) for name in source.namelist()} == found
    if not same:
        print(f"{ARCHIVE.relative_to(ROOT)} is not up to date", file=sys.stderr)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
