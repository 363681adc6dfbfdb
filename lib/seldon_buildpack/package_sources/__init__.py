"""Package sources (indexes, channels and folders) and the credentials for them."""
