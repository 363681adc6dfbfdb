"""Which seldon-core serves the model, and a check that it does."""
