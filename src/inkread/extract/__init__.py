"""Document to fields: each value stands somewhere on the page, or is not there."""
