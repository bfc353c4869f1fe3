"""What a language model is to do with a page's text."""

from __future__ import annotations

from inkread.language_model.question import DATA

CHOOSE = (
    f"{DATA} For each id in `choices` choose the text that stands on the page, judging by its line. "
    "The first choice is what was read. Answer in JSON: the id and the chosen text."
)
EDIT = (
    f"{DATA} `words` are words that may have been misread, by id; `lines` is where they stand. Name only those that "
    "were misread, each with what stands on the page. Never change numbers, names or codes. Answer in JSON: "
    '{"edits": [{"word": id, "replacement": text}]}; with nothing to change, {"edits": []}.'
)
REWRITE = (
    f"{DATA} Write it again line by line, as many lines in the same order. Put misread words right. Change no number, "
    "name or code, add nothing, leave nothing out, and write nothing else."
)
