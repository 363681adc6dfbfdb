"""The trial of the model at build: its process, its limits, and what its failures mean."""
