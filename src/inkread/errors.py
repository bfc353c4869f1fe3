"""What can go wrong, one class for each thing a caller would do differently.

InkreadError                         exit  HTTP
├── InputError                       -     -     the input cannot be read
│   ├── SourceNotFoundError          3     404   no such file or folder
│   ├── NothingToReadError           4     422   a folder or pattern without one readable file
│   ├── UnsupportedFormatError       5     415   the content is of no format we read
│   ├── DamagedInputError            6     422   truncated or corrupt
│   ├── PasswordError                19    422   encrypted, and the password is missing or wrong
│   ├── LimitError                   7     413   larger than the limits allow
│   │   └── NeedsJobError            33    413   more than one request may ask of a service; a job takes it
│   ├── AddressError                 22    403   an address that may not be asked: not allowed, private, malformed
│   └── DownloadError                23    502   an address that does not give its content
├── OptionError                      8     400   an option's value or name is wrong
│   ├── LanguageError                9     400   no model reads this language
│   ├── FormatError                  10    400   no such output format
│   └── ConfigError                  11    400   a configuration file is wrong; says the line
├── DeviceError                      12    503   the device is not there
├── ModelError                       13    500   a model does not do what its card says
│   ├── ModelNotFoundError           14    503   a model is not installed
│   └── ModelIntegrityError          15    500   a model's file has another sha256
├── MissingPackageError              16    501   an optional package is not installed
├── OutputError                      17    500   a result cannot be written
├── WorkerError                      24    500   a process that read for this one has died, twice
├── RedactionError                   25    500   what should be gone is still found; nothing is written
├── ServiceError                 26    500   a service does not answer a request
│   ├── RequestError             27    400   the request is malformed
│   ├── CredentialsError         28    401   no credentials, or wrong ones
│   ├── QuotaError               29    429   a client has asked for more than its share
│   ├── BusyError                30    503   there is more to do than can be done in time
│   └── DeadlineError            31    504   it was not done in time
├── CancelledError                   32    499   whoever asked for it does not want it any more
└── ClosedError                      18    500   used after close()

Exit code 0 is success, 1 an error of our own, 2 a wrong command line, 20 "some of the inputs failed".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InkreadError(Exception):
    """Any failure that inkread foresees: what happened, to what, and what to do about it.

    exit_code: of the command.  http_status: of the service.  remedy: what to do, may be empty.
    """

    exit_code = 1
    http_status = 500

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}: {self.remedy}" if self.remedy else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.remedy))


def _rebuild(kind: type[InkreadError], message: str, remedy: str) -> InkreadError:
    return kind(message, remedy=remedy)


class InputError(InkreadError):
    """The input cannot be read."""

    exit_code = 6
    http_status = 422


class SourceNotFoundError(InputError):
    """There is no such file or folder."""

    exit_code = 3
    http_status = 404


class NothingToReadError(InputError):
    """A folder, a pattern or a list holds no picture."""

    exit_code = 4


class UnsupportedFormatError(InputError):
    """The content is of no format that inkread reads."""

    exit_code = 5
    http_status = 415


class DamagedInputError(InputError):
    """The content is truncated or corrupt."""


class PasswordError(InputError):
    """The document is encrypted, and its password is missing or wrong."""

    exit_code = 19


class LimitError(InputError):
    """The input is larger than the limits allow."""

    exit_code = 7
    http_status = 413


class NeedsJobError(LimitError):
    """More pages or bytes than one request may ask a service for, and no more than a job takes: POST /v1/jobs."""

    exit_code = 33


class AddressError(InputError):
    """An address (URL) may not be asked: reading from addresses is off, or this one is private or malformed."""

    exit_code = 22
    http_status = 403


class DownloadError(InputError):
    """An address (URL) that may be asked does not give its content, or not in time."""

    exit_code = 23
    http_status = 502


class OptionError(InkreadError):
    """An option has a wrong name or value."""

    exit_code = 8
    http_status = 400


class LanguageError(OptionError):
    """No model at hand reads this language."""

    exit_code = 9


class FormatError(OptionError):
    """There is no such output format."""

    exit_code = 10


class ConfigError(OptionError):
    """A configuration file is wrong; the message names the line."""

    exit_code = 11


class DeviceError(InkreadError):
    """The device that was asked for is not there."""

    exit_code = 12
    http_status = 503


class ModelError(InkreadError):
    """A model does not do what its card says."""

    exit_code = 13


class ModelNotFoundError(ModelError):
    """A model is not installed here."""

    exit_code = 14
    http_status = 503


class ModelIntegrityError(ModelError):
    """A model's file is not the one that its card describes."""

    exit_code = 15


class MissingPackageError(InkreadError):
    """An optional package is not installed."""

    exit_code = 16
    http_status = 501


class OutputError(InkreadError):
    """A result cannot be written where it was asked for."""

    exit_code = 17


class WorkerError(InkreadError):
    """A process that read an input for this one died or failed; the same happened when it was tried again."""

    exit_code = 24


class RedactionError(InkreadError):
    """What should be gone of a redacted copy can still be seen or found in it, so that it is not written."""

    exit_code = 25


class ServiceError(InkreadError):
    """A service does not answer a request. retry_after_s: when to ask again, seconds; None: not told."""

    exit_code = 26

    def __init__(self, message: str, *, remedy: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class RequestError(ServiceError):
    """A request to the service is malformed."""

    exit_code = 27
    http_status = 400


class CredentialsError(ServiceError):
    """A request to the service has no credentials, or wrong ones."""

    exit_code = 28
    http_status = 401


class QuotaError(ServiceError):
    """A client of the service has asked for more than its share."""

    exit_code = 29
    http_status = 429


class BusyError(ServiceError):
    """The service has more to do than it can do in time."""

    exit_code = 30
    http_status = 503


class DeadlineError(ServiceError):
    """What was asked of the service was not done in time."""

    exit_code = 31
    http_status = 504


class CancelledError(InkreadError):
    """Reading was stopped by whoever asked for it."""

    exit_code = 32
    http_status = 499


class ClosedError(InkreadError):
    """A reader, session or source was used after close()."""

    exit_code = 18


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``did you mean "x"?`` for the most similar name, or the list of all names."""
    known = {each.casefold(): each for each in sorted(set(names))}
    close = difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.6)
    return f'did you mean "{known[close[0]]}"?' if close else f"use one of {', '.join(known.values())}"
