"""Results out: a document to text, JSON, a picture, and to files."""
