"""Amazon Web Services and what speaks their interfaces: S3 and MinIO, queues, functions, DynamoDB, Athena."""
