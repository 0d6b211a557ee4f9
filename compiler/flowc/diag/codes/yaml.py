"""FC1xx: the text is not the YAML that a flow needs."""

from __future__ import annotations

from flowc.diag.codes.base import Code

YAML = (
    Code(
        "FC101",
        "YAML syntax error",
        "The file is not valid YAML, so nothing after this place can be read. Most often the indentation is off, a "
        "text that contains `: ` or `#` or begins with a special character lacks quotes, or a bracket is not closed.",
        "tasks:\n  - id: hello\n    type: io.kestra.plugin.core.log.Log\n   message: one space short",
    ),
    Code(
        "FC102",
        "key given twice",
        "A mapping has the same key twice. Kestra refuses the flow instead of taking one of the values. Keys are "
        "compared as texts, so `1` and `'1'` are the same.",
        "- id: hello\n  type: io.kestra.plugin.core.log.Log\n  message: one\n  message: two",
    ),
    Code(
        "FC103",
        "expression without quotes",
        "A value that begins with `{{` is a mapping in YAML, not a text. Put the whole value into quotes.",
        'message: {{ inputs.name }}     # write: message: "{{ inputs.name }}"',
    ),
    Code(
        "FC104",
        "key that is not text",
        "The key of a mapping must be a plain text or number, not a list or a mapping.",
        "variables:\n  ? [a, b]\n  : value",
    ),
    Code(
        "FC105",
        "number that cannot be read",
        "`.inf` and `.nan` are numbers in YAML, but Kestra cannot read them. Quote the value if it is meant as text.",
        "variables:\n  limit: .inf",
    ),
    Code(
        "FC106",
        "unknown anchor",
        "An alias `*name` names an anchor `&name` that is not defined before it.",
        "variables:\n  a: *missing",
    ),
    Code(
        "FC107",
        "nested too deeply",
        "Lists and mappings are nested deeper than any flow needs; the file is not read further.",
        "variables: [[[[…]]]]",
    ),
    Code(
        "FC108",
        "anchor or merge key",
        "flowc resolves anchors, aliases and merge keys as YAML means them. Kestra 1.3 does not: there `*base` is the "
        "text `base`, and `<<` is an ordinary key, which most objects refuse. Write the values out if the flow is "
        "to run on a Kestra server as well.",
        "variables:\n  base: &base {retries: 3}\n  mine:\n    <<: *base",
        warning=True,
    ),
    Code(
        "FC109",
        "more than one document",
        "A flow is the first YAML document of its file. What follows `---` is another one, which Kestra passes over in "
        "silence, and so does flowc, but for this warning.",
        "id: first\n---\nid: second",
        warning=True,
    ),
    Code(
        "FC110",
        "file that cannot be read",
        "The file does not exist, may not be read, or is not UTF-8 text.",
        "flowc check missing.yaml",
    ),
    Code(
        "FC111",
        "merge key without a mapping",
        "The value of a merge key `<<` must be a mapping, an alias of one, or a list of such aliases.",
        "variables:\n  mine:\n    <<: text",
    ),
)
