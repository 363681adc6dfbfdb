"""Readers for the manifests of a source: requirements, projects, lock files."""
