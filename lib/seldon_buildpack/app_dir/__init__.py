"""The source directory on its way into the image."""
