"""The back end `airflow`: a module for each flow, with its DAG."""

from __future__ import annotations

from collections.abc import Iterable

from flowc.gen.airflow.capabilities import decide
from flowc.gen.airflow.dag import dag_names
from flowc.gen.airflow.module import PACKAGES, emit, is_made_of, started
from flowc.gen.backends import Request, Written
from flowc.gen.capabilities import Decision
from flowc.gen.python.finish import finish
from flowc.gen.python.module import Options, module_names
from flowc.gen.python.target import modules, tasks_beside, unchanged
from flowc.ir.nodes import Module
from flowc.version import VERSION


class AirflowTarget:
    """Writes DAG files for Airflow 3."""

    suffix = ".py"

    def decide(self, module: Module) -> Iterable[Decision]:
        """What becomes of the parts of a flow."""
        return decide(module)

    def names(self, module: Module) -> Iterable[str]:
        """What its DAGs are called."""
        return dag_names(module)

    def write(self, request: Request) -> Written:
        """The DAG file of a program. The flows that its steps start are programs beside it: a step runs them itself."""
        program, output = request.program, request.output
        options, to_stdout = Options(VERSION), str(output) == "-"
        called = {other.key for each in program.modules for other in started(program, each)}
        names = {key: f"{name}_flow" for key, name in module_names(program.known).items()}
        module = program.main
        known = (
            {}
            if request.force or to_stdout
            else unchanged(
                request,
                {module.key: output.stem},
                {module.key},
                lambda text, each: is_made_of(text, program, each, options),
            )
        )
        files = {}
        if module.key not in known:
            source = emit(program, module, options, names)
            files[output] = finish(
                source, module.source_name, request.formatted, names.values(), PACKAGES
            )
        if not to_stdout:
            for name, text in modules(program, names, called, formatted=request.formatted).items():
                files[output.parent / name] = text
            files.update(tasks_beside(program, output.parent))
        return Written(files, len(known))


BACKEND = AirflowTarget()
