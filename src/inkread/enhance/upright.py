"""Which way is up: the directions of lines, and votes on a few of them, to the turn that makes a page upright."""
