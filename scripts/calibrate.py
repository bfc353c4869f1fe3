"""Measure what the layers of a recogniser take in, over lines of labelled sets, so that they can run in 8-bit integers.

Writes src/inkread/registry/quantization/MODEL.json. Lines come from the last pictures of each set, so that the first
ones, which benchmarks read, stay unseen.  scripts/calibrate.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openvino as ov

from inkread.load import source as sources
from inkread.options import Limits, ReaderOptions
from inkread.recognize.line_reader import line_crop
from inkread.recognize.recognizer import at_network_height, padded
from inkread.registry.catalog import load_catalog
from inkread.registry.store import Store
from inkread.stages import Stages

ROOT = Path(__file__).resolve().parent.parent
PICTURES, LINES = 14, 8
# The first layers see few channels at many places: each of these alone changes more of what is read than bf16 does
# in all layers (Kullback-Leibler divergence of a column's classes, 1e-4: 35 to 430, bf16 108), for 5 % of the time.
LEFT_OUT = ("Conv.1", "Conv.2", "Conv.3", "Conv.4", "Conv.6")
# Fewer channels than this are not worth a layer of their own kind.
LEAST_CHANNELS = 16
# What lies beyond is clipped: single values, while the whole range would make every step coarser.
CLIPPED = 0.01  # per cent on each side


def main() -> int:
    """Run the measurement of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data", help="the folder of labelled sets")
    parser.add_argument("--model", default=load_catalog().default("recognition").name)
    parser.add_argument("--sets", nargs="+", required=True)
    arguments = parser.parse_args()
    card = load_catalog().get(arguments.model)
    model = ov.Core().read_model(Store().find(card))
    layers = [
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Convolution"
        and node.input_value(1).get_node().get_type_name() == "Constant"
        and node.input_value(1).get_shape()[1] >= LEAST_CHANNELS
        and node.get_friendly_name() not in LEFT_OUT
    ]
    # Several layers may take in the same values, and a value can be an output once.
    inputs = {
        (node.input_value(0).get_node().get_friendly_name(), node.input_value(0).get_index()): node.input_value(0)
        for node in layers
    }
    shown = [(node.input_value(0).get_node().get_friendly_name(), node.input_value(0).get_index()) for node in layers]
    places = {key: 1 + place for place, key in enumerate(inputs)}
    names = [node.get_friendly_name() for node in layers]
    model.add_outputs(list(inputs.values()))
    request = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    ranges = dict.fromkeys(names, (0.0, 0.0))
    count = 0
    for batch in lines(arguments.data, arguments.sets, card.mean, card.std):
        seen = request.infer([batch])
        count += 1
        for name, key in zip(names, shown, strict=True):
            least, greatest = np.percentile(seen[places[key]], (CLIPPED, 100 - CLIPPED))
            ranges[name] = (min(ranges[name][0], float(least)), max(ranges[name][1], float(greatest)))
    output = ROOT / "src/inkread/registry/quantization" / f"{card.name}.json"
    record = {
        "sha256": card.files[0].sha256,
        "lines": count,
        "sets": arguments.sets,
        "clipped_percent": CLIPPED,
        "ranges": {name: [round(value, 4) for value in ends] for name, ends in ranges.items()},
    }
    text = re.sub(r"\[\n([^\]]*)\]", lambda found: "[" + " ".join(found[1].split()) + "]", json.dumps(record, indent=1))
    output.write_text(text + "\n", encoding="utf-8")
    print(f"{count} lines, {len(ranges)} layers: {output}", file=sys.stderr)
    return 0


def lines(data: Path, sets: list[str], mean: tuple[float, ...], std: tuple[float, ...]) -> Iterator[np.ndarray]:
    """Yield lines as the network takes them, (1, 3, 48, W) float32."""
    stages = Stages(ReaderOptions())
    random = np.random.default_rng(1)
    for name in sets:
        labels = (data / name / "labels.jsonl").read_text(encoding="utf-8").splitlines()[-PICTURES:]
        crops = []
        for label in labels:
            with sources.open(data / name / json.loads(label)["image"], Limits()) as pages:
                for page in pages:
                    crops += [line_crop(page, region.quad) for region in stages.detector.detect(page)]
        for k in random.permutation(len(crops))[:LINES]:
            pixels = padded(at_network_height(crops[k]))[None, ..., ::-1].transpose(0, 3, 1, 2) / 255.0
            yield ((pixels - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))).astype(np.float32)
    stages.close()


if __name__ == "__main__":
    sys.exit(main())
