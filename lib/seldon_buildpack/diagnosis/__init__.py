"""Named errors from the output of the tools that the build runs."""
