"""A port: language models, which score, choose and write text. Nothing of a document is decided here."""
