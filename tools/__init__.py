"""Tools that build and release the buildpack and the builder.

The Makefile runs them as `python -m tools COMMAND`. ``core`` is shared by all commands, ``release``
builds and publishes, and ``dev`` has the commands for developers.
"""
