import pytest

from inkread.errors import MissingPackageError
from inkread.options import RuntimeOptions
from inkread.runtime import open as opening


@pytest.mark.parametrize(
    ("engine", "package"), [("openvino", "openvino"), ("onnx", "inkread[onnx]"), ("torch", "inkread[train]")]
)
def test_an_engine_that_is_not_here_is_told_with_what_brings_it(engine, package, monkeypatch):
    others = tuple(name for name in ("openvino", "onnx", "torch") if name != engine)
    monkeypatch.setattr(opening, "engines", lambda: others)
    with pytest.raises(MissingPackageError) as told:
        opening.choose_engine(RuntimeOptions(engine=engine))
    assert told.value.remedy == f"pip install {package}"
