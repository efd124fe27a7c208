"""`prepare SOURCE FILES… --out TABLES`: public data -> the four tables."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from din_core import __version__
from din_core.domain import DinLensError
from din_core.store import Reject
from din_core.store.ingestion.rejects import describe_rejects
from din_core.store.ingestion.spool.spool_folder import SpoolFolder, key_of_paths
from din_core.store.splits.split_rule import rule_of
from trainer.cluster.preparing import ReadSource, cluster_processes
from trainer.commands.data.ingest import add_split_options
from trainer.commands.shared.time_format import TIME_FORMAT_HELP
from trainer.datasets.assembly.assemble import Assembled, OneProcess, UnfinishedRun, assemble
from trainer.datasets.assembly.user_rows import AssembleOptions
from trainer.datasets.complete_journey.prepare import DEFAULT_SEED, PROVENANCE, SPLITS, find_data, prepare
from trainer.datasets.four_tables import TablesWriter, check_out, write_tables
from trainer.datasets.sources import SOURCES
from trainer.datasets.streams.input_files import InputFiles, Progress
from trainer.datasets.streams.raw_data import RawData
from trainer.datasets.streams.read_options import ReadOptions, option
from trainer.datasets.streams.row_checks import RowRejects
from trainer.datasets.synthetic import PROVENANCE as MADE
from trainer.datasets.synthetic import SyntheticTables
from trainer.progress import say

PACKAGED = "complete-journey"
"""The source that comes as a Python package."""
SYNTHETIC = "synthetic"
"""The one that is made at random, in any size."""
DEFAULT_BEHAVIORS = 1_000_000

_READ_HELP = {
    "min_rating": (
        "N",
        "least rating of a positive (movielens: 4; kuairec: watch ratio, 1; amazon-reviews, recbole: any)",
    ),
    "user": ("COLUMN", "the user's id (user_id)"),
    "item": ("COLUMN", "the item's id (item_id)"),
    "label": ("COLUMN", "the label, 0 or 1 (label; kuairand: is_click); of recbole and kuairand, too"),
    "time": ("COLUMN", "the time (timestamp; without one, rows are in the order of time)"),
    "time_format": ("FORMAT", TIME_FORMAT_HELP),
    "history": ("COLUMN", "item ids, oldest first (history; without one, positives are behaviors)"),
    "split": ("COLUMN", "train, valid or test (split; without one, by time)"),
    "item_fields": ("A,B", "fields of the item, such as title,category (none)"),
    "user_fields": ("A,B", "fields of the user (none)"),
    "context_fields": ("A,B", "context of the impression (all other columns)"),
    "history_fields": ("A=B,C=D", "item field A is listed in column B beside the history (none)"),
    "separator": ("TEXT", "between the entries of a history that is text (|; fuxictr: ^)"),
}
_FILES_HELP = {
    "user_share": "share of the users to keep, by a hash of their ids (1)",
    "min_behaviors": "leave out users with fewer behaviors (0)",
}
_DRAWN_HELP = {
    "negatives": "drawn for each positive; some are dropped (3)",
    "last_positives": "newest positives of a user to keep (all; taobao: 10)",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    names = [PACKAGED, *SOURCES, SYNTHETIC]
    parser.add_argument("source", choices=names, metavar="SOURCE", help=", ".join(names))
    without = f"{PACKAGED} and {SYNTHETIC}: none"
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILES", help=f"unpacked folder or files of the data; {without}"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="TABLES", help="folder for the tables")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the drawn negatives (default %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace tables that --out already holds")
    parser.add_argument("--behaviors", type=int, metavar="N", help=f"of {SYNTHETIC}: how many ({DEFAULT_BEHAVIORS:,})")
    any_files = parser.add_argument_group("of all sources that read files")
    drawn = parser.add_argument_group("of amazon-reviews, taobao and recbole, whose negatives are drawn")
    for group, texts in ((any_files, _FILES_HELP), (drawn, _DRAWN_HELP)):
        for name, text in texts.items():
            group.add_argument(option(name), type=float if name == "user_share" else int, metavar="N", help=text)
    add_split_options(any_files, "what the data say, else .8,.1,.1")
    any_files.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="work by processes of the Ray cluster there, or of a new one of this machine (local); see CLUSTER.md",
    )
    of_some = parser.add_argument_group("of sources with ratings")
    columns = parser.add_argument_group("columns of wide-table and fuxictr")
    for name, (shown, text) in _READ_HELP.items():
        rated = name == "min_rating"
        group = of_some if rated else columns
        group.add_argument(option(name), type=float if rated else str, metavar=shown, help=text)
    parser.epilog = "Where each source comes from, and what is made of it: trainer/datasets/README.md."


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Prepare the tables; counts, positive rates and the popularity check."""
    started = time.monotonic()
    check_out(args.out, args.overwrite)
    if args.behaviors is not None and args.source != SYNTHETIC:
        raise DinLensError(f"--behaviors is an option of {SYNTHETIC} alone; leave it out.")
    makers = {PACKAGED: _complete_journey, SYNTHETIC: _synthetic}
    result = makers.get(args.source, _from_files)(args)
    return {"out": str(args.out), **result, "seed": args.seed, "seconds": round(time.monotonic() - started, 1)}


@contextmanager
def _bar() -> Iterator[Progress]:
    with tqdm(unit="", unit_scale=True, leave=False) as bar:

        def progress(what: str, done: int, total: int | None) -> None:
            if bar.desc != f"{what}: ":
                bar.reset()
                bar.set_description(what, refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()

        yield progress


def _refuse_others(args: argparse.Namespace, origin: str, own: str) -> None:
    """DinLensError where files or their options are given to a source that reads none."""
    if args.files:
        raise DinLensError(f"{args.source} {origin} and reads no files, but {args.files[0]} is given.")
    names = (*_FILES_HELP, *_DRAWN_HELP, "split_time", "split_ratio", "ray", *_READ_HELP)
    given = [name for name in names if getattr(args, name) is not None]
    if given:
        raise DinLensError(f"{option(given[0])} is no option of {args.source}, which has {own} alone.")


def _synthetic(args: argparse.Namespace) -> dict[str, Any]:
    _refuse_others(args, "is made at random", "--behaviors and --seed")
    made = SyntheticTables(DEFAULT_BEHAVIORS if args.behaviors is None else args.behaviors, args.seed)
    with _bar() as progress, TablesWriter(args.out, overwrite=args.overwrite) as writer:
        made.write(writer, progress)
        writer.commit(MADE.format(behaviors=made.behaviors, seed=args.seed))
    popularity = made.popularity_auc
    return {
        "items": made.items,
        "users": made.users,
        "behaviors": made.behaviors,
        "impressions": {split: n for split, (n, _) in made.counts.items()},
        "positive_rate": {split: round(ones / n, 4) if n else 0.0 for split, (n, ones) in made.counts.items()},
        "popularity_auc": None if popularity is None else round(popularity, 4),
        "popularity_auc_uniform_negatives": None,
    }


def _complete_journey(args: argparse.Namespace) -> dict[str, Any]:
    _refuse_others(args, "comes as a Python package", "--seed")
    with _bar() as progress:
        prepared = prepare(find_data(), args.seed, progress)
        progress("writing tables", 0, None)
        write_tables(prepared.tables, args.out, PROVENANCE, overwrite=args.overwrite)
    tables = prepared.tables
    by_split = tables.impressions.groupby("split").label
    return {
        "items": len(tables.items),
        "users": len(tables.users),
        "behaviors": len(tables.behaviors),
        "impressions": {split: int(by_split.size()[split]) for split in SPLITS},
        "positive_rate": {split: round(float(by_split.mean()[split]), 4) for split in SPLITS},
        "popularity_auc": round(prepared.popularity_auc, 4),
        "popularity_auc_uniform_negatives": round(prepared.popularity_auc_uniform, 4),
    }


def _from_files(args: argparse.Namespace) -> dict[str, Any]:
    source = SOURCES[args.source]
    read_options = ReadOptions(**{own.name: getattr(args, own.name) for own in fields(ReadOptions)})
    read_options.check_known(args.source, source.options)
    options = _assemble_options(args, source.last_positives)
    rejects = RowRejects()
    read = partial(_read_source, args.source, read_options)
    with _bar() as progress, SpoolFolder(args.out.absolute(), "prepare") as folder:
        files = InputFiles(args.files, progress)
        raw = read(files, rejects)
        drawn = [name for name in _DRAWN_HELP if getattr(args, name) is not None and not raw.only_positives]
        if drawn:
            raise DinLensError(
                f"{option(drawn[0])} has no meaning here: these data say what was not clicked; leave it out."
            )
        key = key_of_paths(files.files, args.source, read_options, options, __version__)
        unfinished = UnfinishedRun(folder.checked(key), partial(folder.keep, key))
        if unfinished.settled is not None:
            say("these files were read by a run that was stopped; going on with what it read")
        apart = unfinished.settled is not None or len(raw.file_events) > 1
        work = folder.path()
        with (
            _processes(args.ray, files, read, work, apart) as processes,
            TablesWriter(args.out, overwrite=args.overwrite, work=work) as writer,
        ):
            done = assemble(raw, writer, options, files, rejects, unfinished, processes)
            writer.commit(raw.provenance)
    return _counts(done) | {"left_out": [asdict(reject) for reject in rejects.held.values()]}


def _processes(
    address: str | None, files: InputFiles, read: ReadSource, folder: Path, apart: bool
) -> AbstractContextManager[OneProcess]:
    if address is None:
        return nullcontext(OneProcess())
    if not apart:
        say("one process reads these files (apart are read several of a wide table with times)")
    return cluster_processes(address, files, read, folder)


def _read_source(name: str, options: ReadOptions, files: InputFiles, rejects: RowRejects) -> RawData:
    return SOURCES[name].read(files, rejects, options)


def _assemble_options(args: argparse.Namespace, last_positives: int | None) -> AssembleOptions:
    for name, least in (("negatives", 1), ("last_positives", 1), ("min_behaviors", 0)):
        value = getattr(args, name)
        if value is not None and value < least:
            raise DinLensError(f"{option(name)} is {value}; give at least {least}.")
    if args.user_share is not None and not 0 < args.user_share <= 1:
        raise DinLensError(f"--user-share is {args.user_share:g}; give a share above 0 and up to 1.")
    given = {name: getattr(args, name) for name in ("seed", *_FILES_HELP, *_DRAWN_HELP)}
    known = {name: value for name, value in given.items() if value is not None}
    split = rule_of(args.split_time, args.split_ratio)
    return AssembleOptions(**{"last_positives": last_positives, "split": split} | known)


def _counts(done: Assembled) -> dict[str, Any]:
    def rounded(value: float | None) -> float | None:
        return None if value is None else round(value, 4)

    rates = {s: round(done.positives[s] / n, 4) if n else 0.0 for s, n in done.impressions.items()}
    return {
        "items": done.items,
        "users": done.users,
        "behaviors": done.behaviors,
        "impressions": done.impressions,
        "positive_rate": rates,
        "popularity_auc": rounded(done.popularity_auc),
        "popularity_auc_uniform_negatives": rounded(done.popularity_auc_uniform),
    }


def render(result: dict[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"{result['out']}: {result['items']:,} items, {result['users']:,} users, "
        f"{result['behaviors']:,} behaviors in {result['seconds']} s (seed {result['seed']})"
    ]
    for split, count in result["impressions"].items():
        lines.append(f"  {split:<5} {count:>9,} impressions, {result['positive_rate'][split]:.1%} positive")
    left_out = result.get("left_out")
    if left_out:
        rejects = [Reject.of_dict(r) for r in left_out]
        total = sum(reject.count for reject in rejects)
        lines += [f"left out, {total:,} row{'s' * (total != 1)}:", describe_rejects(rejects)]
    return "\n".join([*lines, _popularity(result)])


def _popularity(result: dict[str, Any]) -> str:
    auc, uniform = result["popularity_auc"], result["popularity_auc_uniform_negatives"]
    if auc is None:
        return "Popularity's AUC is not known: the test impressions have one label only."
    span = "weeks" if "left_out" not in result else "impressions"
    easier = "" if uniform is None else f" (with uniformly drawn negatives it would be {uniform:.3f})"
    return f"Popularity alone is worth {auc:.3f} AUC on the test {span}{easier}."
