"""Packages that are there only where a flow needs them, and what is said when one is missing.

The core of the runtime needs the standard library alone. A task class or a filter that needs more names its packages;
the compiler writes them into the header of the module. Whoever uses one imports it inside the function that needs it.
"""

from __future__ import annotations

from flowrt.java.errors import RawError

YAML = "pyyaml>=6.0.2"
"""Reads YAML (extra `yaml`)."""

CRYPTOGRAPHY = "cryptography>=42"
"""AES (extra `crypto`)."""

ZONES = "tzdata; sys_platform == 'win32'"
"""Time zones, where the system has none (extra `zones`)."""

COMPILER = "flowexpr>=1.0,<2"
"""The compiler of expressions, for texts that exist only when a flow runs (extra `render`)."""


PREFECT = "prefect>=3.8,<4"
"""The engine Prefect, for flows that are compiled to it."""

AIRFLOW = "apache-airflow>=3.1,<4"
"""The engine Airflow, for flows that are compiled to it."""


class MissingPackage(RawError):
    """A package is not installed that this flow needs."""

    java_class = "java.lang.NoClassDefFoundError"

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the package {package}, which is not installed: "
            f"pip install '{package}', or 'flowrt[{extra}]'"
        )
