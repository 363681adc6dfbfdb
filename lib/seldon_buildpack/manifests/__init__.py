"""What the source asks to install."""
