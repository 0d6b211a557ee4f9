"""Which class runs which type of the converters."""

_AVRO = "flowrt.plugins.serdes.avro:"
_CSV = "flowrt.plugins.serdes.csv:"
_EXCEL = "flowrt.plugins.serdes.excel:"
_JSON = "flowrt.plugins.serdes.json:"
_MARKDOWN = "flowrt.plugins.serdes.markdown:"
_PARQUET = "flowrt.plugins.serdes.parquet:"
_PROTOBUF = "flowrt.plugins.serdes.protobuf:"
_TOON = "flowrt.plugins.serdes.toon:"
_XML = "flowrt.plugins.serdes.xml:"
_YAML = "flowrt.plugins.serdes.yaml:"

TYPES = {
    "io.kestra.plugin.serdes.avro.AvroToIon": f"{_AVRO}AvroToIon",
    "io.kestra.plugin.serdes.avro.InferAvroSchemaFromIon": f"{_AVRO}InferAvroSchemaFromIon",
    "io.kestra.plugin.serdes.avro.IonToAvro": f"{_AVRO}IonToAvro",
    "io.kestra.plugin.serdes.csv.CsvToIon": f"{_CSV}CsvToIon",
    "io.kestra.plugin.serdes.csv.IonToCsv": f"{_CSV}IonToCsv",
    "io.kestra.plugin.serdes.excel.ExcelToIon": f"{_EXCEL}ExcelToIon",
    "io.kestra.plugin.serdes.excel.IonToExcel": f"{_EXCEL}IonToExcel",
    "io.kestra.plugin.serdes.json.IonToJson": f"{_JSON}IonToJson",
    "io.kestra.plugin.serdes.json.JsonToIon": f"{_JSON}JsonToIon",
    "io.kestra.plugin.serdes.json.JsonToJsonl": f"{_JSON}JsonToJsonl",
    "io.kestra.plugin.serdes.json.JsonToToon": f"{_TOON}JsonToToon",
    "io.kestra.plugin.serdes.json.ToonToJson": f"{_TOON}ToonToJson",
    "io.kestra.plugin.serdes.markdown.HtmlToMarkdown": f"{_MARKDOWN}HtmlToMarkdown",
    "io.kestra.plugin.serdes.markdown.MarkdownToHtml": f"{_MARKDOWN}MarkdownToHtml",
    "io.kestra.plugin.serdes.markdown.MarkdownToText": f"{_MARKDOWN}MarkdownToText",
    "io.kestra.plugin.serdes.parquet.IonToParquet": f"{_PARQUET}IonToParquet",
    "io.kestra.plugin.serdes.parquet.ParquetToIon": f"{_PARQUET}ParquetToIon",
    "io.kestra.plugin.serdes.protobuf.ProtobufToIon": f"{_PROTOBUF}ProtobufToIon",
    "io.kestra.plugin.serdes.xml.IonToXml": f"{_XML}IonToXml",
    "io.kestra.plugin.serdes.xml.XmlToIon": f"{_XML}XmlToIon",
    "io.kestra.plugin.serdes.yaml.IonToYaml": f"{_YAML}IonToYaml",
    "io.kestra.plugin.serdes.yaml.JsonToYaml": f"{_YAML}JsonToYaml",
    "io.kestra.plugin.serdes.yaml.YamlToIon": f"{_YAML}YamlToIon",
    "io.kestra.plugin.serdes.yaml.YamlToJson": f"{_YAML}YamlToJson",
}
