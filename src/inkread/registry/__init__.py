"""Find models: cards, and files on this machine."""
