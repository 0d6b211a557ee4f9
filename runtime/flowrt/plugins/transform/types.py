"""Which class runs which type of transformations."""

_AGGREGATE = "flowrt.plugins.transform.aggregate:"
_JSONATA = "flowrt.plugins.transform.jsonata:"
_RECORDS = "flowrt.plugins.transform.records:"

TYPES = {
    "io.kestra.plugin.datagen.core.Generate": "flowrt.plugins.transform.generate:DatagenGenerate",
    "io.kestra.plugin.datagen.core.Pseudonymize": "flowrt.plugins.transform.pseudonymize:DatagenPseudonymize",
    "io.kestra.plugin.transform.Aggregate": f"{_AGGREGATE}Aggregate",
    "io.kestra.plugin.transform.Filter": f"{_RECORDS}Filter",
    "io.kestra.plugin.transform.Map": f"{_RECORDS}Map",
    "io.kestra.plugin.transform.Select": f"{_RECORDS}Select",
    "io.kestra.plugin.transform.Unnest": f"{_RECORDS}Unnest",
    "io.kestra.plugin.transform.Zip": f"{_RECORDS}Zip",
    "io.kestra.plugin.transform.grok.TransformItems": "flowrt.plugins.transform.grok:GrokTransformItems",
    "io.kestra.plugin.transform.grok.TransformValue": "flowrt.plugins.transform.grok:GrokTransformValue",
    "io.kestra.plugin.transform.jsonata.TransformItems": f"{_JSONATA}TransformItems",
    "io.kestra.plugin.transform.jsonata.TransformValue": f"{_JSONATA}TransformValue",
}
