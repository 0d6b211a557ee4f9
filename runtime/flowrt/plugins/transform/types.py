"""Which class runs which type of transformations."""

_JSONATA = "flowrt.plugins.transform.jsonata:"

TYPES = {
    "io.kestra.plugin.transform.jsonata.TransformItems": f"{_JSONATA}TransformItems",
    "io.kestra.plugin.transform.jsonata.TransformValue": f"{_JSONATA}TransformValue",
}
