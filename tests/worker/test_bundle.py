"""What of a program goes to another machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MAIN = """
import json, sys
import beside
from flowrt.clusters.bundle import Bundle
if __name__ == "__main__":
    found = Bundle(*sys.argv[1:])
    print(json.dumps([found.files, found.environment]))
"""


def bundle(folder: Path, *words: str) -> tuple[dict[str, str], dict[str, str]]:
    (folder / "program.py").write_text(MAIN)
    (folder / "beside.py").write_text("from pack import inner\n")
    (folder / "pack").mkdir(exist_ok=True)
    (folder / "pack" / "inner.py").write_text("")
    (folder / "other.py").write_text("")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "runtime"),
        "SECRET_X": "eA==",
        "OWN": "x",
    }
    done = subprocess.run(
        [sys.executable, str(folder / "program.py"), *words],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    files, told = json.loads(done.stdout)
    return files, told


def test_the_program_and_what_it_has_loaded_beside_it(tmp_path: Path) -> None:
    files, told = bundle(tmp_path)
    assert files == {
        "flow.py": MAIN,
        "beside.py": "from pack import inner\n",
        "pack/inner.py": "",
    }
    assert told["SECRET_X"] == "eA=="
    assert "OWN" not in told


def test_a_program_that_is_no_file(tmp_path: Path) -> None:
    files, _ = bundle(tmp_path, "the text")
    assert files == {"flow.py": "the text"}
