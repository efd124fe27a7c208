"""`faithfulness --store URL --checkpoint DIR`: may the activation weights be believed?"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from trainer.evaluation.faithfulness import FaithfulnessOptions, faithfulness
from trainer.evaluation.faithfulness.exactness_check import check
from trainer.evaluation.faithfulness.model_card_section import interval, write
from trainer.progress import bar, say
from trainer.training.samples import SPLITS

_DEFAULTS = FaithfulnessOptions("", ())


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--store", default="sqlite:///din.db", metavar="URL", help="of the store (%(default)s)")
    parser.add_argument(
        "--checkpoint", type=Path, nargs="+", required=True, metavar="DIR", help="folders; several seeds are compared"
    )
    parser.add_argument("--truth", type=Path, metavar="FILE", help="truth.parquet of `planted`: adds precision@k")
    parser.add_argument("--split", choices=SPLITS, default=_DEFAULTS.split, help="(%(default)s)")
    parser.add_argument(
        "--sample", type=int, default=_DEFAULTS.sample, metavar="N", help="impressions, 0 for all (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, metavar="N", help="of the sample (%(default)s)")
    parser.add_argument("--by", metavar="FIELD", help="item field that slices candidates (category, or the first)")
    parser.add_argument(
        "--adversarial",
        type=int,
        default=_DEFAULTS.adversarial,
        metavar="N",
        help="impressions of the sample on which other weights with the same prediction are searched (%(default)s)",
    )
    parser.add_argument(
        "--retrain",
        action="store_true",
        help="also train two networks without attention on the trained weights, each as long as the checkpoint was",
    )
    parser.add_argument("--device", default=_DEFAULTS.device, help="of whole-split figures: auto, cpu or cuda")
    parser.add_argument(
        "--check",
        type=int,
        metavar="N",
        help="only check on N impressions that the methods are exact, by really changed histories; writes nothing",
    )
    parser.add_argument("--dry-run", action="store_true", help="write nothing into the checkpoints")
    parser.epilog = "Writes faithfulness.json and a section of the model card README.md into each checkpoint."


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure, and write unless it is a dry run or a check."""
    counted = partial(bar, unit=" impressions")
    if args.check is not None:
        folders = tuple(dict.fromkeys(args.checkpoint))
        return {"split": args.split, "checks": check(args.store, folders, args.split, args.check, args.seed, counted)}
    options = FaithfulnessOptions(
        store=args.store,
        checkpoints=tuple(dict.fromkeys(args.checkpoint)),
        split=args.split,
        sample=args.sample,
        seed=args.seed,
        truth=args.truth,
        by=args.by,
        adversarial=args.adversarial,
        retrain=args.retrain,
        device=args.device,
    )
    result = faithfulness(options, say, counted)
    if not args.dry_run:
        for folder in args.checkpoint:
            write(result, folder)
    return result


def render(result: dict[str, Any]) -> str:
    """One line a checkpoint, then precision@k, then the tests; of a check, its largest differences."""
    if "checks" in result:
        return _checks(result)
    lines = [
        f"{result['impressions']:,} of {result['of']:,} {result['split']} impressions, {result['users']:,} users "
        f"(seed {result['seed']}); means, 95 % of τ under drawing users anew",
        "",
        f"{'':28}{'τ':>7}{'95 %':>17}{'same sign':>11}{'covered':>9}{'of':>6}{'compr.':>8}{'random':>8}"
        f"{'suff.':>7}{'random':>8}",
    ]
    for entry in result["checkpoints"]:
        found = entry["figures"]
        formatted = "".join(f"{_mean(found[name], 2):>{width}}" for name, width in _WIDTHS.items())
        ends = interval(found["tau"]["interval"]) if found["tau"] else "–"
        lines.append(f"{_name(entry)[:28]:28}{_mean(found['tau']):>7}{ends:>17}{formatted}")
    if result["truth"]:
        lines += ["", *_precision(result["checkpoints"])]
    lines += [
        "",
        f"{'':28}{'uniform weights':>22}{'retrained: frozen':>22}{'frozen means':>22}{'attention that can move':>25}",
    ]
    for entry in result["checkpoints"]:
        uniform = _auc(entry["uniform"], "uniform")
        frozen, means = (_auc(entry["frozen"], role) for role in ("frozen", "frozen_uniform"))
        moved = entry["adversary"] and entry["adversary"]["moved"]
        lines.append(f"{_name(entry)[:28]:28}{uniform:>22}{frozen:>22}{means:>22}{_mean(moved, 2):>25}")
    for group in result["seeds"]:
        lines.append(
            f"{group['title']}, {group['seeds']} seeds: τ of weights {_mean(group['tau_weights'])}, "
            f"of effects {_mean(group['tau_effects'])}, attention elsewhere {_mean(group['moved'])}"
        )
    return "\n".join(lines)


_WIDTHS = {
    "same_sign": 11,
    "covered": 9,
    "best_covered": 6,
    "comprehensiveness": 8,
    "random_comprehensiveness": 8,
    "sufficiency": 7,
    "random_sufficiency": 8,
}


def _checks(result: dict[str, Any]) -> str:
    lines = [
        f"largest differences from really changed histories, in logits, over {result['split']} impressions",
        "",
        f"{'':28}{'scenarios':>10}{'leave-one-out':>15}{'Shapley':>10}{'their sum':>11}",
    ]
    for row in result["checks"]:
        formatted = f"{row['leave_one_out']:>15.1e}{row['shapley']:>10.1e}{row['efficiency']:>11.1e}"
        lines.append(f"{_name(row)[:28]:28}{row['scenarios']:>10}{formatted}")
    return "\n".join(lines)


def _precision(entries: list[dict[str, Any]]) -> list[str]:
    """A row a method, a column a model."""
    known = [entry for entry in entries if entry["precision"]]
    lines = [f"{'precision@k':24}" + "".join(f"{_name(entry)[:22]:>24}" for entry in known)]
    for name in known[0]["precision"] if known else []:
        cells = [entry["precision"][name] for entry in known]
        formatted = (f"{_mean(cell)} ({interval(cell['interval'], 2)})" for cell in cells)
        lines.append(f"{name:24}" + "".join(f"{text:>24}" for text in formatted))
    return lines


def _name(entry: dict[str, Any]) -> str:
    """Several seeds of a model share a title, but no folder."""
    return Path(entry["checkpoint"]).name


def _mean(found: dict[str, Any] | None, digits: int = 3) -> str:
    return "–" if found is None else f"{found['mean']:.{digits}f}"


def _auc(found: dict[str, Any] | None, role: str) -> str:
    if found is None or "auc" not in found[role]:
        return "–"
    return f"AUC {found[role]['auc']['value']:.4f} ({found[role]['auc_change']['value']:+.4f})"
