#!/usr/bin/env python3
"""Converts weights of torchvision into a safetensors file for 'priorseg baseline train --pretrained'.

usage: scripts/torchvision_to_safetensors.py [--norm-epsilon E] WEIGHTS.pth OUTPUT.safetensors
       scripts/torchvision_to_safetensors.py --random {maskrcnn,resnet50} OUTPUT.safetensors

WEIGHTS.pth is a state_dict: of torchvision's maskrcnn_resnet50_fpn (COCO), or of a resnet50 (ImageNet). Names of older
versions are brought to those of torchvision 0.14. --random writes untrained weights instead, to try the way out.
--norm-epsilon is what batch norm adds to the variances: 0 for COCO weights and 1e-5 for others, unless given.

Needs torch, and for --random torchvision (Debian: python3-torchvision).
"""
import argparse
import json
import re
import struct
import sys

DTYPES = {"float32": "F32", "float64": "F64", "int32": "I32", "int64": "I64", "uint8": "U8", "bool": "BOOL"}

# The convolutions got a level of names of their own in torchvision 0.14.
RENAMED = [
    (r"^(backbone\.fpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)$", r"\1.0.\2"),
    (r"^rpn\.head\.conv\.(weight|bias)$", r"rpn.head.conv.0.0.\1"),
    (r"^roi_heads\.mask_head\.mask_fcn(\d)\.(weight|bias)$",
     lambda match: f"roi_heads.mask_head.{int(match[1]) - 1}.0.{match[2]}"),
]
COCO_CLASSES = 91


def write_safetensors(path, arrays, metadata):
    """Writes numpy arrays by name: 8 bytes length of the header, the header as JSON, the bytes of the arrays."""
    header, offset = {"__metadata__": metadata}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": DTYPES[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def new_name(name):
    for pattern, replacement in RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def arrays_of(state):
    """Weights by their new names; without counters, and without the classes of ImageNet."""
    return {new_name(name): tensor.detach().cpu().contiguous().numpy() for name, tensor in state.items()
            if not name.endswith("num_batches_tracked") and name not in ("fc.weight", "fc.bias")}


def norm_epsilon_of(arrays):
    scores = arrays.get("roi_heads.box_predictor.cls_score.bias")
    return 0.0 if scores is not None and len(scores) == COCO_CLASSES else 1e-5


def random_state(kind):
    import torchvision
    if kind == "maskrcnn":
        return torchvision.models.detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None).state_dict()
    return torchvision.models.resnet50(weights=None).state_dict()


def load_state(path):
    import torch
    state = torch.load(path, map_location="cpu")
    state = state.get("model", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        sys.exit(f"{path} is no state_dict of tensors by name, expected the weights that torchvision publishes")
    return state


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", choices=["maskrcnn", "resnet50"])
    parser.add_argument("--norm-epsilon", type=float)
    parser.add_argument("weights", nargs="?")
    parser.add_argument("output")
    options = parser.parse_args()
    if (options.weights is None) == (options.random is None):
        parser.error("give either WEIGHTS.pth or --random")
    arrays = arrays_of(random_state(options.random) if options.random else load_state(options.weights))
    epsilon = norm_epsilon_of(arrays) if options.norm_epsilon is None else options.norm_epsilon
    write_safetensors(options.output, arrays, {"format": "torchvision weights", "norm_epsilon": repr(epsilon)})
    print(f"{options.output}: {len(arrays)} tensors, {sum(array.size for array in arrays.values())} numbers")


if __name__ == "__main__":
    main()
