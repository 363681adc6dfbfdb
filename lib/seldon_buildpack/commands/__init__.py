"""Child processes, one file per program."""
