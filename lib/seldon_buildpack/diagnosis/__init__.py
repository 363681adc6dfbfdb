"""Turn a tool's output into a named error."""
