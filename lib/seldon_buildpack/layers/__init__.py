"""One file per image layer; each opens with why the layer exists and when it is reused."""
