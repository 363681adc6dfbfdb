"""What runs in the image. It stands alone: the build copies it, and neither side imports the other."""
