"""Files of rows from and to CSV, JSON, YAML, XML, Excel, Avro and Parquet; Markdown and HTML."""

from flowrt.plugins.serdes.types import TYPES

__all__ = ["TYPES"]
