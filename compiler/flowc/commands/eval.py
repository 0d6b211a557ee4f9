"""`flowc eval`."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("template")
@click.option(
    "--vars",
    "variables",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with the variables of the context.",
)
@click.option(
    "--typed", is_flag=True, help="Print the value as JSON rather than the rendered text."
)
@click.option("--python", is_flag=True, help="Print the Python the template compiles to.")
def command(template: str, variables: Path | None, typed: bool, python: bool) -> None:
    """Evaluate one expression, such as `flowc eval '{{ inputs.n + 1 }}' --vars vars.json`.

    Secrets are those of the environment (SECRET_NAME, base64 encoded); the flow is company.team.eval when the
    file says nothing of it. Exit code 1 when the expression fails.
    """
    from flowc.expr import read_template
    from flowc.expressions import evaluate, render
    from flowc.gen.python.expr import compile_template
    from flowrt.expr.environment import DictEnvironment
    from flowrt.formats.jsonwrite import to_json
    from flowrt.java.errors import ExpressionError

    compiled = compile_template(template, typed=typed)
    if python:
        for _, source in compiled.functions:
            click.echo(source)
        click.echo(compiled.source)
        return
    environment = DictEnvironment(secrets=_secrets())
    context = {"flow": {"id": "eval", "namespace": "company.team"}, **_variables(variables)}
    try:
        if typed:
            click.echo(to_json(evaluate(template, context, environment)))
        else:
            click.echo(render(template, context, environment))
    except ExpressionError as error:
        click.echo(f"flowc: {error.detail or type(error).__name__}", err=True)
        for problem in read_template(template).problems:
            if problem.hint:
                click.echo(f"  {problem.message}: {problem.hint}", err=True)
        sys.exit(1)


def _variables(path: Path | None) -> dict[str, object]:
    from flowc.files import bounded
    from flowrt.formats.jsonread import JsonError, parse_json

    if path is None:
        return {}
    try:
        values = parse_json(bounded(path).decode())
    except UnicodeDecodeError:
        raise click.BadParameter("is no UTF-8 text", param_hint="--vars") from None
    except JsonError as error:
        said = str(error).partition("\n at [Source: ")[0]
        raise click.BadParameter(f"is no JSON: {said}", param_hint="--vars") from None
    except OSError as error:
        raise click.BadParameter(f"{error.strerror}", param_hint="--vars") from None
    if not isinstance(values, dict):
        raise click.BadParameter("must hold a JSON object", param_hint="--vars")
    return values


def _secrets() -> dict[str, str]:
    from base64 import b64decode
    from os import environ

    found = {}
    for name, value in environ.items():
        if name.startswith("SECRET_"):
            try:
                found[name.removeprefix("SECRET_")] = b64decode(value).decode()
            except ValueError:
                continue
    return found
