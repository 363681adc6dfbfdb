"""The Seldon Python buildpack: a directory with a Python model class becomes an image serving it with Seldon Core's wrapper."""
