"""The parts of bench/accuracy/peers that need no peer: choosing images, holding out, the table, the picture."""
import json
import pathlib
import sys
import xml.etree.ElementTree

import numpy as np
import pytest
import tifffile

sys.dont_write_bytecode = True  # the source tree may be read-only
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "accuracy" / "peers"))
import compare  # noqa: E402
import images  # noqa: E402
import picture  # noqa: E402
import table  # noqa: E402

FALLING = [2.0, 1.5, 1.2, 1.0, 0.9]
FLAT = [2.0, 1.0, 0.9, 0.9, 0.899]


def write_training(out, peer, annotated, mean_ap, losses):
    folder = out / peer / str(annotated)
    folder.mkdir(parents=True)
    at = {"0.5": 0.93, "0.9": 0.5}
    for name, content in (
            ("training", {"steps": 3000, "seconds": 240.0, "processor_seconds": 120.0, "peak_bytes": 1.5e9,
                          "validation_losses": losses}),
            ("prediction", {"images": 50, "processor_seconds": 25.0, "peak_bytes": 2.5e9}),
            ("scores", {"averaged": {"mAP_0.3_0.9": mean_ap, "AP": at}, "pooled": {"F1": {"0.5": 0.96}}})):
        (folder / f"{name}.json").write_text(json.dumps(content))


@pytest.fixture(name="figures")
def two_peers(tmp_path):
    for annotated, mean_ap, losses in ((100, 0.86, FLAT), (1, 0.6, FLAT), (20, 0.83, FALLING)):
        write_training(tmp_path, "stardist", annotated, mean_ap, losses)
    write_training(tmp_path, "cellpose", 1, 0.4, FLAT)
    return table.figures_of(tmp_path)


def write_data(folder, count):
    for part in ("train", "val"):
        for kind in ("images", "labels"):
            (folder / part / kind).mkdir(parents=True)
            for number in range(count):
                (folder / part / kind / f"{number:02}.tif").write_bytes(b"")


def test_budgets_are_spread_like_those_of_the_program_and_hold_the_first_image():
    assert compare.spread(list("abcdefghij"), 4) == ["a", "c", "f", "h"]  # spread_indices(10, 4): 0 2 5 7
    assert compare.spread(list("abcdefghij"), 1) == ["a"]
    assert compare.spread([1, 2, 3], 3) == [1, 2, 3]


def test_steps_are_one_number_or_one_for_each_budget():
    assert compare.steps_of_budgets([1, 5], "30") == {1: 30, 5: 30}
    assert compare.steps_of_budgets([1, 5], "30,40") == {1: 30, 5: 40}
    with pytest.raises(SystemExit, match="--steps has 3 numbers, expected one, or one for each of the 2 budgets"):
        compare.steps_of_budgets([1, 5], "1,2,3")
    with pytest.raises(SystemExit, match="--steps is '1,x', expected whole numbers above 0"):
        compare.steps_of_budgets([1, 5], "1,x")


def job(folder, budget, seed=1):
    given = type("Given", (), {"seed": seed, "bfloat16": False})
    return compare.job_of(folder, budget, given, 300)


def test_a_job_names_images_and_label_maps_of_the_budget_and_all_test_images(tmp_path):
    write_data(tmp_path, 4)
    found = job(tmp_path, 2)
    assert [pathlib.Path(path).name for path in found["images"]] == ["00.tif", "02.tif"]
    assert [path.replace("labels", "images") for path in found["labels"]] == found["images"]
    assert len(found["test_images"]) == 4 and all("val" in path for path in found["test_images"])


def test_what_is_missing_is_told(tmp_path):
    with pytest.raises(SystemExit, match="there is no image in .*train"):
        job(tmp_path, 1)
    write_data(tmp_path, 3)
    with pytest.raises(SystemExit, match="the budget 4 is more than the 3 images"):
        job(tmp_path, 4)
    (tmp_path / "train" / "labels" / "01.tif").unlink()
    with pytest.raises(SystemExit, match="01.tif is missing"):
        job(tmp_path, 1)


def test_a_folder_of_another_job_is_refused(tmp_path):
    write_data(tmp_path, 3)
    compare.write_job(tmp_path / "out", job(tmp_path, 1))
    compare.write_job(tmp_path / "out", job(tmp_path, 1))
    with pytest.raises(SystemExit, match="was made with other images, steps, seed or precision"):
        compare.write_job(tmp_path / "out", job(tmp_path, 1, seed=2))


def pairs_of(count, width=600):
    return [(np.full((300, width), n), np.full((300, width), n)) for n in range(count)]


@pytest.mark.parametrize(("count", "held_out"), [(2, 1), (5, 1), (20, 3), (100, 15)])
def test_a_part_of_the_annotated_images_is_held_out(count, held_out):
    learned, validated = images.hold_out(pairs_of(count), np.random.default_rng(1))
    assert len(validated) == held_out
    assert sorted(image[0, 0] for image, _ in learned + validated) == list(range(count))


def test_a_single_annotated_image_is_cut_and_no_column_is_in_both_parts():
    image = np.tile(np.arange(600), (300, 1))
    ((learned, learned_labels),), ((validated, validated_labels),) = images.hold_out(
        [(image, image)], np.random.default_rng(1))
    assert learned.max() == 343 and validated.min() == 344 and validated.shape == (300, 256)
    assert (learned == learned_labels).all() and (validated == validated_labels).all()


def test_varied_crops_keep_image_and_labels_together():
    random = np.random.default_rng(3)
    labels = np.zeros((64, 64), np.int32)
    labels[5:20, 8:12] = 1
    for _ in range(20):
        image, turned = images.varied((labels > 0) * 1.0, labels, random)
        assert image.dtype == np.float32 and turned.sum() == labels.sum()
        assert image[turned > 0].min() > image[turned == 0].max()


def test_label_maps_keep_their_numbers(tmp_path):
    images.write_label_map(tmp_path / "a.tif", np.array([[0, 1], [300, 2]]))
    assert tifffile.imread(tmp_path / "a.tif").tolist() == [[0, 1], [300, 2]]


def test_a_loss_is_flat_where_it_hardly_falls_in_the_last_fifth():
    assert table.fall_at_end(FALLING) == pytest.approx(0.1)
    assert table.fall_at_end(FLAT) == pytest.approx(0.001 / 0.9)
    assert table.fall_at_end([3.0, 1.0, 1.0, 2.0, 2.0]) == 0  # rising again
    assert table.fall_at_end([1.0, 0.5]) is None


def test_rows_are_in_order_and_say_what_had_not_converged(figures):
    assert [(row["peer"], row["annotated"]) for row in figures["rows"]] == [
        ("stardist", 1), ("stardist", 20), ("stardist", 100), ("cellpose", 1)]
    lines = table.table_of(figures).splitlines()
    assert lines[2] == ("| StarDist | 1 | 3000 | **.600** | .930 | .500 | .960 | 2 min | 0.5 s | 2.5 GB | "
                        "flat, 0.1 % |")
    assert lines[3].startswith("| StarDist (not converged) | 20 |") and lines[3].endswith("still falling, 10.0 % |")


def test_a_peer_that_is_better_is_told_to_be(figures):
    text = table.table_of(figures)
    assert ("priorseg without a label: .846. StarDist reaches it between 20 and 100 annotated images "
            "(some trainings had not converged).") in text
    assert "Cellpose does not reach it with up to 1 annotated image." in text
    assert table.crossing({1: 0.9, 5: 0.95}, 0.847) == "reaches it with 1 annotated image"
    assert table.crossing({1: 0.7, 5: 0.847}, 0.847) == "reaches it between 1 and 5 annotated images"


def test_the_picture_has_all_figures_and_takes_the_ink_of_the_page(figures):
    text = picture.svg_of(json.loads(json.dumps(figures)))
    xml.etree.ElementTree.fromstring(text)
    for words in (".860", ".738", ".861", "between 20 and 100", "without any annotation: .846", "hollow"):
        assert words in text
    assert "prefers-color-scheme:dark" in text and "currentColor" in text
    assert picture.INK not in text and "#000000" not in text
