"""A process that may be killed: it does one thing at a time for its parent and answers in values and arrays."""
