"""The benchmark: that it measures what it says, at sizes that take seconds; how fast anything is, is no test."""

import json
import math
import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from din_core.domain import DinLensError
from din_core.model import pairs
from din_core.model.network import InterestNetwork
from din_core.scoring.catalogue import RowCatalogue
from din_core.store import ingest
from tests.small_world import small_store
from tests.tiny_checkpoints import write_checkpoints
from tests.trainer.planted_tables import planted_tables
from trainer.__main__ import main
from trainer.bench.data.synthetic_samples import config_of, each_alone, made_samples, read_by, unfolded
from trainer.bench.memory import extra_bytes
from trainer.bench.padded_reference import make_naive, unsplit
from trainer.bench.parts.ablations import levers
from trainer.bench.parts.catalogue import catalogue, flop, made, naive_logits
from trainer.bench.parts.cohorts import cohorts
from trainer.bench.parts.device import device, on_device
from trainer.bench.parts.embeddings import embeddings
from trainer.bench.parts.explaining import explaining
from trainer.bench.parts.machine import machine
from trainer.bench.parts.rescoring import rescoring
from trainer.bench.parts.search import made_tables, search, texts
from trainer.bench.parts.serving import serving
from trainer.bench.parts.training import training
from trainer.bench.peers import accuracy as peer_accuracy
from trainer.bench.peers import speed as peers_module
from trainer.bench.sizes import quick, short
from trainer.bench.suite import Wanted, apart, run_part
from trainer.bench.timing import alternate
from trainer.bench.training_steps import Steps
from trainer.training.fit import FitOptions

SIZES = quick()
SHORT, LONG = SIZES.shapes


def finite(rows):
    """Their values by name, all of them finite, none below 0."""
    found = {row.name: dict(row.values) for row in rows}
    assert len(found) == len(rows)
    assert all(math.isfinite(value) and value >= 0 for values in found.values() for value in values.values()), found
    return found


def test_what_is_compared_takes_turns_and_the_first_is_not_counted():
    order = []
    spent = alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3)
    assert "".join(order) == "abababab"
    assert [len(spent["a"]), len(spent["b"])] == [3, 3]


def test_made_histories_have_the_lengths_asked_for():
    samples = made_samples(short(), 20_000)
    lengths = np.diff(samples.behavior_offsets)
    assert samples.impressions == 20_000
    assert lengths.mean() == pytest.approx(7.7, abs=0.1)
    assert (lengths.min(), lengths.max()) == (1, 50)


def test_unfolding_and_splitting_keep_what_the_network_computes():
    samples = made_samples(LONG, 40)
    torch.manual_seed(0)
    network = InterestNetwork(config_of("din", LONG)).eval()
    logits = [
        network(form.batch(np.arange(form.groups))[0]).logit
        for form in (samples, unfolded(samples), each_alone(samples), each_alone(unfolded(samples)))
    ]
    assert unfolded(samples).pairs > 1.5 * samples.pairs == 1.5 * each_alone(samples).pairs
    for logit in logits[1:]:
        torch.testing.assert_close(logit, logits[0], atol=1e-5, rtol=1e-5)


def test_dien_reads_the_newest_behaviors_unfolded():
    samples = made_samples(LONG, 8)
    config = config_of("dien", LONG)
    read = read_by(config, samples)
    whole = unfolded(samples)
    most = config.max_history
    assert np.diff(read.behavior_offsets).tolist() == np.minimum(np.diff(whole.behavior_offsets), most).tolist()
    first = read.behavior[: read.behavior_offsets[1]]
    assert torch.equal(first, whole.behavior[: whole.behavior_offsets[1]][-most:])


@pytest.mark.parametrize("train", [False, True])
def test_the_naive_formulation_is_the_same_network(train):
    samples = each_alone(made_samples(LONG, 40))
    batch, _ = samples.batch(np.arange(samples.groups))
    found = []
    for change in (lambda network: None, make_naive, unsplit):
        torch.manual_seed(0)
        network = InterestNetwork(config_of("din", LONG)).train(train)
        change(network)
        output = network(batch)
        output.logit.square().sum().backward()
        found.append((output.logit, output.weight, network.item.tables[0].weight.grad))
    for other in found[1:]:
        for mine, plain in zip(found[0], other, strict=True):
            torch.testing.assert_close(mine, plain, atol=1e-5, rtol=1e-4)


def test_operations_are_those_of_the_split_unit_forward_and_twice_backward():
    samples = made_samples(SHORT, 256)
    config = config_of("din", SHORT)
    counted = Steps(config, samples, FitOptions(batch_size=64), burst=1, fused=False).flop_sample
    d, h, h2 = 64, 80, 40
    w = 3 * d + 2 + 1  # candidate, interest vector, product, a likeness a field, intensity
    behaviors = samples.behavior_offsets[32] / 64  # of the first batch's histories, two samples each, about
    pair = d * h + h * h2 + h2
    sample = d * h + (w * 200 + 200 * 80 + 80)
    expected = 3 * 2 * (2 * behaviors * pair + behaviors * d * h + sample)
    assert counted == pytest.approx(expected, rel=0.25)  # the batch is shuffled, and inputs need no gradient


def test_the_machine_multiplies():
    assert finite(machine(SIZES)).keys() >= {"(n × 64) · (64 × 80)", "(n × 80) · (80 × 40)"}


def test_a_device_tells_of_each_means_and_of_what_half_precision_changes():
    found = finite(on_device(SIZES, "cpu"))
    size = "3,000 candidates × 20 behaviors"
    wanted = {"all techniques on", "not compiled", "not captured", "one stream", "none of them"}
    assert {name.removeprefix(f"{size}: ") for name in found if name.startswith(size)} == {*wanted, "bfloat16"}
    assert {name.removeprefix("2 callers: ") for name in found if name.startswith("2 callers")} == {
        "not gathered",
        *(wanted - {"not captured"}),
    }
    changed = {name.removeprefix(f"{size}: "): found[name]["of top 100 others"] for name in found if size in name}
    assert {changed[name] for name in wanted} == {0}
    assert changed["bfloat16"] < 10


def test_without_a_device_nothing_is_measured_on_one_and_a_row_says_so():
    (row,) = device(SIZES, "cpu")
    assert not row.values
    assert "--device cuda" in row.note


def test_training_tells_every_model_and_the_naive_one_on_every_shape():
    found = finite(training(SIZES))
    names = {f"{model}, {shape.name}" for model in (*SIZES.models, "din, naive") for shape in SIZES.shapes}
    assert found.keys() == names
    assert found["din, naive, short histories"]["× naive din"] == 1
    assert {"samples/s", "pairs/s", "share of matmul rate"} <= found["dien, long histories"].keys()


def test_steps_on_longer_tables_are_told_as_ratios_to_the_shortest():
    found = finite(embeddings(SIZES))
    assert list(found) == ["1,000 rows", "4,000 rows", "4,000 rows, touched ones spread out"]
    assert found["1,000 rows"]["× shortest"] == 1


def test_a_table_that_does_not_fit_into_memory_is_left_out():
    rows = embeddings(replace(SIZES, table_rows=(1_000, 10**14)))
    assert [(row.name, bool(row.values), row.note) for row in rows] == [
        ("1,000 rows", True, ""),
        ("100,000,000,000,000 rows", False, "left out: too little memory"),
    ]


def test_the_naive_catalogue_scores_as_the_fast_one():
    network, rows, batch = made(300, 20)
    fast = RowCatalogue(network, rows).scoring(batch).finish()
    np.testing.assert_allclose(naive_logits(network, rows, batch).numpy(), fast, atol=1e-5, rtol=1e-5)


def test_a_catalogue_is_told_with_its_share_its_memory_and_the_naive_time():
    found = finite(catalogue(SIZES))
    (values,) = found.values()
    assert {"seconds", "share of matmul rate", "× naive", "naive, s"} <= values.keys()
    assert values["× naive"] == pytest.approx(values["naive, s"] / values["seconds"])


def test_operations_of_the_issue_s_catalogue_are_counted_as_it_counts_them():
    assert flop(68_037, 277) == pytest.approx(315e9, rel=0.02)


def hold():
    torch.ones(1 << 24).sum()


def test_extra_memory_is_what_a_task_held_at_once():
    extra = apart(extra_bytes, hold)  # a process that freed much before may have room left for it
    assert extra is None or 0.5 * (1 << 26) < extra < 2 * (1 << 26)


def test_rescoring_tells_the_store_s_part_the_network_s_and_both():
    found = finite(rescoring(SIZES))
    assert list(found) == ["store", "score", "store and score", "store and score, a user's first time"]
    for values in found.values():
        assert values["p50, ms"] <= values["p95, ms"] <= values["p99, ms"]


def test_explaining_tells_leave_one_out_and_categories_of_a_made_or_given_store(tmp_path):
    with small_store(tmp_path) as store:
        folder = write_checkpoints(tmp_path / "checkpoints", store.bulk())
        for given in ((), (store.url, str(folder / "din"))):
            rows = explaining(SIZES, *given)
            found = finite(rows)
            assert list(found) == ["score", "leave-one-out", "Shapley values of categories"]
            assert all(values["p50, ms"] <= values["p95, ms"] for values in found.values())
    assert rows[0].note == "3 behaviors as the model sees them, on average"  # four, and two
    assert rows[2].note == "2 to 3 categories"


def test_rescoring_and_the_likely_first_catalogue_take_a_given_store_and_checkpoint(tmp_path):
    with small_store(tmp_path) as store:
        folder = write_checkpoints(tmp_path / "checkpoints", store.bulk())
        given = (store.url, str(folder / "din"))
        assert "14 behaviors a user" in rescoring(SIZES, *given)[2].note
        name = "7 items of the store, 2 users"
        values = finite(catalogue(SIZES, *given))[name]
    assert values["true top 20 after, s"] <= values["seconds"]


@pytest.mark.parametrize("given", [("sqlite:///x.db", None), (None, "x")])
def test_a_store_without_a_checkpoint_is_refused(given):
    with pytest.raises(DinLensError, match="give --store and --checkpoint together"):
        rescoring(SIZES, *given)


def test_serving_tells_every_number_of_callers_with_batching_off_and_on():
    found = finite(serving(SIZES))
    assert list(found) == [
        "1 caller, batching off",
        "1 caller, batching on",
        "2 callers, batching off",
        "2 callers, batching on",
    ]
    assert found["2 callers, batching off"]["throughput × off"] == 1


def test_every_lever_is_told_as_a_ratio_to_all_of_them_on():
    found = finite(levers(replace(SIZES, rounds=1)))
    off = {name.split(": ")[1] for name in found if name.startswith("long histories")}
    assert off >= {"one thread", "first layer not split", "histories not shared", "repeats not folded"}
    assert all(values["× on"] == 1 for name, values in found.items() if name.endswith("all levers on"))
    assert pairs.BLOCK_PAIRS == 256


def test_peers_that_are_absent_or_break_say_so_and_the_others_are_ratios(monkeypatch):
    class Slow(torch.nn.Linear):
        def forward(self, columns):
            return super().forward(columns["hist_item"].float()).sigmoid()

    def broken(shape):
        raise TypeError("built for torch 1")

    made_up = {
        "absent": ("no_such_library", broken),
        "broken": ("json", broken),
        "there": ("json", lambda shape: (Slow(shape.window, 1), lambda batch: batch.columns)),
    }
    monkeypatch.setattr(peers_module, "PEERS", made_up)
    rows = peers_module.peers(SIZES)
    found = finite(rows)
    assert found["DIN Lens"]["ours ×"] == 1
    assert found["there"]["samples/s"] * found["there"]["ours ×"] == pytest.approx(found["DIN Lens"]["samples/s"])
    notes = {row.name: row.note for row in rows if row.note}
    assert notes == {"absent": "not installed", "broken": "broke: TypeError: built for torch 1"}


def test_peers_read_padded_histories_and_the_same_candidates():
    samples = each_alone(made_samples(SHORT, 64))
    (first, *_) = peers_module.padded_batches(samples, SHORT)
    batch, label = samples.batch(np.arange(SHORT.batch))
    assert torch.equal(first.label, label)
    assert torch.equal(torch.stack([first.columns["item"], first.columns["category"]], 1), batch.candidate)
    assert first.columns["hist_item"].shape == (SHORT.batch, SHORT.window)
    real = first.columns["hist_item"] > 0
    assert torch.equal(first.columns["hist_category"][real], batch.behavior[:, 1])
    assert torch.equal(real.sum(1), first.columns["length"])


def test_what_peers_learn_is_measured_on_the_test_impressions_of_a_store(tmp_path, monkeypatch):
    class Likeness(torch.nn.Module):
        """The dot product of candidate and history, and no more."""

        def __init__(self, shape):
            super().__init__()
            rows, width = shape.fields[0].rows, shape.fields[0].width
            self.item = torch.nn.Embedding(rows, width, padding_idx=0)

        def forward(self, columns):
            assert columns["item"].min() >= 1, "0 is padding"
            history = self.item(columns["hist_item"]).sum(1)
            return (self.item(columns["item"]) * history).sum(1).sigmoid()

    def broken(shape):
        raise TypeError("built for torch 1")

    made_up = {"there": ("json", lambda shape: (Likeness(shape), lambda batch: batch.columns)), "broken": ("x", broken)}
    monkeypatch.setattr(peer_accuracy, "PEERS", made_up)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ingest(planted_tables(tmp_path / "tables", users=16), url)
    ours, there, other = peer_accuracy.peer_accuracy(url)
    assert [row.name for row in (ours, there, other)] == ["DIN Lens, test", "there, test", "broken, test"]
    for row in (ours, there):
        assert all(0 < value < 1 for value in row.values.values()), row
    assert (dict(other.values), other.note) == ({}, "no figure: built for torch 1")


def test_a_part_that_breaks_says_so_and_costs_its_own_rows_alone():
    (row,) = run_part("rescoring", Wanted(("rescoring",), quick=True, store="sqlite:////nowhere.db", checkpoint="x"))
    assert (row.part, dict(row.values)) == ("rescoring", {})
    assert row.note.startswith("broke: no store at /nowhere.db")


def test_parts_run_in_a_process_of_their_own_that_may_die():
    assert apart(os.getpid) != os.getpid()
    with pytest.raises(BrokenProcessPool):
        apart(os._exit, 1)


def test_the_command_prints_json_and_writes_it_with_a_page_that_asks_for_nothing(tmp_path, capsys):
    assert main(["bench", "--quick", "--only", "machine", "--json", "--out", str(tmp_path / "out")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out" / "bench.json").read_text("utf-8"))
    assert printed["quick"] is True
    assert {row["part"] for row in printed["rows"]} == {"machine"}
    page = (tmp_path / "out" / "bench.html").read_text("utf-8")
    assert "machine: GFLOP" in page
    assert 'src="http' not in page


def test_an_unknown_part_is_told_with_those_there_are(capsys):
    assert main(["bench", "--only", "machine,warp"]) == 1
    assert "there is no part 'warp'; take some of machine, training, embeddings" in capsys.readouterr().err


def test_cohorts_are_told_of_a_folder_of_cases_and_of_nothing_else():
    assert cohorts() == []
    rows = cohorts(str(Path(__file__).parents[3] / "assets" / "demo" / "cases"))
    found = finite(rows)
    assert list(found) == ["reading, once a server", "mean weights of a slice"]
    assert all(values["p50, ms"] <= values["p95, ms"] for values in found.values())
    assert rows[0].note.endswith(" impressions")


def test_every_kind_of_search_is_timed_and_what_is_typed_is_found():
    found = finite(search(SIZES))
    assert all(set(values) == {"p50, ms", "p95, ms"} for values in found.values())
    tables = made_tables(SIZES.search_rows)
    assert len(tables.users) == len(tables.items) == SIZES.search_rows
    matches = {row.name: float(row.note.split()[0].replace(",", "")) for row in search(SIZES)}
    assert matches.keys() == texts(tables, SIZES.searches).keys()
    assert [kind for kind, many in matches.items() if not many] == ["nothing that there is"]
    assert matches["user id"] == matches["item id"] == 1
