#!/usr/bin/env python
"""Write src/inkread/registry/languages.tsv and alphabets.tsv from Unicode CLDR, as its npm packages carry it.

    npm pack cldr-core cldr-localenames-full cldr-misc-full    # unpack each into FOLDER/<name of the package>
    scripts/make_languages.py FOLDER

Languages are those that a model of the catalogue or a published pack of Tesseract reads; see registry/languages.py.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkread.registry.catalog import load_catalog

REGISTRY = Path(__file__).resolve().parent.parent / "src/inkread/registry"

# The packs of Tesseract 4 and 5 (github.com/tesseract-ocr/tessdata). Most are named by ISO 639-2 or 639-3.
PACKS = """
afr amh ara asm aze aze_cyrl bel ben bod bos bre bul cat ceb ces chi_sim chi_sim_vert chi_tra chi_tra_vert chr cos cym
dan dan_frak deu deu_frak deu_latf div dzo ell eng enm epo est eus fao fas fil fin fra frk frm fry gla gle glg grc guj
hat heb hin hrv hun hye iku ind isl ita jav jpn jpn_vert kan kat kaz khm kir kmr kor kor_vert lao lat lav lit ltz mal
mar mkd mlt mon mri msa mya nep nld nor oci ori pan pol por pus que ron rus san sin slk slk_frak slv snd spa sqi srp
srp_latn sun swa swe syr tam tat tel tgk tgl tha tir ton tur uig ukr urd uzb uzb_cyrl vie yid yor
""".split()  # noqa: SIM905
PACK_TAGS = {
    "aze_cyrl": "az-Cyrl",
    "chi_sim": "zh-Hans",
    "chi_sim_vert": "zh-Hans",
    "chi_tra": "zh-Hant",
    "chi_tra_vert": "zh-Hant",
    "dan_frak": "da-Latf",
    "deu_frak": "de-Latf",
    "deu_latf": "de-Latf",
    "fil": "tl",
    "frk": "de-Latf",
    "jpn_vert": "ja",
    "kmr": "ku-Latn",
    "kor_vert": "ko",
    "slk_frak": "sk-Latf",
    "srp": "sr-Cyrl",
    "srp_latn": "sr-Latn",
    "uzb": "uz",
    "uzb_cyrl": "uz-Cyrl",
}
# Names that CLDR gives no English name for (ISO 639-3), and shorter or plainer ones for some.
NAMES = {
    "bgc": "Haryanvi",
    "bh": "Bihari",
    "da-Latf": "Danish (Fraktur)",
    "dar": "Dargwa",
    "de-Latf": "German (Fraktur)",
    "el": "Greek",
    "gom": "Goan Konkani",
    "kaa": "Kara-Kalpak",
    "lbe": "Lak",
    "mhr": "Eastern Mari",
    "pi-Latn": "Pali (Latin)",
    "sck": "Sadri",
    "sk-Latf": "Slovak (Fraktur)",
    "tab": "Tabasaran",
    "zh-Hans": "Simplified Chinese",
    "zh-Hant": "Traditional Chinese",
}
# Letters that CLDR's main sets leave out: the capital of i, whose lower case is another language's; the long s.
MORE_LETTERS = {"tr": "İ", "az": "İ", "de-Latf": "ſ", "da-Latf": "ſ", "sk-Latf": "ſ"}
# Marks that stand in one rare letter alone (Dutch accented ij).
FEWER_LETTERS = {"nl": "\u0301"}
# Where the letters of a tag are under another name.
SAME_LETTERS = {
    "de-Latf": "de",
    "da-Latf": "da",
    "sk-Latf": "sk",
    "zh-Hans": "zh",
    "tl": "fil",
}
# Scripts that CLDR does not know.
SCRIPTS = {"bh": "Deva", "gom": "Deva", "mhr": "Cyrl"}
HEADER = """\
# {what}
# From Unicode CLDR {version} (cldr-core, cldr-localenames-full, cldr-misc-full), by scripts/make_languages.py.
# Copyright Unicode, Inc. License: Unicode-3.0, see CLDR-LICENSE.txt beside this file.
"""


def main(folder: Path) -> None:
    core, names, letters = (folder / each for each in ("cldr-core", "cldr-localenames-full", "cldr-misc-full"))
    aliases = _json(core / "supplemental/aliases.json")["supplemental"]["metadata"]["alias"]["languageAlias"]
    likely = _json(core / "supplemental/likelySubtags.json")["supplemental"]["likelySubtags"]
    english = _json(names / "main/en/languages.json")["main"]["en"]["localeDisplayNames"]["languages"]
    scripts = _json(names / "main/en/scripts.json")["main"]["en"]["localeDisplayNames"]["scripts"]
    version = _json(letters / "package.json")["version"]
    packs: dict[str, list[str]] = {}
    for pack in PACKS:
        tag = PACK_TAGS.get(pack) or aliases.get(pack, {}).get("_replacement") or pack
        packs.setdefault(_shortest(tag, likely), []).append(pack)
    tags = sorted({*packs, *(_shortest(tag, likely) for card in load_catalog() for tag in card.languages)})
    about = "Languages: tag, English name, script, packs of Tesseract that read them, by tab"
    languages = [HEADER.format(what=about, version=version)]
    alphabets = [HEADER.format(what="Letters (main exemplars): tag, code points in hexadecimal", version=version)]
    for tag in tags:
        name = _name(tag, english, scripts)
        languages.append(f"{tag}\t{name}\t{_script(tag, likely)}\t{','.join(packs.get(tag, ()))}\n")
        if alphabet := _letters(tag, letters / "main"):
            alphabets.append(f"{tag}\t{_ranges(alphabet)}\n")
        else:
            print(f"no letters: {tag}", file=sys.stderr)
    (REGISTRY / "languages.tsv").write_text("".join(languages), encoding="utf-8")
    (REGISTRY / "alphabets.tsv").write_text("".join(alphabets), encoding="utf-8")
    shutil.copyfile(letters / "LICENSE", REGISTRY / "CLDR-LICENSE.txt")


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _name(tag: str, english: dict[str, str], scripts: dict[str, str]) -> str:
    language, _, script = tag.partition("-")
    if tag in NAMES or tag in english:
        return NAMES.get(tag) or english[tag]
    return f"{english[language]} ({scripts[script]})" if script else english[language]


def _shortest(tag: str, likely: dict[str, str]) -> str:
    """Return the tag without its script where that is the language's usual one; Chinese has two usual ones."""
    language, _, script = tag.partition("-")
    return language if script == _script(language, likely) and language != "zh" else tag


def _script(tag: str, likely: dict[str, str]) -> str:
    language, _, script = tag.partition("-")
    return script or SCRIPTS.get(language) or likely.get(language, f"{language}-Latn-XX").split("-")[1]


def _letters(tag: str, main: Path) -> set[str]:
    file = main / SAME_LETTERS.get(tag, tag) / "characters.json"
    if not file.is_file():
        return set()
    text = next(iter(_json(file)["main"].values()))["characters"]["exemplarCharacters"]
    found = (set(_unicode_set(text)) | set(MORE_LETTERS.get(tag, ""))) - set(FEWER_LETTERS.get(tag, ""))
    return found | {char.upper() for char in found if len(char.upper()) == 1}


def _unicode_set(text: str) -> Iterator[str]:
    """Yield the characters of a UnicodeSet of CLDR (UTS 35): [a-z {ch} \\u0301 \\-]; of strings their characters."""
    tokens = re.findall(
        r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x\{[0-9A-Fa-f]+\}|\\.|[^\\\s]", text.strip()[1:-1], re.S
    )
    last, is_range = "", False
    for token in tokens:
        if token in "{}":
            continue
        if token == "-":
            is_range = True
            continue
        char = _char(token)
        if is_range:
            yield from map(chr, range(ord(last) + 1, ord(char) + 1))
        else:
            yield char
        last, is_range = char, False


def _char(token: str) -> str:
    if token[0] != "\\":
        return token
    return chr(int(token[2:].strip("{}"), 16)) if token[1] in "uUx" else token[1]


def _ranges(letters: set[str]) -> str:
    runs: list[list[int]] = []
    for code in sorted(map(ord, letters)):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return " ".join(f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in runs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
