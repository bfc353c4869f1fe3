"""Redaction: what matches a pattern is burnt into the pixels and is in no text of the result, which is read again."""
