"""The files of a venv or a conda prefix."""
