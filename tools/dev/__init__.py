"""Commands for developers: the engine, the demo, wheels for offline builds, docs, audits."""
