"""Warnings by topic, which don't stop the build: each says what is the case, and what to do."""
