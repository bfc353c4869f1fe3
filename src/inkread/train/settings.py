"""How learning goes: every number of it, with its reason where there is one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from inkread.option_set import Options


class TrainSettings(Options):
    """How a network learns. What is not said suits a network that can read already and meets other documents."""

    rounds: int = Field(10, ge=1, le=10_000, description="how often all labelled lines or pages are learnt from")
    learning_rate: float = Field(3e-4, gt=0, le=1, description="the highest, reached after the warm-up")
    warm_up: float = Field(0.03, ge=0, lt=1, description="share of all steps in which the rate rises")
    last_rate: float = Field(0.02, ge=0, le=1, description="share of the highest rate that is left at the end")
    weight_decay: float = Field(0.01, ge=0, le=1, description="of matrices and kernels; none of biases")
    clip: float = Field(5.0, gt=0, description="the longest gradient; longer ones are cut to it")
    average: float = Field(0.999, ge=0, lt=1, description="memory of the running mean of weights, which is published")
    batch_px: int = Field(12_288, ge=48, description="lines: width of all pictures of a batch together, px at 48 high")
    batch_pages: int = Field(4, ge=1, description="pages: pictures of a batch")
    page_px: int = Field(640, ge=64, le=4096, description="pages: side of the piece that is learnt from, px")
    max_width_px: int = Field(1600, ge=64, le=4096, description="lines: wider ones are drawn in, px at 48 high")
    augment: float = Field(1.0, ge=0, le=2, description="how much pictures are changed, 0: not at all")
    freeze: float = Field(0.0, ge=0, lt=1, description="share of the layers, from the input on, that stay as they are")
    held_back: float = Field(0.06, gt=0, lt=0.9, description="share of the labels to measure on, where none are named")
    validate_every: int = Field(500, ge=1, description="steps between two measurements")
    validation_lines: int = Field(400, ge=1, description="of each set at most so many are measured on")
    patience: int = Field(20, ge=1, description="measurements without a better one after which it ends")
    save_every_s: float = Field(300.0, ge=0, description="seconds between two checkpoints")
    precision: Literal["auto", "f32", "bf16"] = Field("auto", description="of what is computed; auto: the faster here")
    device: str = Field("cpu", description="where: cpu, gpu:0, ...")
    threads: int = Field(0, ge=0, description="processor threads; 0: as many as there are")
    seed: int = Field(1, ge=0, description="of everything that is left to chance")
