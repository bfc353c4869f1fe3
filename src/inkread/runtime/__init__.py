"""Running a network: one port, one adapter for each engine."""
