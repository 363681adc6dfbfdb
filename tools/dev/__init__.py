"""Developer commands: the engine, the demo, wheels for offline builds, docs, audits."""
