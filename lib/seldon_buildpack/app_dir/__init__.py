"""The source on its way into the image."""
