"""Programs of compiled flows, run as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'compiler'}{os.pathsep}{ROOT / 'runtime'}"}


class Program:
    """A flow compiled into a folder, with a store beside it."""

    def __init__(self, folder: Path, source: str, more: list[str] | None = None) -> None:
        self.folder = folder
        self.more = more or []
        self.file = folder / "flow.py"
        self.store = folder / "store"
        self.compile(source)

    def compile(self, source: str) -> None:
        """Compile the flow (anew)."""
        yaml = self.file.with_suffix(".yaml")
        yaml.write_text(source)
        words = [sys.executable, "-m", "flowc", "compile", str(yaml), "-o", str(self.file)]
        subprocess.run([*words, *self.more], check=True, env=ENVIRONMENT, capture_output=True)

    def words(self, *words: str) -> list[str]:
        return [sys.executable, str(self.file), *words, "--store", str(self.store)]

    def run(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        more = {"env": ENVIRONMENT, **more}
        return subprocess.run(
            self.words(*words), capture_output=True, text=True, timeout=60, **more
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run a command in the background."""
        return subprocess.Popen(
            self.words(*words),
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def list(self) -> list[dict[str, Any]]:
        """All executions, the latest first."""
        found: list[dict[str, Any]] = json.loads(self.run("list", "--json").stdout or "[]")
        return found

    def show(self, id: str) -> dict[str, Any]:
        """The document of an execution."""
        found: dict[str, Any] = json.loads(self.run("show", id, "--json").stdout)
        return found

    def wait_for(self, state: str, task: str | None = None) -> dict[str, Any]:
        """The latest execution, once it (or a task of it) is in a state."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if self.store.exists() and (executions := self.list()):
                document = self.show(executions[0]["id"])
                runs = document.get("taskRunList", [])
                if task is None and document["state"]["current"] == state:
                    return document
                if any(r["taskId"] == task and r["state"]["current"] == state for r in runs):
                    return document
            time.sleep(0.05)
        raise AssertionError(f"never {state}: {self.list()}")

    def wait_for_other(self, flow: str, other: str, state: str) -> None:
        """Wait until an execution of another flow, which one of `flow` has started, is in a state."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = self.list() if self.store.exists() else []
            if {flow, other} <= {each["flowId"] for each in found} and any(
                each["flowId"] == other and each["state"]["current"] == state for each in found
            ):
                return
            time.sleep(0.05)
        raise AssertionError(f"{other} was never {state}")


def states(document: dict[str, Any]) -> list[str]:
    """The states an execution went through."""
    return [each["state"] for each in document["state"]["histories"]]


def runs(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Tasks and states of the task runs."""
    return [(each["taskId"], each["state"]["current"]) for each in document.get("taskRunList", [])]
