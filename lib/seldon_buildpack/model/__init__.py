"""The model: the class that is served."""
