"""Fuzzing of all that reads a source, and of the regular expressions."""
