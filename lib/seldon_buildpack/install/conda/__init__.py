"""Getting conda's packages: which channels are asked, and with what credentials."""
