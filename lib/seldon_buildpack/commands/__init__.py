"""Child processes, with one module per program."""
