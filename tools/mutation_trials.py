"""Pytest that knows which test reaches which line, and that asks chosen tests whether they notice a change.

A change within a function costs a fork: a process that has collected all tests (`Server`) puts the changed code into the
functions that are there. A change of what runs at import costs the imports and the collection too.
"""

from __future__ import annotations

import _thread
import gc
import importlib.machinery
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from coverage import Coverage
from mutations import Change

OPTIONS = ("-q", "-p", "no:cacheprovider", "--basetemp=tmp")
FACTOR, LEAST = 10, 5.0
"""A test may take so many times what it took, and some seconds; one that takes longer has noticed."""
COLLECTION = 120.0
"""Seconds for the imports of a process that collects anew."""


@dataclass
class Reach:
    """How long tests take, and which of them reach which line."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    """Module, line: tests; "" stands for the imports."""

    def of(self, change: Change) -> set[str]:
        """The tests that reach a change."""
        known = self.lines.get(change.module, {})
        for lines in change.lines():
            if found := set().union(*(known.get(line, ()) for line in lines)):
                return found
        return set()

    def of_module(self, module: str) -> set[str]:
        return set().union(*self.lines.get(module, {}).values())

    def only(self, file: str) -> Reach:
        """What is known by the tests of one file."""

        def of_file(test: str) -> bool:
            return not test or test.partition("::")[0] == file

        return Reach(
            {test: took for test, took in self.seconds.items() if of_file(test)},
            {
                module: {line: set(filter(of_file, tests)) for line, tests in lines.items()}
                for module, lines in self.lines.items()
            },
        )

    def add(self, other: Reach) -> None:
        self.seconds.update(other.seconds)
        for module, lines in other.lines.items():
            known = self.lines.setdefault(module, {})
            for line, tests in lines.items():
                known.setdefault(line, set()).update(tests)

    def bound(self, test: str) -> float:
        return LEAST + FACTOR * self.seconds[test]


class Measuring:
    """Tells coverage whose lines come next, and takes the time."""

    def __init__(self, root: Path, rules: Iterable[str], wanted: Callable[[str], bool]) -> None:
        self._root = root
        self._wanted = wanted
        places = [
            str(root / each / "*") if (root / each).is_dir() else str(root / each) for each in rules
        ]
        self._coverage = Coverage(data_file=None, include=places, concurrency="thread")
        self.reach = Reach()

    def measure(self, tests: Iterable[str]) -> Reach:
        """Raises SystemExit when a test fails before anything is changed: it would notice everything."""
        self._coverage.start()
        _thread.start_new_thread = _traced(_thread.start_new_thread)
        code = pytest.main([*OPTIONS, "-x", *tests], plugins=[self])
        self._coverage.stop()
        if code:
            sys.exit("the tests fail before anything is changed")
        data = self._coverage.get_data()
        for path in data.measured_files():
            module = Path(path).relative_to(self._root).as_posix()
            found = data.contexts_by_lineno(path).items()
            self.reach.lines[module] = {line: set(tests) for line, tests in found}
        return self.reach

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if self._wanted(item.nodeid)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        began = time.monotonic()
        result = yield
        self.reach.seconds[item.nodeid] = time.monotonic() - began
        return result


def _traced(start: Callable[..., int]) -> Callable[..., int]:
    """The threads of the engine are started below `threading`, whose hook is how coverage sees threads."""

    def start_traced(work: Callable[..., object], arguments: tuple[Any, ...]) -> int:
        def traced(*arguments: Any) -> None:
            sys.settrace(threading.gettrace())
            work(*arguments)

        return start(traced, arguments)

    return start_traced


@dataclass
class Trial:
    """A change, and the tests that are asked, in this order."""

    change: Change
    tests: list[str]


class Asking:
    """Runs the tests of a trial, until one notices."""

    def __init__(self, trial: Trial, reach: Reach) -> None:
        self._trial = trial
        self._reach = reach

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.unregister(name="terminalreporter")
        items = {item.nodeid: item for item in session.items}
        chosen = [items[test] for test in self._trial.tests]
        for item, following in zip(chosen, [*chosen[1:], None], strict=True):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self._reach.bound(item.nodeid))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                leave(item.nodeid)
        leave("")
        return True


class Server:
    """Asks the tests of one trial after the other, each in a fork of the process that has collected them."""

    def __init__(
        self,
        trials: Iterable[Trial],
        reach: Reach,
        noted: Callable[[Trial, str], None],
    ) -> None:
        self._trials = trials
        self._reach = reach
        self._noted = noted

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        gc.collect()
        functions: dict[str, list[FunctionType]] = {}
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                functions.setdefault(found.__code__.co_filename, []).append(found)
        gc.freeze()
        for trial in self._trials:

            def ask(trial: Trial = trial) -> None:
                change = trial.change
                put(change.path, compile(change.text(), str(change.path), "exec"), functions)
                Asking(trial, self._reach).pytest_runtestloop(session)

            self._noted(trial, forked(ask))
        return True


def put(path: Path, code: CodeType, functions: dict[str, list[FunctionType]]) -> None:
    """Gives the functions of a module the code that they have in a changed one, now and when it is imported."""
    changed = {(one.co_qualname, one.co_firstlineno): one for one in _nested(code)}
    for function in functions.get(str(path), ()):
        own = function.__code__
        if new := changed.get((own.co_qualname, own.co_firstlineno)):
            function.__code__ = new
    read = importlib.machinery.SourceFileLoader.get_code

    def get_code(self: importlib.machinery.SourceFileLoader, name: str) -> CodeType | None:
        return code if self.path == str(path) else read(self, name)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


def ask_anew(trial: Trial, reach: Reach) -> str:
    """Asks the tests in a process that imports everything from the changed module on; who has noticed."""

    def ask() -> None:
        signal.setitimer(signal.ITIMER_REAL, COLLECTION)
        change = trial.change
        put(change.path, compile(change.text(), str(change.path), "exec"), {})
        files = dict.fromkeys(test.partition("::")[0] for test in trial.tests)
        pytest.main([*OPTIONS, *files], plugins=[Asking(trial, reach)])
        leave("import")

    return forked(ask)


def forked(work: Callable[[], None]) -> str:
    """What a fork of this process says by `leave`; one that is ended, by its alarm or otherwise, has noticed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)
        os.dup2(writing, ANSWER, inheritable=False)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        try:
            work()
        finally:
            leave("crash")
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    with os.fdopen(reading, "rb", buffering=0) as answer:
        if os.WIFSIGNALED(status):
            return "time"
        return answer.read(4096).decode() if os.WEXITSTATUS(status) else ""


ANSWER = 200
"""The file descriptor of the answer of a fork."""


def leave(who: str) -> None:
    """Ends this fork, which says who has noticed."""
    os.write(ANSWER, who.encode())
    os._exit(1 if who else 0)
