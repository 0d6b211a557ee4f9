"""Amazon Web Services and what speaks their interfaces: S3 and MinIO, queues, functions, DynamoDB, Athena."""

from flowrt.plugins.aws.types import TYPES

__all__ = ["TYPES"]
