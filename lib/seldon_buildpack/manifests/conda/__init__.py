"""Readers for conda manifests: environment.yml, lock files and explicit lists."""
