"""The importer of standalone files, pasted into them as it stands: it serves the modules that a file carries.

Compiled code is kept in `__pycache__` beside the file, as Python does for modules, so that only the first start
compiles the runtime.
"""

import sys
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any


class _Embedded:
    """Finds and loads modules from a table of texts by path."""

    def __init__(self, home: str, digest: str, files: dict[str, str]) -> None:
        self.digest = digest
        self.files = files
        self.folders = set()
        for path in files:
            while path := path.rpartition("/")[0]:
                self.folders.add(path)
        folder, _, file = home.replace("\\", "/").rpartition("/")
        tag = sys.implementation.cache_tag
        self.home = home
        self.cache = f"{folder or '.'}/__pycache__/{file.removesuffix('.py')}.runtime.{tag}.pyc"
        self.code = self.kept()
        self.fresh = False

    def kept(self) -> dict[str, bytes]:
        """The compiled modules of an earlier start, if they are of this very text and Python."""
        import marshal

        try:
            with open(self.cache, "rb") as stream:
                mark, code = marshal.loads(stream.read())
        except (OSError, ValueError, EOFError, TypeError):
            return {}
        return dict(code) if mark == (self.digest, sys.version) else {}

    def keep(self) -> None:
        """Write what was compiled, if the folder allows it."""
        import marshal
        import os

        folder = os.path.dirname(self.cache)
        part = f"{self.cache}.{os.getpid()}"
        try:
            os.makedirs(folder, exist_ok=True)
            with open(part, "wb") as stream:
                stream.write(marshal.dumps(((self.digest, sys.version), self.code)))
            os.replace(part, self.cache)
        except OSError:
            pass

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Part of the import system: whether a module is one of these."""
        path = self.path(name)
        if path not in self.files:
            folder = path.removesuffix(".py") in self.folders
            return ModuleSpec(name, None, is_package=True) if folder else None
        is_package = path.endswith("/__init__.py")
        spec = ModuleSpec(name, self, origin=f"{self.home}/{path}", is_package=is_package)  # type: ignore[arg-type]
        spec.has_location = True
        return spec

    def path(self, name: str) -> str:
        """The place of a module in the table."""
        path = name.replace(".", "/")
        package = f"{path}/__init__.py"
        return package if package in self.files else f"{path}.py"

    def create_module(self, spec: ModuleSpec) -> None:
        """Part of the import system: an ordinary module will do."""

    def exec_module(self, module: ModuleType) -> None:
        """Part of the import system: run the code of a module."""
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> CodeType:
        """The code of a module."""
        import marshal

        kept = self.code.get(name)
        if kept is not None:
            found: CodeType = marshal.loads(kept)
            return found
        path = self.path(name)
        code = compile(self.files[path], f"{self.home}/{path}", "exec", dont_inherit=True)
        self.code[name] = marshal.dumps(code)
        if not self.fresh and not sys.dont_write_bytecode:
            import atexit

            self.fresh = True
            atexit.register(self.keep)
        return code

    def get_source(self, name: str) -> str:
        """The text of a module; tracebacks show it."""
        return self.files[self.path(name)]

    def get_data(self, path: str) -> bytes:
        """The bytes of a file beside a module, by its path below this file."""
        text = self.files.get(path.replace("\\", "/").removeprefix(f"{self.home}/"))
        if text is None:
            raise FileNotFoundError(path)
        return text.encode()
