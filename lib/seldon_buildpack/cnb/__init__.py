"""The buildpack contract and nothing of Seldon."""
