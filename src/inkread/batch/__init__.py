"""Many inputs: several processes that read, and a record of what has been read."""
