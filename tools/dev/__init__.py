"""What a developer runs: the engine, the demo, wheels for offline builds, docs, audits."""
