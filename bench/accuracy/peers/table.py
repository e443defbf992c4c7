"""The figures of all trainings of a folder, as a table. Needs only Python's standard library."""
import json

# What docs/developer/results.md has of the same images, to compare with.
LABEL_FREE = 0.846  # `priorseg run`, no label
MASK_RCNN = {1: 0.738, 100: 0.861}  # `priorseg baseline`, from scratch, by annotated images
NAMES = {"stardist": "StarDist", "cellpose": "Cellpose"}
FLAT = 0.01  # a loss that falls by less than this share over the last fifth of a training is called flat


def fall_at_end(losses):
    """By what share the least validation loss fell over the last fifth of the training; None if there are too few."""
    if len(losses) < 5:
        return None
    before = min(losses[:len(losses) * 4 // 5])
    return (before - min(losses)) / before


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def row_of(folder):
    """One training: what it cost, what it reached, whether it had come to its end."""
    training, prediction, scores = (read(folder / f"{name}.json") for name in ("training", "prediction", "scores"))
    fall = fall_at_end(training["validation_losses"])
    return {"peer": folder.parent.name, "annotated": int(folder.name), "steps": training["steps"],
            "mAP": scores["averaged"]["mAP_0.3_0.9"], "AP50": scores["averaged"]["AP"]["0.5"],
            "AP90": scores["averaged"]["AP"]["0.9"], "F1": scores["pooled"]["F1"]["0.5"],
            "training_processor_seconds": training["processor_seconds"], "training_seconds": training["seconds"],
            "seconds_an_image": prediction["processor_seconds"] / prediction["images"],
            "peak_bytes": max(training["peak_bytes"], prediction["peak_bytes"]), "fall_at_end": fall,
            "is_flat": fall is not None and fall < FLAT, "validation_losses": training["validation_losses"]}


def figures_of(out):
    """All trainings of the folder that were scored, by peer and budget."""
    rows = [row_of(path.parent) for path in out.glob("*/*/scores.json")]
    return {"label_free": LABEL_FREE, "mask_rcnn": MASK_RCNN,
            "rows": sorted(rows, key=lambda row: (list(NAMES).index(row["peer"]), row["annotated"]))}


def crossing(points, line):
    """With how many annotated images the line is reached, in words. points: {annotated: mAP}"""
    reached = [number for number in sorted(points) if points[number] >= line]
    if not reached:
        return f"does not reach it with up to {counted(max(points))}"
    below = [number for number in points if number < reached[0]]
    return f"reaches it between {max(below)} and {counted(reached[0])}" if below else \
        f"reaches it with {counted(reached[0])}"


def counted(number):
    return f"{number} annotated image" + ("" if number == 1 else "s")


def short(value):
    return f"{value:.3f}".lstrip("0") if value < 1 else f"{value:.3f}"


def course_of(row):
    if row["fall_at_end"] is None:
        return "too short to tell"
    return ("flat" if row["is_flat"] else "still falling") + f", {100 * row['fall_at_end']:.1f} %"


def line_of(row):
    cells = [NAMES[row["peer"]] + ("" if row["is_flat"] else " (not converged)"), row["annotated"], row["steps"],
             f"**{short(row['mAP'])}**", short(row["AP50"]), short(row["AP90"]), short(row["F1"]),
             f"{row['training_processor_seconds'] / 60:.0f} min", f"{row['seconds_an_image']:.1f} s",
             f"{row['peak_bytes'] / 1e9:.1f} GB", course_of(row)]
    return "| " + " | ".join(map(str, cells)) + " |"


def table_of(figures):
    """Markdown: one row a training, then who reaches the label-free line with how many annotated images."""
    heads = ("program", "annotated images", "steps", "mAP", "AP@.5", "AP@.9", "F1@.5", "training, processor time",
             "segmenting an image", "memory", "validation loss, fall in the last fifth")
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|", *map(line_of, figures["rows"]), ""]
    for peer, name in NAMES.items():
        rows = [row for row in figures["rows"] if row["peer"] == peer]
        if rows:
            words = crossing({row["annotated"]: row["mAP"] for row in rows}, figures["label_free"])
            doubt = "" if all(row["is_flat"] for row in rows) else " (some trainings had not converged)"
            lines.append(f"priorseg without a label: {short(figures['label_free'])}. {name} {words}{doubt}.\n")
    return "\n".join(lines)
