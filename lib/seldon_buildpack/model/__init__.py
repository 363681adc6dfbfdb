"""The class that is served."""
