"""Find text: a page to regions."""
