"""Where packages come from, and who may read them."""
