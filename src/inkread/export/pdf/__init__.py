"""Searchable PDF: what was read, laid invisibly under the page that it was read on. See docs/searchable-pdf.md."""
