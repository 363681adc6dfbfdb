"""What builds the builder and gets the tools; run as ``python -m tools COMMAND`` by the Makefile."""
