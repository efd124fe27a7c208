"""How large everything is: the sizes of the benchmark, and small ones that run in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from din_core.model.config import FieldConfig


@dataclass(frozen=True, slots=True)
class Shape:
    """Made training data."""

    name: str
    fields: tuple[FieldConfig, ...]
    """Item fields"""
    histories: float
    """Mean distinct behaviors of a history"""
    window: int
    """Most distinct behaviors of a history"""
    repeats: float
    """Mean count of a behavior"""
    candidates: int
    """Impressions that share a history"""
    batch: int = 1024
    """Impressions a step"""
    burst: int = 8
    """Steps timed together"""


def short(rows: int = 12_000) -> Shape:
    """The sizes at which the field's libraries are compared: Amazon Beauty, histories in a window of 50."""
    return Shape(
        "short histories",
        (FieldConfig("item_id", rows, 32), FieldConfig("category", 195, 32)),
        histories=7.7,
        window=50,
        repeats=1.0,
        candidates=2,
        burst=16,
    )


def long() -> Shape:
    """Those of the Complete Journey: its item fields at their default widths, all distinct items of a household."""
    return Shape(
        "long histories",
        (
            FieldConfig("item_id", 32_807, 24),
            FieldConfig("product_type", 1_951, 16),
            FieldConfig("category", 296, 12),
            FieldConfig("department", 25, 6),
            FieldConfig("manufacturer", 3_371, 16),
            FieldConfig("brand", 3, 2),
        ),
        histories=300.0,
        window=2_000,
        repeats=2.0,
        candidates=20,
        burst=1,
    )


@dataclass(frozen=True, slots=True)
class Sizes:
    """Everything that `--quick` shrinks."""

    rounds: int = 9
    """Turns of each that is compared"""
    compiled: bool = True
    """Whether Dice is compiled, which takes a while"""
    shapes: tuple[Shape, ...] = (short(), long())
    models: tuple[str, ...] = ("din", "base", "din-softmax", "din-fields", "dot", "dien")
    naive_batch: int = 128
    """Impressions a step of the naive formulation where histories are long: it holds every padded pair"""
    matmul_rows: tuple[int, ...] = (2_048, 16_384, 131_072)
    copied_bytes: int = 1 << 28
    table_rows: tuple[int, ...] = (10_000, 1_000_000, 10_000_000)
    sharded_rows: int = 2_000_000
    """Of an item table that workers hold as copies, and by turns"""
    catalogues: tuple[tuple[int, int], ...] = (
        (68_037, 100),
        (68_037, 277),
        (68_037, 400),
        (1_000_000, 100),
        (1_000_000, 400),
    )
    """Candidates and behaviors"""
    device_catalogues: tuple[tuple[int, int], ...] = ((68_037, 277), (1_000_000, 100))
    naive_candidates: int = 2_048
    """Candidates that the naive catalogue is timed on"""
    store_users: int = 64
    store_behaviors: int = 400
    """Distinct behaviors of each user"""
    rescorings: int = 400
    explanations: int = 64
    """Scenarios explained by each method"""
    callers: tuple[int, ...] = (1, 8, 64)
    serving_seconds: float = 4.0
    serving_rounds: int = 3
    sessions: int = 50
    """Visitors of the app at once"""
    session_seconds: float = 300.0
    session_think: float = 2.0
    """Mean seconds between an answer and a visitor's next choice"""
    session_warm_up: float = 20.0
    session_pause: float = 60.0
    """Seconds after visitors have left, in which the app forgets them"""
    search_rows: int = 1_000_000
    """Users, and as many items, of the store that is searched"""
    ingested_behaviors: int = 10_000_000
    searches: int = 40
    """Texts of each kind"""
    peer_steps: int = 4
    """Steps of a peer timed together"""


def quick() -> Sizes:
    """Everything in a few seconds: enough to see that it runs, nothing to quote."""
    small = Shape("short histories", short(200).fields, 4.0, 8, 1.0, 2, batch=32, burst=1)
    repeated = Shape(
        "long histories", (FieldConfig("item_id", 300, 6), FieldConfig("kind", 9, 4)), 30, 80, 2.0, 4, 16, 1
    )
    return Sizes(
        rounds=2,
        compiled=False,
        shapes=(small, repeated),
        models=("din", "din-fields", "dien"),
        naive_batch=8,
        matmul_rows=(256,),
        copied_bytes=1 << 16,
        table_rows=(1_000, 4_000),
        sharded_rows=4_000,
        catalogues=((600, 20),),
        device_catalogues=((3_000, 20),),
        naive_candidates=64,
        store_users=3,
        store_behaviors=20,
        rescorings=5,
        explanations=3,
        sessions=3,
        session_seconds=4.0,
        session_think=0.2,
        session_warm_up=1.0,
        session_pause=0.0,
        search_rows=500,
        ingested_behaviors=3_000,
        searches=3,
        callers=(1, 2),
        serving_seconds=0.1,
        serving_rounds=1,
        peer_steps=1,
    )
