"""A recogniser of Latin handwriting: a network, its card and what was measured of it; nothing to run."""
