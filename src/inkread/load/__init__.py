"""Pictures in: from a path, bytes, an array or a list of them to pages."""
