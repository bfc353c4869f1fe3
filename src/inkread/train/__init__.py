"""Teaching recognisers and detectors; needs `pip install inkread[train]`."""
