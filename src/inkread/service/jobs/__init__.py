"""Jobs: documents that are read while nobody waits, page by page, and go on after a crash."""
