"""Arrange text: regions to lines, blocks and reading order."""
