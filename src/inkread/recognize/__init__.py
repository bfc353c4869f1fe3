"""Read text: regions to characters."""
