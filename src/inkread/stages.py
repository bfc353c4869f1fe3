"""From options to stages: which models, which files, which sessions; each opened when first needed."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from inkread import __version__
from inkread.correct.correction import check_available, model_for
from inkread.detect.detector import Detector, DetectorSettings
from inkread.document import Notice
from inkread.errors import ClosedError, InkreadError
from inkread.extras import check_installed
from inkread.logs import logger
from inkread.options import ReaderOptions
from inkread.recognize.calibration import Calibration, calibration_of
from inkread.recognize.charset import Charset
from inkread.recognize.head import Head
from inkread.recognize.line_reader import LineReader
from inkread.recognize.ngrams import NGrams
from inkread.recognize.orientation import OrientationClassifier
from inkread.recognize.pack_reader import PackReader
from inkread.recognize.recognizer import Recognizer
from inkread.recognize.routing import Reads, Route, Router
from inkread.registry.catalog import ModelCard, Task
from inkread.registry.choose import Choice, choose, missing_letters
from inkread.registry.languages import AUTO, is_latin
from inkread.registry.packs import Pack
from inkread.registry.quantization import activation_ranges
from inkread.registry.store import Store, card_of, is_path
from inkread.runtime.allowance import Allowance
from inkread.runtime.arenas import keep_large_apart
from inkread.runtime.batches import Batches
from inkread.runtime.memory import memory_of, reclaimable
from inkread.runtime.open import choose_engine, open_session
from inkread.runtime.session import Network, Session
from inkread.runtime.threads import available_threads
from inkread.runtime.unloading import Pool

if TYPE_CHECKING:
    from inkread.runtime.tesseract import Tesseract

Stage = TypeVar("Stage")


_log = logger(__name__)
_sharing = threading.Lock()

# A charset this many times as large as its everyday part is worth parting: looking twice costs a tenth of reading.
_WORTH_NARROWING = 4
_SHOWN_LETTERS = 20


@dataclass
class _SharedSession:
    """A session and how many Readers hold it; the last one to close frees it."""

    session: Session
    holders: int = 1


class Stages:
    """The stages of one Reader, shared by its threads.

    Raises at once where a model, a language, a device or an engine is not there. A child process that was forked
    opens its own sessions: engines do not survive a fork.
    """

    def __init__(self, options: ReaderOptions) -> None:
        self._options = options
        self._store = Store()
        self._detection = _card(options.detector, "detection", self._store)
        self._orientation = self._store.catalog.default("classification")
        self._engine = choose_engine(options.runtime)
        self._choices = self._chosen(for_handwriting=options.mode == "handwritten")
        self._for_handwriting = self._chosen(for_handwriting=True) if options.mode == "auto" else self._choices
        self._for_print = self._chosen(for_handwriting=False) if options.mode == "handwritten" else self._choices
        self.languages = tuple(tag for choice in self._choices for tag in choice.languages)
        check_available(options.correct, self.languages)
        if any(isinstance(choice.model, Pack) for choice in self._choices):
            check_installed("tesseract")
        choices = dict.fromkeys((*self._choices, *self._for_handwriting, *self._for_print))
        cards = [self._detection, *(each.model for each in choices if isinstance(each.model, ModelCard))]
        if options.recognize.orientation != "never" or options.enhance.turn == "auto":
            cards.append(self._orientation)
        self._paths = {card.name: self._store.find(card, download=options.allow_auto_download) for card in cards}
        self._held_files = [each for card in cards for each in self._store.hold(card)]
        self.notices = tuple(self._missing_letters())
        self._lock = threading.RLock()
        self._turns: dict[object, threading.RLock] = {}  # to build a stage, by name, or to open a network
        self._ahead: threading.Thread | None = None
        self._opened: dict[str, object] = {}
        self._engines: list[Tesseract] = []  # also those of the stages for handwriting
        self._sessions: dict[Network, _SharedSession] = {}
        self.memory = memory_of(options.limits.max_memory_mb)
        if self.memory.is_limited:
            keep_large_apart()
        self._pool = self._new_pool()
        self._is_closed = False
        # At once: what is wrong with it is told before anything is read.
        self.language_model = model_for(options.correct)
        _living.add(self)

    def _chosen(self, *, for_handwriting: bool) -> tuple[Choice, ...]:
        options = self._options
        return choose(
            options.language,
            options.recognizer,
            self._store,
            download=options.allow_auto_download,
            for_handwriting=for_handwriting,
        )

    def _new_pool(self) -> Pool | None:
        limit = self._options.runtime.max_networks
        if limit is None and not self.memory.is_limited:
            return None
        pool = Pool(limit)
        reclaimable(pool)  # a page that is decoded may need the room more than networks that wait
        return pool

    def _missing_letters(self) -> Iterator[Notice]:
        """Tell of the letters of languages that were asked for which the model cannot write."""
        for choice in self._choices:
            for tag in choice.languages if self._options.language != (AUTO,) else ():
                found = missing_letters(choice.model, tag, self._store)
                if found is not None and found.missing:
                    shown = " ".join(found.missing[:_SHOWN_LETTERS])
                    message = (
                        f"{choice.name} cannot write {len(found.missing)} of {found.letters} letters of {tag}: {shown}"
                    )
                    _log.warning("%s", message)
                    yield Notice("missing-letters", message)

    def open(self) -> None:
        """Open the networks that a page may need now, so that none is opened while its time runs."""
        self.detector.try_out()
        _ = self.line_reader
        if self._options.recognize.orientation != "never" or self._options.enhance.turn == "auto":
            self._classifier()

    def within(self, allowance: Allowance) -> StagesWithin:
        """Return the stages for a page that may take no more than this."""
        return StagesWithin(self, allowance)

    @property
    def detector(self) -> Detector:
        """The stage that finds text."""

        def build() -> Detector:
            card = self._detection
            settings = DetectorSettings(card.threshold, card.box_threshold, card.unclip_ratio)
            return Detector(self._session(self._network(card), streams=False), settings, self._options.detect)

        return self._stage("detector", build)

    @property
    def line_reader(self) -> LineReader:
        """The stage that reads lines."""

        def build() -> LineReader:
            readers = [self._reader(choice) for choice in self._choices]
            if len(readers) == 1:
                reader = readers[0]
            else:
                routes = zip(readers, self._choices, strict=True)
                reader = Router([Route(reader, choice.language) for reader, choice in routes])
            return LineReader(reader, self._classifier, self._options.recognize)

        return self._stage("line_reader", build)

    @property
    def for_handwriting(self) -> Stages:
        """The stages as handwritten mode has them, with its recogniser where one is installed."""

        def build() -> Stages:
            stages = copy.copy(self)  # with its lock and its sessions
            stages._options, stages._opened = self._options.with_(mode="handwritten"), {}
            stages._choices = self._for_handwriting
            return stages

        return self._stage("for_handwriting", build)

    @property
    def for_print(self) -> Stages | None:
        """The stages with the recogniser of print, where handwriting is read with one of its own; None elsewhere."""

        def build() -> Stages:
            stages = copy.copy(self)  # with its lock and its sessions
            stages._opened, stages._choices = {}, self._for_print
            return stages

        return self._stage("for_print", build) if self._for_print != self._choices else None

    def _reader(self, choice: Choice) -> Reads:
        if isinstance(choice.model, Pack):
            return PackReader(self._engine_for(choice.model))
        card = choice.model
        charset = Charset.from_text(self._store.characters(card), has_space=card.has_space)
        classes, everything = self._classes_read(card, charset, choice.languages)
        network = self._network(card, classes=classes)
        if everything is not None and self._options.limits.deadline_s is not None:
            everything()  # see open()
        head = Head(charset, classes, everything)
        session = self._session(network, streams=True, batch=self._options.runtime.batch)
        calibration = Calibration(card.calibration) if card.calibration else calibration_of(card.name)
        return Recognizer(session, head, self._options.recognize, calibration, self._ngrams_of(card, choice.languages))

    def _ngrams_of(self, card: ModelCard, languages: Sequence[str]) -> Callable[[], NGrams] | None:
        """Return what opens the n-grams of a recogniser, if it has some; not before a line needs them."""
        if card.ngrams is None:
            return None
        place = [file.name for file in card.files].index(card.ngrams)
        path, name = self._store.find_files(card)[place], " ".join(("n-grams of", card.name, *languages))
        return lambda: self._stage(name, lambda: NGrams.from_file(path).of(languages))

    def _engine_for(self, pack: Pack) -> Tesseract:
        def build() -> Tesseract:
            from inkread.runtime import tesseract

            engine = tesseract.Tesseract(pack.path, self._options.runtime.threads or available_threads())
            self._engines.append(engine)
            return engine

        return self._stage(f"pack {pack.name}", build)

    def _classifier(self) -> OrientationClassifier:
        network = self._network(self._orientation)
        return self._stage("classifier", lambda: OrientationClassifier(self._session(network, streams=True)))

    def _classes_read(
        self, card: ModelCard, charset: Charset, languages: tuple[str, ...]
    ) -> tuple[tuple[int, ...], Callable[[], Session] | None]:
        """Return the classes that a recogniser looks at first, all if none, and what looks at all where they fail."""
        if languages and not all(is_latin(language) for language in languages):
            return (), None
        classes = charset.latin() if languages else charset.everyday()
        if len(classes) * _WORTH_NARROWING > len(charset):
            return (), None
        return classes, None if languages else partial(self._everything, card)

    def _everything(self, card: ModelCard) -> Session:
        """Return a recogniser's last layer with all its classes."""
        network = replace(self._network(card), is_head=True)
        return self._stage(f"everything of {card.name}", lambda: self._session(network, streams=True))

    @property
    def description(self) -> str:
        """Version, models, engine, device and precision, for people."""
        if self._ahead is not None:
            self._ahead.join()  # else it would depend on the moment which networks are told
        # Of what every page needs: the others are opened by what a page shows, and pages are to name the same.
        readers = [choice.name for choice in self._choices]
        needed = {self._paths[name] for name in (self._detection.name, *readers) if name in self._paths}
        opened = [of.session for each, of in [*self._sessions.items()] if each.path in needed and not each.is_head]
        runtime = ", ".join(sorted({session.description for session in opened})) or self._engine
        return f"inkread {__version__} ({self._detection.name}, {' and '.join(readers)}; {runtime})"

    def share(self, other: Stages) -> None:
        """Take over the sessions that another Reader has open, where both run them in the same way."""
        if self._options.runtime == other._options.runtime:
            with other._lock, _sharing:
                self._pool = other._pool
                for network, shared in other._sessions.items():
                    if network not in self._sessions:
                        self._sessions[network] = shared
                        shared.holders += 1

    def close(self) -> None:
        """Free all sessions that no other Reader shares."""
        with self._lock, _sharing:
            self._is_closed = True
            for shared in self._sessions.values():
                shared.holders -= 1
                if not shared.holders:
                    shared.session.close()
            for file in self._held_files:
                file.close()
            for engine in self._engines:
                engine.close()
            self._engines.clear()
            if self.language_model is not None:
                self.language_model.close()
            self._sessions.clear()
            self._opened.clear()

    def start_anew(self) -> None:
        """Forget what is open, without freeing it: for a forked child, where freeing waits for threads not copied."""
        self._lock = threading.RLock()
        for shared in self._sessions.values():
            # One reference too many: not even the end of the interpreter frees it.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(shared.session))
        self._opened, self._sessions, self._pool = {}, {}, self._new_pool()
        self._turns, self._ahead = {}, None
        self._engines = []

    def open_ahead(self) -> None:
        """Have a thread open what finds text, while what reads lines is opened: the first page comes 0.15 s sooner."""
        with self._lock:
            if self._ahead is None and self._pool is None and not self._is_closed:
                self._ahead = threading.Thread(target=self._try_detector, name="inkread-open")
                self._ahead.start()

    def _try_detector(self) -> None:
        with contextlib.suppress(InkreadError):  # whoever asks for it next is told
            _ = self.detector

    def _stage(self, name: str, build: Callable[[], Stage]) -> Stage:
        with self._lock:
            if self._is_closed:
                raise _closed()
            turn = self._turns.setdefault(name, threading.RLock())
        with turn:  # two stages may be built at once, each by one thread
            if name not in self._opened:
                self._opened[name] = build()
            return self._opened[name]  # type: ignore[return-value]  # each name is built by one property

    def _network(self, card: ModelCard, *, classes: tuple[int, ...] = ()) -> Network:
        ranges = activation_ranges(card)
        return Network(self._paths[card.name], card.mean, card.std, card.is_bgr, classes, ranges)

    def _session(self, network: Network, *, streams: bool, batch: int = 1) -> Session:
        with self._lock:
            turn = self._turns.setdefault(network, threading.RLock())
        with turn:
            if network not in self._sessions:
                start = time.perf_counter()
                start_session = partial(open_session, network, self._options.runtime, streams=streams)
                session: Session = start_session() if self._pool is None else self._pool.session(start_session)
                _log.info("network opened in %.2f s: %s", time.perf_counter() - start, session.description)
                with self._lock:
                    if self._is_closed:
                        session.close()
                        raise _closed()
                    self._sessions[network] = _SharedSession(Batches(session, batch) if batch > 1 else session)
            return self._sessions[network].session


class StagesWithin:
    """The stages for one page, which takes no more than its allowance."""

    def __init__(self, stages: Stages, allowance: Allowance) -> None:
        self._stages = stages
        self._allowance = allowance

    @property
    def detector(self) -> Detector:
        return self._stages.detector.within(self._allowance)

    @property
    def line_reader(self) -> LineReader:
        return self._stages.line_reader.within(self._allowance)

    @property
    def for_handwriting(self) -> StagesWithin:
        return self._stages.for_handwriting.within(self._allowance)

    @property
    def for_print(self) -> StagesWithin | None:
        stages = self._stages.for_print
        return None if stages is None else stages.within(self._allowance)


def _closed() -> ClosedError:
    return ClosedError("the Reader is closed", remedy="make a new one")


def _card(name: str | None, task: Task, store: Store) -> ModelCard:
    if name is None:
        return store.catalog.default(task)
    return card_of(name, task, catalog=store.catalog) if is_path(name) else store.card(name, task)


_living: weakref.WeakSet[Stages] = weakref.WeakSet()


def close_all() -> None:
    """Close the stages of every Reader of this process."""
    for stages in list(_living):
        stages.close()


def _start_anew_in_child() -> None:
    global _sharing
    _sharing = threading.Lock()
    for stages in _living:
        stages.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew_in_child)
