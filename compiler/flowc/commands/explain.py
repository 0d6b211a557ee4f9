"""`flowc explain`: what a code of a finding means."""

from __future__ import annotations

import sys
import textwrap

import click


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain the code of a finding (FC301); without a code, list all of them."""
    from flowc.diag.codes import CODES

    if code is None:
        for each in CODES.values():
            click.echo(f"{each.id}  {each.title}")
        return
    known = CODES.get(code.upper())
    if known is None:
        from flowc.front.suggest import did_you_mean

        hint = did_you_mean(code.upper(), CODES)
        click.echo(f"no code {code}" + (f"; {hint}" if hint else ""), err=True)
        sys.exit(2)
    click.echo(explanation(known.id), nl=False)


def explanation(code: str) -> str:
    """Title, kind, explanation and example of a code."""
    from flowc.diag.codes import CODES

    known = CODES[code]
    if known.warning:
        kind = "A warning."
    elif known.runtime:
        kind = (
            "An error at run time: Kestra accepts such a flow, and it fails when it gets there. `flowc check` reports "
            "it, `flowc compile` refuses it with --strict only."
        )
    else:
        kind = "An error: Kestra refuses such a flow, or flowc cannot compile it."
    parts = [
        f"{known.id}: {known.title}",
        textwrap.fill(known.explanation, 100),
        textwrap.fill(kind, 100),
        "Example:\n\n" + textwrap.indent(known.example, "    "),
    ]
    return "\n\n".join(parts) + "\n"
