"""A document to a file, which appears whole or not at all; never over another file unless asked."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from inkread.document import Document, Page
from inkread.errors import FormatError, OutputError
from inkread.export.formats import FORMATS, ExportOptions, encode, format_of

if TYPE_CHECKING:
    from inkread.image import Image


_REMEDIES = {
    errno.ENOSPC: "free some space or choose another disk",
    errno.EDQUOT: "free some space or choose another disk",
    errno.EFBIG: "raise the limit for the size of files (ulimit -f) or choose another disk",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.ENAMETOOLONG: "choose a shorter name",
}

# What some file system refuses or some shell takes for something else, and what changes how a name looks (controls,
# direction marks) or cannot be encoded (surrogates).
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNSAFE = re.compile(r'[<>:"/\\|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
_PAGE_OF_FILE = re.compile(r"(?P<stem>.+?)(\.[A-Za-z][A-Za-z0-9]{0,4})?(?P<page> page \d+)?", re.DOTALL)

# File systems allow 255 bytes; the rest is for the suffix and the number of a duplicate.
_MAX_STEM_BYTES = 200


def save(
    document: Document,
    path: str | Path,
    format: str | None = None,
    *,
    options: ExportOptions | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the document in a format, that of the path's suffix if None, and return the path; missing folders are made.

    Raises FormatError for an unknown format and for one that cannot hold the document, OutputError where the file
    exists (unless `overwrite`), is the document's own source, or cannot be written. Whatever happens, an existing file
    is kept or replaced as a whole.
    """
    path = Path(path)
    if is_same_file(path, document.source):
        raise source_refused(path)
    return write(path, encode(document, format or format_of(path).name, options), overwrite=overwrite)


def is_same_file(path: Path, source: str) -> bool:
    """Return whether a source, as documents name it, is this file."""
    try:
        return bool(source) and path.exists() and path.samefile(source)
    except (OSError, ValueError):  # no file, or no name that a file can have
        return False


def source_refused(path: Path) -> OutputError:
    """Return the error for a result that would replace what it was read from."""
    return OutputError(f'"{path}" is an input, and no input is ever written to', remedy="choose another name")


def save_picture(image: Image, page: Page, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write `picture.annotate(image, page)` as PNG or JPEG, by the suffix, and return the path.

    Raises like `save`.
    """
    from io import BytesIO

    from inkread.export.picture import annotate

    path = Path(path)
    if format_of(path).name != "picture":
        suffixes = ", ".join(FORMATS["picture"].suffixes)
        raise FormatError(f'"{path}" is not the name of a picture', remedy=f"end it in one of {suffixes}")
    if is_same_file(path, page.source):
        raise source_refused(path)
    stream = BytesIO()
    annotate(image, page).save(stream, "PNG" if path.suffix.casefold() == ".png" else "JPEG", quality=90)
    return write(path, stream.getvalue(), overwrite=overwrite)


def check_new(path: Path, *, overwrite: bool = False) -> None:
    """Raise OutputError where `write` would, for the reasons that are known before there is anything to write."""
    with _as_output_error(path):
        _check_target(path, Path(os.path.realpath(path)), overwrite)


def write(path: Path, data: bytes, *, overwrite: bool = False) -> Path:
    """Write the bytes to a new file, whole or not at all, and return the path; missing folders are made.

    Raises OutputError where the file exists (unless `overwrite`), is no plain file, or cannot be written.
    """
    with new_file(path, overwrite=overwrite) as stream:
        stream.write(data)
    return path


@contextmanager
def new_file(path: Path, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Yield a file to write and read, which gets its name when the block ends, or goes where the block raises.

    For what is too large to be held in memory; raises like `write`, also for an OSError in the block (a full disk).
    """
    with _as_output_error(path):
        target = Path(os.path.realpath(path))
        _check_target(path, target, overwrite)
        _make_folder(target.parent)
        temporary = target.parent / f".inkread-{secrets.token_hex(8)}.tmp"
        stream = temporary.open("x+b")
    try:
        try:
            yield stream
        except OSError as error:
            raise _output_error(path, error) from error
        with _as_output_error(path):
            stream.flush()
            os.fsync(stream.fileno())
            stream.close()
            if overwrite and target.exists():
                shutil.copymode(target, temporary)
            _place(temporary, target, overwrite)
    finally:
        # After a failure closing tries once more to write what a full disk did not take, and fails like that.
        with suppress(OSError):
            stream.close()
        # Gone already where it was moved; left by a failure otherwise.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def output_path(source_name: str, folder: str | Path, suffix: str, taken: set[str]) -> Path:
    """Return a path inside `folder` for what was read from a source, named after it, and note it in `taken`.

    source_name: a path, a URL, or "scan.pdf page 3".  suffix: the end of the new name, like ".json".
    taken: names given out before, for one call after the other; a name that is there (in any case) gets "-2".
    The name is safe on every system: no folders, controls, reserved names or more than 255 bytes.
    """
    stem = _safe_stem(source_name)
    ending = _UNSAFE.sub("_", suffix)
    name, number = f"{stem}{ending}", 2
    while _folded(name) in taken:
        name, number = f"{stem}-{number}{ending}", number + 1
    taken.add(_folded(name))
    return Path(folder) / name


def _check_target(path: Path, target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise OutputError(f'cannot write "{path}", it is a folder', remedy="give the name of a file")
    # A device or a pipe would be replaced by a plain file.
    if target.exists() and not target.is_file():
        raise OutputError(f'cannot write "{path}", it is no plain file', remedy="choose another path")
    if not overwrite and (target.exists() or path.is_symlink()):
        raise _exists(path)


def _exists(path: Path) -> OutputError:
    return OutputError(f'"{path}" exists already', remedy="choose another path or allow it with --overwrite")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, f'"{folder}" is no folder') from error


def _place(temporary: Path, target: Path, overwrite: bool) -> None:
    """Move the file to its name. Without `overwrite`, raises FileExistsError if another process was faster."""
    if overwrite:
        temporary.replace(target)
    elif os.name == "nt":
        temporary.rename(target)  # refuses a name that is taken, there
    else:
        try:
            target.hardlink_to(temporary)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links (FAT, some network shares): take the name with an empty file.
            target.touch(exist_ok=False)
            try:
                temporary.replace(target)
            except OSError:
                target.unlink()
                raise


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise _exists(path) from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise _output_error(path, error) from error


def _output_error(path: Path, error: OSError | ValueError) -> OutputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    number = error.errno if isinstance(error, OSError) else None
    remedy = _REMEDIES.get(number or 0, "choose another path")
    return OutputError(f'cannot write "{path}", {reason[:1].lower()}{reason[1:]}', remedy=remedy)


def _safe_stem(source_name: str) -> str:
    """Return the last part of a path or URL without its suffix, with nothing in it that a file name cannot hold."""
    name = unicodedata.normalize("NFC", _last_part(source_name))
    matched = _PAGE_OF_FILE.fullmatch(name)
    if matched:
        name = matched["stem"] + (matched["page"] or "")
    name = "".join("_" if unicodedata.category(c) in _UNSAFE_CATEGORIES else c for c in name)
    name = _UNSAFE.sub("_", name).strip(" .-")
    name = name.encode()[:_MAX_STEM_BYTES].decode(errors="ignore").rstrip(" .") or "document"
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def _last_part(source_name: str) -> str:
    if re.match(r"https?://", source_name, re.IGNORECASE):
        # "?" and "#" end the path of a URL but may stand in the name of a file. A stray "[" is no valid URL.
        with suppress(ValueError):
            url = urlsplit(source_name)
            return unquote(url.path.rstrip("/").rpartition("/")[2]) or (url.hostname or "").replace(".", "_")
    return re.split(r"[/\\]", source_name.rstrip("/\\"))[-1]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
