"""The choice of the wrapper (seldon-core) release, and a check that it can serve a model."""
