"""From options to stages: which models, which files, which sessions; each opened when first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TypeVar

from inkread import __version__
from inkread.detect.detector import Detector, DetectorSettings
from inkread.errors import ClosedError, LanguageError, nearest
from inkread.options import ReaderOptions
from inkread.recognize.charset import Charset
from inkread.recognize.line_reader import LineReader
from inkread.recognize.orientation import OrientationClassifier
from inkread.recognize.recognizer import Recognizer
from inkread.registry.catalog import ModelCard, Task, load_catalog
from inkread.registry.onnx_file import onnx_metadata
from inkread.registry.store import Store, card_of
from inkread.runtime.open import choose_engine, open_session
from inkread.runtime.session import Network, Session

Stage = TypeVar("Stage")


class Stages:
    """The stages of one Reader, shared by its threads.

    Raises at once where a model, a language, a device or an engine is not there. A child process that was forked
    opens its own sessions: engines do not survive a fork.
    """

    def __init__(self, options: ReaderOptions) -> None:
        self._options = options
        self._detection = _card(options.detector, "detection")
        self._recognition = (
            _card(options.recognizer, "recognition") if options.recognizer else _card_for_languages(options.language)
        )
        self._orientation = load_catalog().default("classification")
        self._engine = choose_engine(options.runtime)
        self._store = Store()
        cards = [self._detection, self._recognition]
        if options.recognize.orientation != "never":
            cards.append(self._orientation)
        self._paths = {card.name: self._store.find(card) for card in cards}
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._opened: dict[str, object] = {}
        self._sessions: dict[str, Session] = {}
        self._is_closed = False

    @property
    def detector(self) -> Detector:
        """The stage that finds text."""

        def build() -> Detector:
            card = self._detection
            settings = DetectorSettings(card.threshold, card.box_threshold, card.unclip_ratio)
            return Detector(self._session(card, streams=False), settings, self._options.detect)

        return self._stage("detector", build)

    @property
    def line_reader(self) -> LineReader:
        """The stage that reads lines."""

        def build() -> LineReader:
            path = self._paths[self._recognition.name]
            charset = Charset.from_text(onnx_metadata(path)["character"], has_space=self._recognition.has_space)
            recognizer = Recognizer(self._session(self._recognition, streams=True), charset, self._options.recognize)
            return LineReader(recognizer, self._classifier, self._options.recognize)

        return self._stage("line_reader", build)

    def _classifier(self) -> OrientationClassifier:
        return self._stage("classifier", lambda: OrientationClassifier(self._session(self._orientation, streams=True)))

    @property
    def description(self) -> str:
        """Version, models, engine, device and precision, for people."""
        sessions = sorted({session.description for session in self._sessions.values()})
        runtime = ", ".join(sessions) or self._engine
        return f"inkread {__version__} ({self._detection.name}, {self._recognition.name}; {runtime})"

    def share(self, other: Stages) -> None:
        """Take over the sessions that another Reader has open, where both run them in the same way."""
        if self._options.runtime == other._options.runtime:
            with self._lock, other._lock:
                self._sessions = {**other._sessions, **self._sessions}

    def close(self) -> None:
        """Free all sessions."""
        with self._lock:
            self._is_closed = True
            for session in self._sessions.values():
                session.close()
            self._sessions.clear()
            self._opened.clear()

    def _stage(self, name: str, build: Callable[[], Stage]) -> Stage:
        with self._lock:
            if self._is_closed:
                raise ClosedError("the Reader is closed", remedy="make a new one")
            if self._process != os.getpid():
                self._process = os.getpid()
                self._opened, self._sessions = {}, {}
            if name not in self._opened:
                self._opened[name] = build()
            return self._opened[name]  # type: ignore[return-value]  # each name is built by one property

    def _session(self, card: ModelCard, *, streams: bool) -> Session:
        if card.name not in self._sessions:
            network = Network(self._paths[card.name], mean=card.mean, std=card.std, is_bgr=card.is_bgr)
            self._sessions[card.name] = open_session(network, self._options.runtime, streams=streams)
        return self._sessions[card.name]


def _card(name: str | None, task: Task) -> ModelCard:
    return load_catalog().default(task) if name is None else card_of(name, task)


def _card_for_languages(languages: tuple[str, ...]) -> ModelCard:
    """Return a recogniser that reads all of these languages, the default one if it does."""
    catalog = load_catalog()
    for language in languages:
        if not catalog.select("recognition", language=language):
            known = {tag for card in catalog.select("recognition") for tag in card.languages}
            raise LanguageError(f'no model reads the language "{language}"', remedy=nearest(language, known))
    for card in (catalog.default("recognition"), *catalog.select("recognition")):
        if all(card.reads(language) for language in languages):
            return card
    raise LanguageError(f"no model reads {' and '.join(languages)} together", remedy="use a Reader for each")
