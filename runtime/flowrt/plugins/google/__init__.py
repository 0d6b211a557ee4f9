"""Google: Cloud Storage, BigQuery, Pub/Sub, Sheets, Drive, Calendar, by their REST interfaces."""
