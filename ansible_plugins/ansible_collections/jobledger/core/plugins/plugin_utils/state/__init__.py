"""Where the roles keep a job's state: files, an ingester, or a bucket of OCI Object Storage."""
