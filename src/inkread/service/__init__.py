"""The reader as an HTTP service."""
