"""One file that needs nothing but Python: the flow, and the runtime in front of it.

The runtime is embedded module by module, as readable text, behind a small importer. Joining the modules into one
namespace would be shorter, but it changes the code: private names of different modules meet, and lazy imports are no
longer lazy. So the embedded modules are those that are tested, every line where it was: tracebacks show it, and what a run
does not need is never compiled.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from importlib.resources import files

from flowc.gen.python.vendor import needed_modules
from flowc.literal import literal

_END_OF_METADATA = "\n# ///\n"


def with_runtime(source: str, parts: Iterable[str] = ()) -> str:
    """A generated module with all that it imports of the runtime, and some parts besides, in front of its imports."""
    at = source.index(_END_OF_METADATA) + len(_END_OF_METADATA)
    return f"{source[:at]}{_runtime(needed_modules([source], parts))}{source[at:]}"


def _runtime(modules: dict[str, str]) -> str:
    digest = hashlib.sha256(repr(list(modules.items())).encode()).hexdigest()
    importer = files("flowc.gen.python").joinpath("embedded.py").read_text("utf-8")
    importer = importer[importer.index("import sys") :]
    entries = "\n".join(
        f"        {literal(path)}: {_quoted(text)}," for path, text in modules.items()
    )
    return (
        "# ruff: noqa: E402\n"
        f"# The runtime of the flow: {len(modules)} modules as text, and the importer that serves them. The flow itself\n"
        "# follows at the end of the file.\n"
        f"{importer}\n\n"
        f'sys.meta_path.insert(\n    0,\n    _Embedded(  # type: ignore[arg-type]\n        __file__,\n        "{digest}",\n'
        f"        {{\n{entries}\n        }},\n    ),\n)\n"
    )


def _quoted(text: str) -> str:
    """A readable literal: raw between triple quotation marks, where the text allows it."""
    candidate = f"r'''{text}'''"
    fits = "'''" not in text and not text.endswith(("\\", "'")) and "\r" not in text
    return candidate if fits and ast.literal_eval(candidate) == text else literal(text)
