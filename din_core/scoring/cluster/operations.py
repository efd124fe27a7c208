"""What a process of a cluster computes of its checkpoint beside scores, and the limits of what it may be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from din_core.model.network import InterestNetwork
from din_core.model.ragged import RaggedBatch, Sets
from din_core.scoring.cluster.arrays import BATCH, MOST_PAIRS, MOST_ROWS, AnyArray, array_bytes, read_arrays
from din_core.scoring.cluster.batch_payload import read_batch, read_items
from din_core.scoring.cluster.rescoring_operations import RESCORING, KeptRescorers, typed_array
from din_core.scoring.whole_catalogue.row_catalogue import RowCatalogue

Answer = dict[str, AnyArray]


class CheckpointOperations:
    """Of one checkpoint. Safe to share between threads."""

    def __init__(self, network: InterestNetwork, accelerated: InterestNetwork) -> None:
        """`accelerated` is the same network by compiled kernels."""
        self.network, self._rescorers = network, KeptRescorers(network, accelerated)
        self._of_items: Mapping[str, Callable[[Mapping[str, AnyArray]], Answer]] = {
            "catalogue": lambda arrays: self._scored(arrays, estimated=False),
            "estimates": lambda arrays: self._scored(arrays, estimated=True),
            "vectors": self._vectors,
        }

    def answer(self, operation: str, content: bytes) -> bytes:
        """The answer to an operation's arrays; ValueError, in a sentence, for what is no such operation."""
        arrays = read_arrays(content)
        if operation in RESCORING:
            return array_bytes(RESCORING[operation](self._rescorers.of(arrays), arrays))
        if operation in self._of_items:
            return array_bytes(self._of_items[operation](arrays))
        known = ", ".join([*RESCORING, *self._of_items])
        raise ValueError(f"{operation[:40]!r} is none of the operations {known}")

    def _scored(self, arrays: Mapping[str, AnyArray], *, estimated: bool) -> Answer:
        """Logits of items as candidates of one history."""
        batch = read_batch(typed_array(arrays, BATCH, 1, "uint8").tobytes(), self.network.config)
        _check_single(batch)
        rows, sets = self._items(arrays)
        if len(rows) * len(batch.behavior) > MOST_PAIRS:
            raise ValueError(
                f"{len(rows):,} items of a history of {len(batch.behavior):,} behaviors are more than {MOST_PAIRS:,}"
                " pairs, the most that may be asked at once"
            )
        return {"logit": RowCatalogue(self.network, rows, sets=sets).logits(batch, estimated=estimated)}

    @torch.no_grad()
    def _vectors(self, arrays: Mapping[str, AnyArray]) -> Answer:
        """Embeddings of items, all fields end to end."""
        rows, sets = self._items(arrays)
        return {"vector": self.network.item(rows, sets).numpy()}

    def _items(self, arrays: Mapping[str, AnyArray]) -> tuple[torch.Tensor, Sets]:
        rows, sets = read_items(arrays, self.network.config)
        if len(rows) > MOST_ROWS:
            raise ValueError(f"rows are of {len(rows):,} items, but at most {MOST_ROWS:,} may be asked at once")
        return rows, sets


def _check_single(batch: RaggedBatch) -> None:
    if batch.groups != 1 or len(batch.candidate) != 1:
        raise ValueError(f"it holds {batch.groups} histories and {len(batch.candidate)} candidates; give 1 of each")
