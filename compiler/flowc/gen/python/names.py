"""Identifiers from ids: the only place where a name of the flow becomes a name of Python.

A name depends on its id alone, never on the order of the flow: adding a task renames no other one. Ids that would get
one name (`load-data` and `load_data`) are told apart by a mark that is made of the id; the one that needs no change
keeps its spelling. Names of the runtime give way: where a task is called as a helper is, the helper is imported under
another name.
"""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
import sys
from collections.abc import Iterable
from functools import cache

FIXED = frozenset(
    {"flow", "run", "v", "value", "tasks", "errors", "finally_", "after_execution", "listener"}
    | {"os", "sys", "definition"}
)
"""Names that generated modules use themselves."""

_RESERVED = FIXED | frozenset(dir(builtins)) | frozenset(keyword.kwlist) | {"match", "case", "type"}
_UNFIT = re.compile(r"[^A-Za-z0-9_]")
_NO_MODULES = frozenset(sys.stdlib_module_names) | {"flowrt", "flowc"}
_BENEATH = frozenset(
    {"OpenSSL", "airflow", "aiohttp", "attr", "attrs", "azure", "botocore", "cassandra", "certifi", "click", "dask"}
    | {"dateutil", "google", "grpc", "httpx", "idna", "jinja2", "jsonata", "jwt", "markdown_it", "multidict", "nats"}
    | {"numpy", "paho", "pandas", "pulsar", "pydantic", "pytds", "pytz", "requests", "rich", "six", "snappy"}
    | {"snowflake", "sqlalchemy", "typing_extensions", "urllib3", "yaml", "yarl"}
)  # fmt: skip
"""Modules beneath the packages of tasks and of engines, and those that are not called as their package is."""


def identifier(text: str) -> str:
    """The nearest Python name: `my-task` is `my_task`, `1st` is `t_1st`; names that mean something get a `_`."""
    name = _UNFIT.sub("_", text)
    if not name or name[0].isdigit():
        name = f"t_{name}"
    if name.startswith("__"):
        name = f"t{name}"
    while name in _RESERVED:
        name += "_"
    return name


def distinct(texts: Iterable[str]) -> dict[str, str]:
    """An identifier for each of some texts, no two alike, whatever their order."""
    groups: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        groups.setdefault(identifier(text), []).append(text)
    found: dict[str, str] = {}
    for name, group in groups.items():
        for text in group:
            alone = len(group) == 1 or text == name
            found[text] = name if alone else f"{name}_{_mark(text)}"
    return found


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def module_stem(stem: str) -> str:
    """The name of a Python file, so that it hides no module from the programs in its folder: whoever imports looks there first."""
    return f"{stem}_" if stem in _NO_MODULES | _BENEATH | _of_packages() else stem


@cache
def _of_packages() -> frozenset[str]:
    """What the modules of packages that tasks need are called, as far as they are called alike."""
    from flowrt import packages

    known = vars(packages).items()
    texts = (each for name, each in known if name.isupper() and isinstance(each, str))
    return frozenset(re.split(r"[^\w-]", text)[0].replace("-", "_") for text in texts)


class Names:
    """The names of one module, each given once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._reserved = FIXED.union(taken)
        self._taken = set(self._reserved)
        self._next: dict[str, int] = {}

    def give(self, text: str) -> str:
        """A free name near `text`: a `_` keeps it apart from the names of the module, a number from other ones."""
        name = identifier(text)
        if name in self._reserved:
            name += "_"
        if name in self._taken:
            number = self._next.get(name, 2)
            while f"{name}_{number}" in self._taken:
                number += 1
            self._next[name] = number + 1
            name = f"{name}_{number}"
        self._taken.add(name)
        return name
