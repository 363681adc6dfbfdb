"""Build errors by topic: each has a title, a cause and numbered fixes."""
