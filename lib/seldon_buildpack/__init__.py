"""Seldon Python buildpack: builds images that serve a Python model class with Seldon Core."""
