"""A record of numbers finds what moved, and says so when there is nothing to compare."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from din_core.model.checkpoint import load_checkpoint
from din_core.scoring import Scorer, rescorer_for
from tests.numbers.__main__ import main
from tests.numbers.comparison import Difference, differences
from tests.numbers.recording import IMPRESSION, QUANTITIES, Record, read_record
from tests.small_world import MONDAY, small_store
from tests.tiny_checkpoints import write_checkpoints

KINDS = ("din", "base", "dien")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store, three checkpoints, and `before.npz` of them."""
    folder = tmp_path_factory.mktemp("numbers")
    with small_store(folder) as store:
        write_checkpoints(folder / "checkpoints", store.bulk(), kinds=KINDS)
    assert record(folder, folder / "checkpoints", folder / "before.npz") == 0
    return folder


def record(world: Path, checkpoints: Path, file: Path, *options: str) -> int:
    store = f"sqlite:///{world / 'world.db'}"
    return main(["record", str(file), "--store", store, "--checkpoints", str(checkpoints), *options])


def compare(before: Path, after: Path, *options: str) -> int:
    return main(["compare", str(before), str(after), *options])


def moved(found: list[Difference]) -> set[str]:
    return {f"{one.checkpoint}/{one.quantity}" for one in found if one.largest > 1e-6}


def test_a_record_holds_every_quantity_of_every_checkpoint_and_what_it_is_of(world: Path) -> None:
    found = read_record(world / "before.npz")
    assert set(found) == {*IMPRESSION, *(f"{kind}/{quantity}" for kind in KINDS for quantity in QUANTITIES)}
    assert sorted(found["item_id"]) == ["b2", "m2", "n1"]
    assert set(found["user_id"]) == {"7"}


def test_recorded_numbers_are_those_of_scorer_and_rescorer(world: Path) -> None:
    found = read_record(world / "before.npz")
    scorer = Scorer(load_checkpoint(world / "checkpoints/din"))
    with small_store(world / "again") as store:
        history, item = store.history("7", MONDAY), store.item(str(found["item_id"][0]))
        (context,) = {tuple(one.context.items()) for one in store.impressions("7") if one.item == item}
    scores = scorer.score(history, [item], dict(context))
    t = len(scores.behaviors)
    assert np.array_equal(found["din/logit"][:1], scores.logit)
    assert np.array_equal(found["din/weight"][:t], scores.weight[0])
    rescorer = rescorer_for(scorer, history, item, dict(context))
    without_first = rescorer.logits(rescorer.count * (np.arange(t) > 0))
    assert found["din/effect"][0] == pytest.approx(rescorer.full - float(without_first[0]))


def test_two_records_of_the_same_checkpoints_are_equal(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(world, world / "checkpoints", tmp_path / "after.npz") == 0
    assert compare(world / "before.npz", tmp_path / "after.npz", "--tolerance", "0") == 0
    assert capsys.readouterr().out.endswith("0 of 12 quantities moved by more than 0\n")


def test_a_changed_weight_is_found_in_its_checkpoint_alone(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(world / "checkpoints", tmp_path / "checkpoints")
    file = tmp_path / "checkpoints/din/model.safetensors"
    weights = load_file(file)
    weights["pooling.unit.last.bias"] = weights["pooling.unit.last.bias"] + 1e-3
    save_file(weights, file)
    assert record(world, tmp_path / "checkpoints", tmp_path / "after.npz") == 0
    found = differences(read_record(world / "before.npz"), read_record(tmp_path / "after.npz"))
    assert moved(found) == {f"din/{quantity}" for quantity in QUANTITIES}
    (weight,) = [one for one in found if (one.checkpoint, one.quantity) == ("din", "weight")]
    assert weight.largest == pytest.approx(1e-3, rel=1e-3)
    assert compare(world / "before.npz", tmp_path / "after.npz") == 1
    assert re.search(r"^din +weight +1\.00e-03 .*← moved$", capsys.readouterr().out, re.M)
    assert compare(world / "before.npz", tmp_path / "after.npz", "--tolerance", "10") == 0


def made(**numbers: list[float]) -> Record:
    """A record of one impression."""
    return {
        **{name: np.array(["x"]) for name in IMPRESSION},
        **{f"din/{name}": np.array(values) for name, values in numbers.items()},
    }


@pytest.mark.parametrize(
    ("before", "after", "largest", "note"),
    [
        ([0.5, -2.0], [0.5, -2.5], 0.5, "2 numbers"),
        ([], [], 0.0, "0 numbers"),
        ([np.nan, np.inf], [np.nan, np.inf], 0.0, "2 numbers"),
        ([np.nan], [1.0], np.inf, "1 numbers"),
        ([np.inf], [-np.inf], np.inf, "1 numbers"),
        ([1.0, 2.0], [1.0], np.inf, "shape (2,) before, (1,) after"),
    ],
)
def test_a_difference_is_the_largest_one(before: list[float], after: list[float], largest: float, note: str) -> None:
    (found,) = differences(made(logit=before), made(logit=after))
    assert found == Difference("din", "logit", largest, note)


def test_a_quantity_that_only_one_record_holds_has_moved() -> None:
    found = differences(made(logit=[1], weight=[1]), made(logit=[1], effect=[1]))
    assert {(one.quantity, one.largest, one.note) for one in found} == {
        ("logit", 0, "1 numbers"),
        ("weight", np.inf, "only before"),
        ("effect", np.inf, "only after"),
    }


def test_records_of_other_impressions_are_not_compared(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(world, world / "checkpoints", tmp_path / "fewer.npz", "--impressions", "2") == 0
    assert compare(world / "before.npz", tmp_path / "fewer.npz") == 2
    assert "of different impressions (3 and 2" in capsys.readouterr().err


def truncated(file: Path, whole: bytes) -> None:
    file.write_bytes(whole[: len(whole) // 2])


def damaged(file: Path, whole: bytes) -> None:
    file.write_bytes(whole[:200] + bytes(len(whole) - 400) + whole[-200:])


def foreign(file: Path, whole: bytes) -> None:
    with file.open("wb") as stream:
        np.savez(stream, other=np.zeros(3))


def words(file: Path, whole: bytes) -> None:
    with file.open("wb") as stream:
        np.savez(stream, **made(), **{"din/logit": np.array(["x"])})


def one_array(file: Path, whole: bytes) -> None:
    with file.open("wb") as stream:
        np.save(stream, np.zeros(3))


UNREADABLE: list[Callable[[Path, bytes], object]] = [
    truncated,
    damaged,
    foreign,
    words,
    one_array,
    lambda file, _: file.write_text("no record"),
    lambda file, _: file.write_bytes(b""),
    lambda file, _: file.mkdir(),
    lambda file, _: None,
]


@pytest.mark.parametrize("spoil", UNREADABLE)
def test_a_file_that_is_no_record_gives_a_sentence(
    world: Path, tmp_path: Path, spoil: Callable[[Path, bytes], object], capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(tmp_path / "after.npz", (world / "before.npz").read_bytes())
    assert compare(world / "before.npz", tmp_path / "after.npz") == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {tmp_path / 'after.npz'} cannot be read (")
    assert told.endswith("write it with `python -m tests.numbers record`\n")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "options", "sentence"),
    [
        ("", [], "is a folder; name a file"),
        ("none/after.npz", [], "is in no folder that exists; make it first"),
        ("after.npz", ["--checkpoints", "none"], "none holds 0 checkpoints"),
        ("after.npz", ["--store", "sqlite:///none.db"], "none.db"),
    ],
)
def test_a_record_that_cannot_be_made_gives_a_sentence_and_leaves_no_file(
    world: Path, tmp_path: Path, file: str, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(world, world / "checkpoints", tmp_path / file, *options) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert sentence in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        *(f"compare a b --tolerance={value}" for value in ("-1", "nan", "inf", "much")),
        *(f"record a --{name}={value}" for name in ("impressions", "seed") for value in ("-1", "1.5")),
    ],
)
def test_an_option_out_of_its_range_is_refused_by_its_name(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words.split())
    option, value = words.rsplit(maxsplit=1)[-1].split("=")
    told = capsys.readouterr().err
    assert option in told
    assert value in told
