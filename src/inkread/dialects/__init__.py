"""The words of other systems: inkread where their users already are."""
