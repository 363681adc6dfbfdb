"""What makes the buildpack and the builder: `python -m tools COMMAND`, run by the Makefile.

core: shared by all commands; release: what is made and published; dev: what a developer runs.
"""
