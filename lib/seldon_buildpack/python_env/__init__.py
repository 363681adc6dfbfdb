"""The files of a venv or of a conda prefix."""
