"""Shared by all commands: steps, file trees, interrupts."""
