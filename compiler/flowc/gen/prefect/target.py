"""The back end `prefect`: a module for each flow, and what a deployment of it needs."""

from __future__ import annotations

from collections.abc import Iterable

from flowc.gen.backends import Request, Written
from flowc.gen.capabilities import Decision, decisions
from flowc.gen.prefect.capabilities import CAPABILITIES
from flowc.gen.prefect.module import PACKAGES, emit, is_made_of
from flowc.gen.python.finish import finish
from flowc.gen.python.module import Options
from flowc.gen.python.target import placed_files, tasks_beside, unchanged
from flowc.ir.nodes import Module
from flowc.version import VERSION


class PrefectTarget:
    """Writes modules for Prefect 3."""

    suffix = ".py"

    def decide(self, module: Module) -> Iterable[Decision]:
        """What becomes of the parts of a flow."""
        return decisions(module, CAPABILITIES)

    def names(self, module: Module) -> Iterable[str]:
        """What the flow is called."""
        return [module.full_name]

    def write(self, request: Request) -> Written:
        """The module of a program, and those of the flows that it starts beside it."""
        program, output = request.program, request.output
        options = Options(VERSION)
        names, mine = placed_files(request)
        if str(output) == "-":
            mine = {program.main.key}
        known = (
            {}
            if request.force or str(output) == "-"
            else unchanged(
                request,
                names,
                mine,
                lambda text, each: is_made_of(text, program, each, options, request.runner),
            )
        )
        files = {}
        for module in program.modules:
            if module.key in mine - known.keys():
                source = emit(program, module, options, names, request.runner)
                text = finish(
                    source, module.source_name, request.formatted, names.values(), PACKAGES
                )
                name = f"{names[module.key]}.py"
                files[output if str(output) == "-" else output.parent / name] = text
        if str(output) != "-":
            files.update(tasks_beside(program, output.parent))
        return Written(files, len(known))


BACKEND = PrefectTarget()
