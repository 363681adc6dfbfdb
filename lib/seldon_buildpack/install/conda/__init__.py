"""Getting the packages of a conda environment: its channels and who may read them, solving, installing, and pip's half beside them."""
