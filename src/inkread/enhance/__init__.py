"""Make pages readable: which way is up."""
