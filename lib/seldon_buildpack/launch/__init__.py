"""The programs that run in the image.

The build copies them. Neither side imports the other.
"""
