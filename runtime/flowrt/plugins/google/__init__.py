"""Google: Cloud Storage, BigQuery, Pub/Sub, Sheets, Drive, Calendar, by their REST interfaces."""

from flowrt.plugins.google.types import TYPES

__all__ = ["TYPES"]
