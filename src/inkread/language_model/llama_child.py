"""A GGUF model in a child process, for inkread.language_model.llama in its parent.

Nothing else imports xllamacpp, and nothing imports this module but a child: the library reads files of anybody's in
C++, and on some processors it crashes (https://github.com/ggml-org/llama.cpp/issues/20824).
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import xllamacpp

from inkread.child.wire import Answer
from inkread.errors import LimitError, ModelError

if TYPE_CHECKING:
    from inkread.child.wire import Array

# A Unix socket's path may not be longer on any system.
_MAX_SOCKET_PATH: Final = 100
# llama.cpp takes a name for a socket by this ending.
_SOCKET: Final = "llama.sock"
_TIMEOUT_S: Final = 60.0
_SEED: Final = 1
_SURE_BIAS: Final = 1000.0
_ERRORS_ONLY: Final = 1
_HEARD_BYTES: Final = 16384
# Time, level and place of a line that the library writes.
_PREFIX: Final = re.compile(r"^[\d.]+ [A-Z] (?:\w+: )?(?:error loading model: )*")


class Llama:
    """Opens a model and answers questions about text, as requests say."""

    def __init__(self) -> None:
        self._server: Any = None
        self._address = ""
        self._key = secrets.token_hex(16)
        self._context = 0

    def __call__(self, request: Mapping[str, Any], arrays: Sequence[Array]) -> Answer:
        match request["do"]:
            case "open":
                return Answer(self._open(request))
            case "scores":
                return Answer(self._scores(request["before"], request["options"], request["after"]))
            case "count":
                return Answer(len(self._tokens(request["text"])))
            case _:
                return Answer(self._complete(request))

    def _open(self, request: Mapping[str, Any]) -> int:
        """Open the model and return its context's size, tokens. Raises ModelError where it cannot be opened."""
        params = xllamacpp.CommonParams()
        params.model.path = request["path"]
        params.n_ctx = self._context = request["context_size"]
        params.n_gpu_layers = request["gpu_layers"]
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = request["threads"]
        # One text at a time: what is computed must not depend on its company.
        params.n_parallel = 1
        params.warmup = False
        params.verbosity = _ERRORS_ONLY
        params.offline = True
        # Kernels of AMX crash where they were compiled in (llama.cpp#20824); wheels have none.
        params.no_extra_bufts = True
        self._shut(params, Path(request["folder"]))
        with _Stderr() as stderr:
            try:
                self._server = xllamacpp.Server(params)
            except Exception as error:
                raise ModelError(stderr.reason() or str(error)) from error
        self._address = self._server.listening_address
        return self._context

    def _shut(self, params: Any, folder: Path) -> None:
        """Shut the listener that the library opens: a socket in a folder of ours alone, with a key, and no pages.

        Where there are no such sockets (Windows) it is a port of this machine that answers to the key alone.
        """
        params.api_keys = [self._key]
        params.ui = params.endpoint_slots = params.endpoint_props = params.endpoint_metrics = False
        params.cache_ram_mib = 0
        path = str(folder / _SOCKET)
        if hasattr(socket, "AF_UNIX") and os.name != "nt" and len(path.encode()) < _MAX_SOCKET_PATH:
            params.hostnames = [path]

    def _scores(self, before: str, options: Sequence[str], after: str) -> list[float]:
        texts = [self._tokens(f"{before}{option}{after}", is_start=True) for option in options]
        shared = max(1, min(_common(texts), len(self._tokens(before, is_start=True))))
        room = self._context - max(len(text) for text in texts) + shared - 1
        if room < 1:
            raise LimitError(f"the context of {self._context} tokens is too small", remedy="raise context_size")
        return [self._score(text[max(0, shared - room) : shared], text[shared:]) for text in texts]

    def _score(self, prompt: list[int], forced: list[int]) -> float:
        """Return ln P(forced | prompt), of tokens; what all texts begin with is computed once.

        Token by token, each with a bias that leaves no other: the probabilities told are those before it. (A grammar
        of tokens gives the same figures, to the last digit, in nearly twice the time.)  A token that is a part of a
        character has no probability told, and counts as sure: for what was read and what would replace it alike.
        """
        total = 0.0
        for index, token in enumerate(forced):
            answer = self._ask(
                self._server.handle_completions,
                {
                    "prompt": prompt + forced[:index],
                    "n_predict": 1,
                    "n_probs": 1,
                    "logit_bias": [[token, _SURE_BIAS]],
                    "cache_prompt": True,
                    "temperature": 0,
                    "seed": _SEED,
                },
            )
            told = (answer["choices"][0].get("logprobs") or {}).get("content") or ()
            total += sum(each["logprob"] for each in told if each["id"] == token)
        # Beyond these digits, what was computed before may show: sums are made in another order.
        return round(total, 3)

    def _complete(self, request: Mapping[str, Any]) -> str:
        question: dict[str, Any] = {
            "messages": request["messages"],
            "max_tokens": request["max_tokens"],
            "temperature": 0,
            "seed": _SEED,
        }
        if request["schema"] is not None:
            schema = {"name": "answer", "schema": request["schema"], "strict": True}
            question["response_format"] = {"type": "json_schema", "json_schema": schema}
        answer = self._ask(self._server.handle_chat_completions, question)
        return str(answer["choices"][0]["message"].get("content") or "")

    def _ask(self, method: Any, question: dict[str, Any]) -> Any:
        try:
            answer = method(question)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the model cannot be asked this ({error})") from error
        if "error" in answer:
            told = answer["error"]
            if told.get("type") == "exceed_context_size_error":
                raise LimitError(str(told.get("message", "")), remedy="raise context_size, or ask about less text")
            raise ModelError(f"the model gave no answer ({told.get('message', told)})")
        return answer

    def _tokens(self, text: str, *, is_start: bool = False) -> list[int]:
        """Return a text's tokens; signs of the model's template in it are text like any other."""
        body = json.dumps({"content": text, "add_special": is_start, "parse_special": False})
        connection = _connection(self._address)
        try:
            headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
            connection.request("POST", "/tokenize", body.encode(), headers)
            return list(json.loads(connection.getresponse().read())["tokens"])
        finally:
            connection.close()


def _common(texts: Sequence[Sequence[int]]) -> int:
    """Return with how many equal tokens all texts begin."""
    count = 0
    for each in zip(*texts, strict=False):
        if len(set(each)) > 1:
            break
        count += 1
    return count


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(self._path)


def _connection(address: str) -> http.client.HTTPConnection:
    if address.startswith("unix://"):
        return _UnixConnection(address.removeprefix("unix://"))
    parts = urlsplit(address)
    return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_TIMEOUT_S)


class _Stderr:
    """Takes in what is written to stderr: why a model cannot be opened is told nowhere else."""

    def __enter__(self) -> _Stderr:
        self._heard = b""
        self._kept = os.dup(2)
        self._end, start = os.pipe()
        os.dup2(start, 2)
        os.close(start)
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def reason(self) -> str:
        """Return the library's last line that tells of an error, without its own words around it."""
        self._restore()
        lines = self._heard.decode("utf-8", "replace").splitlines()
        told = [line for line in lines if "error" in line.casefold() or "unknown" in line.casefold()]
        return _PREFIX.sub("", " ".join((told or lines or [""])[0].split()))[:300]

    def _restore(self) -> None:
        if self._kept >= 0:
            os.dup2(self._kept, 2)
            os.close(self._kept)
            self._kept = -1
            self._reader.join(1)

    def _listen(self) -> None:
        while part := os.read(self._end, 4096):
            self._heard = (self._heard + part)[-_HEARD_BYTES:]
        os.close(self._end)
