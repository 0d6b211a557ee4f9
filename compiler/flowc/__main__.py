"""`python -m flowc`."""

import sys
from pathlib import Path

# `-m` looks into the working folder first, where `--vendor .` may have left a part of the runtime
_HERE = Path.cwd()
if sys.path[0] == str(_HERE) != str(Path(__file__).parents[1]):
    del sys.path[0]

from flowc.cli import main  # noqa: E402

main(prog_name="flowc")
