"""The report in a real browser: what is on the page can be read, and it holds no script. Left out without Chromium."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_the_page_shows_the_execution(tmp_path: Path) -> None:
    import os
    import sys

    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    flow = ROOT / "examples" / "graph-of-tasks" / "flow.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "runtime")}
    subprocess.run(
        [sys.executable, str(flow), "--report", str(page)],
        env=environment,
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    common = [
        *(str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu"),
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    shown = subprocess.run(
        [*common, "--dump-dom", page.as_uri()], check=True, capture_output=True, text=True
    ).stdout
    for text in ("shop.site.build_site", "SUCCESS", "styles", "publish", "fetch the sources"):
        assert text in shown
    assert "<script" not in shown
    subprocess.run(
        [
            *common,
            f"--screenshot={picture}",
            "--window-size=1000,1200",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
