#!/usr/bin/env python3
"""Runs torchvision's Mask R-CNN with random weights and writes what every stage gives.

usage: torchvision_reference.py FOLDER

Returns 77 with a reason on stdout where torchvision is not there. Everything follows from fixed seeds.
"""
import copy
import pathlib
import sys

try:
    import numpy as np
    import torch
    import torchvision
    from torchvision.models.detection import MaskRCNN
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops import FrozenBatchNorm2d, batched_nms, roi_align
except ImportError as error:
    print(f"python3-torchvision is not installed ({error})")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from torchvision_to_safetensors import arrays_of, write_safetensors  # noqa: E402

SHORTER, LONGER = 160, 230  # px that images are brought to
SAMPLES = 1_000_000  # more than there are: nothing is left to chance


def save(folder, name, tensors):
    write_safetensors(folder / f"{name}.safetensors",
                      {key: tensor.detach().contiguous().numpy() for key, tensor in tensors.items()}, {})


def make_image(height, width, num_objects, generator):
    """A grey image of noisy disks with the masks of those that show."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    image, labels = 0.2 + 0.05 * torch.randn(height, width, generator=generator), torch.zeros(height, width)
    for label in range(1, num_objects + 1):
        draw = torch.rand(4, generator=generator)
        radius = 8 + 18 * draw[2]
        inside = (y - draw[0] * height) ** 2 + (x - draw[1] * width) ** 2 < radius ** 2
        image[inside] = 0.3 + 0.6 * draw[3] + 0.05 * torch.randn(int(inside.sum()), generator=generator)
        labels[inside] = label
    masks = torch.stack([labels == label for label in labels.unique() if label > 0]).to(torch.uint8)
    return image.clamp(0, 1), masks


def tight_corners(masks):
    boxes = []
    for mask in masks:
        rows, columns = torch.where(mask)
        boxes.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    return torch.tensor(boxes, dtype=torch.float32)


def make_model(norm_layer):
    backbone = resnet_fpn_backbone(backbone_name="resnet50", weights=None, trainable_layers=5, norm_layer=norm_layer)
    return MaskRCNN(backbone, 2, min_size=SHORTER, max_size=LONGER,
                    rpn_anchor_generator=AnchorGenerator(tuple((side,) for side in (16, 32, 64, 128, 256)),
                                                         ((0.5, 1.0, 2.0),) * 5),
                    rpn_pre_nms_top_n_train=400, rpn_post_nms_top_n_train=150, rpn_pre_nms_top_n_test=300,
                    rpn_post_nms_top_n_test=120, rpn_batch_size_per_image=SAMPLES,
                    box_batch_size_per_image=SAMPLES, box_detections_per_img=40)


def shake_norms(module):
    """Random weights of batch norm, and statistics as the next forward pass in training mode sees them."""
    for layer in module.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
            torch.nn.init.normal_(layer.bias, 0, 0.2)
            layer.momentum = None


def spread(layer, run, deviation):
    """Scales a layer so that its output has this standard deviation and mean zero."""
    outputs = []
    handle = layer.register_forward_hook(lambda _, __, output: outputs.append(output.flatten()))
    run()
    handle.remove()
    with torch.no_grad():
        factor = deviation / torch.cat(outputs).std()
        layer.weight.mul_(factor)
        layer.bias.copy_((layer.bias - torch.cat(outputs).mean()) * factor)


def make_weights(images):
    """Random weights with which there is something to choose from at every stage."""
    model = make_model(torch.nn.BatchNorm2d)
    shake_norms(model)
    transformed, _ = model.transform(images)
    with torch.no_grad():
        model.backbone.train()
        model.backbone(transformed.tensors)
        model.eval()
        for layer, deviation in [(model.rpn.head.cls_logits, 0.7), (model.rpn.head.bbox_pred, 0.25),
                                 (model.roi_heads.box_predictor.cls_score, 1.0),
                                 (model.roi_heads.box_predictor.bbox_pred, 1.0),
                                 (model.roi_heads.mask_predictor.mask_fcn_logits, 2.0)]:
            spread(layer, lambda: model(images), deviation)
    return model.state_dict()


def run_inference(model, images, folder):
    stages, handles = {}, []

    def keep(name):
        def hook(_, __, output):
            stages[name] = copy.deepcopy(output)  # what comes after it works in place
        return hook
    for name, module in [("body", model.backbone.body), ("pyramid", model.backbone), ("head", model.rpn.head),
                         ("rpn", model.rpn), ("boxes", model.roi_heads.box_predictor), ("found", model.roi_heads)]:
        handles.append(module.register_forward_hook(keep(name)))
    model.eval()
    with torch.no_grad():
        transformed, _ = model.transform(images)
        final = model(images)
    for handle in handles:
        handle.remove()
    tensors = {"input": transformed.tensors}
    for level, (_, map_) in enumerate(stages["body"].items()):
        tensors[f"body.{level}"] = map_
    for level, (_, map_) in enumerate(stages["pyramid"].items()):
        tensors[f"pyramid.{level}"] = map_
    for level, (logits, offsets) in enumerate(zip(*stages["head"])):
        tensors[f"objectness.{level}"], tensors[f"offsets.{level}"] = logits, offsets
    for i, proposals in enumerate(stages["rpn"][0]):
        tensors[f"proposals.{i}"] = proposals
    tensors["box_logits"], tensors["box_offsets"] = stages["boxes"]
    for i, (inner, outer) in enumerate(zip(stages["found"][0], final)):
        tensors[f"corners.{i}"], tensors[f"scores.{i}"] = outer["boxes"], outer["scores"]
        tensors[f"masks.{i}"] = inner["masks"].squeeze(1)
    save(folder, "found", tensors)


def run_training(model, images, targets, folder):
    model.train()
    losses = model(images, targets)
    sum(losses.values()).backward()
    gradients = {f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()
                 if parameter.grad is not None}
    save(folder, "losses", {**losses, **gradients})


def run_light_backbone(images, folder):
    backbone = resnet_fpn_backbone(backbone_name="resnet18", weights=None, trainable_layers=5,
                                   norm_layer=torch.nn.BatchNorm2d)
    shake_norms(backbone)
    with torch.no_grad():
        backbone.train()
        backbone(images)
        backbone.eval()
        maps = backbone(images)
    write_safetensors(folder / "light_weights.safetensors", arrays_of(backbone.state_dict()), {})
    save(folder, "light", {f"pyramid.{level}": map_ for level, map_ in enumerate(maps.values())})


def run_operators(folder):
    generator = torch.Generator().manual_seed(11)
    features = torch.randn(2, 3, 13, 17, generator=generator, dtype=torch.float64).requires_grad_()
    corners = torch.rand(12, 4, generator=generator, dtype=torch.float64) * 90 - 12  # some reach over the border
    corners[:, 2:] = corners[:, :2] + torch.rand(12, 2, generator=generator, dtype=torch.float64) * 60
    corners[0, 2:] = corners[0, :2] + 0.5  # smaller than a px
    image = torch.arange(12) % 2
    tensors = {"features": features, "regions": corners, "image": image}
    for aligned in (False, True):
        for samples in (0, 1, 2, 3):
            pooled = roi_align(features, torch.cat([image[:, None].double(), corners], 1), (5, 7), 0.25,
                               samples if samples > 0 else -1, aligned)
            weights = torch.randn(pooled.shape, generator=generator, dtype=torch.float64)
            key = f"{int(aligned)}{samples}"
            tensors[f"pooled.{key}"], tensors[f"weights.{key}"] = pooled, weights
            tensors[f"grad.{key}"] = torch.autograd.grad((pooled * weights).sum(), features)[0]
    boxes = torch.rand(300, 4, generator=generator) * 100
    boxes[:, 2:] = boxes[:, :2] + 5 + torch.rand(300, 2, generator=generator) * 40
    scores, groups = torch.rand(300, generator=generator), torch.randint(0, 3, (300,), generator=generator)
    tensors.update({"boxes": boxes, "scores": scores, "groups": groups})
    for percent in (30, 50, 70):
        tensors[f"kept.{percent}"] = batched_nms(boxes, scores, groups, percent / 100)
    save(folder, "operators", tensors)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(3)
    generator = torch.Generator().manual_seed(5)
    drawn = [make_image(150, 200, 9, generator), make_image(170, 140, 7, generator)]
    images = [image.expand(3, -1, -1).contiguous() for image, _ in drawn]
    targets = [{"boxes": tight_corners(masks), "labels": torch.ones(len(masks), dtype=torch.int64), "masks": masks}
               for _, masks in drawn]
    save(folder, "images", {f"{key}.{i}": tensor for i, (image, masks) in enumerate(drawn)
                            for key, tensor in (("image", image), ("masks", masks))})
    state = make_weights(images)
    write_safetensors(folder / "weights.safetensors", arrays_of(state), {"norm_epsilon": "1e-05"})
    model = make_model(FrozenBatchNorm2d)
    model.load_state_dict(state, strict=False)
    run_inference(model, images, folder)
    run_training(model, images, targets, folder)
    run_light_backbone(model.transform(images)[0].tensors, folder)
    run_operators(folder)
    print(f"torchvision {torchvision.__version__}")


if __name__ == "__main__":
    main()
