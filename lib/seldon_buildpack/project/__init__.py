"""Reading what the user wrote: ``.s2i/environment``, the model class, the Python version. Nothing here runs code or reads the process's environment."""
