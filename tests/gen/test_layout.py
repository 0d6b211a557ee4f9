"""The layout of nested calls, against black."""

from __future__ import annotations

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.gen.python.finish import format_source
from flowc.gen.python.formattext import FormatText
from flowc.gen.python.layout import Atom, Bracketed, Doc, Named, call, statement
from flowc.gen.python.values import text_doc

_texts = st.text("ab \n\"'\\é", max_size=120)
_docs: st.SearchStrategy[Doc] = st.recursive(
    _texts.map(text_doc),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: Bracketed("[", items, "]")),
        st.lists(inner, max_size=3).map(
            lambda items: call("name", [Named(f"a{n}=", item) for n, item in enumerate(items)])
        ),
    ),
    max_leaves=12,
)


@given(_docs)
@settings(max_examples=60, deadline=None)
def test_layout_keeps_the_code(doc: Doc) -> None:
    source = "\n".join(statement("x = ", doc)) + "\n"
    formatted = format_source(source)
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(formatted))
    assert format_source(formatted) == formatted


def test_short_calls_stay_on_one_line() -> None:
    assert statement("x = ", call("f", [Atom("1"), Named("b=", Atom("2"))])) == ["x = f(1, b=2)"]


def test_long_format_text_is_cut_between_its_parts() -> None:
    source = 'f"' + "word " * 20 + "{v['a']} {{literal}}\\n" + "{text(v['b'])} " * 5 + '"'
    lines = FormatText(source).lines("", 40)
    assert len(lines) > 3
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(source))


@given(
    st.lists(
        st.sampled_from(
            ["a ", "{{", "}}", "\\n", "\\\\", "{v['x']}", "{f('}')}", "\\x41", "\\N{EM DASH}", "é"]
        ),
        max_size=60,
    )
)
@settings(max_examples=100, deadline=None)
def test_cut_format_text_means_the_same(parts: list[str]) -> None:
    source = 'f"' + "".join(parts) + '"'
    cut = "\n".join(FormatText(source).lines("", 10))
    names = {"v": {"x": 1}, "f": str}
    assert eval(cut, dict(names)) == eval(source, dict(names))
