"""Getting packages: index configuration and pip packages by uv."""
