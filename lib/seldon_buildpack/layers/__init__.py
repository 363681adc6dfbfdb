"""The image layers, one module each: why the layer exists and when it is reused."""
