"""Deep Interest Evolution Network (Zhou et al., AAAI 2019, arXiv:1809.03672): two GRUs over a history.

The first extracts an interest state from each behavior, steered by an auxiliary loss; the second lets the
interests evolve towards a candidate, with attention inside the cell. Behaviors come unfolded, oldest first.

Dimensions: G histories, N behaviors, M candidates, P pairs ordered by (history, behavior, candidate), D item
embedding width, T the longest history.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from din_core.model.attention import DotProduct, Pooled
from din_core.model.config import Evolution, ModelConfig
from din_core.model.library.network_parts import LibraryUnit
from din_core.model.pairs import PairSoftmax, pair_sum
from din_core.model.ragged import Offsets, RaggedBatch, to_device

UPDATE_GATE_BIAS = -2.0
"""Where an update gate starts, in logits: a state is at first replaced by .88."""


class InterestEvolution(nn.Module):
    """Interest extractor and interest evolution layer.

    The interest vector is the last state, with `history_sum` followed by the sum of all behaviors; 0 without any.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.item_width
        self.extractor = nn.GRU(width, width)
        self.unit = LibraryUnit(width, config.library) if config.library else None
        self.form = nn.Parameter(torch.eye(width)) if self.unit is None else None
        self.dot, self.softmax = DotProduct(), PairSoftmax()
        self.evolution = EvolutionLayer(width, config.evolution)
        self.history_sum = config.history_sum
        for gru in (self.extractor, self.evolution.cell):
            start_from_input(gru)

    def forward(self, q: Tensor, k: Tensor, batch: RaggedBatch) -> Pooled:
        """q (M, D), k (N, D) → attention (P,), interest vectors (M, D) or (M, 2D), in training the auxiliary loss."""
        with torch.autocast(k.device.type, enabled=False):  # errors of half precision would add up over the steps
            interest = self.extract(k, batch)  # (N, D)
            attention = self.attend(q, interest, batch)  # (P,)
            auxiliary = auxiliary_loss(interest, k, batch) if self.training else None
            evolved = self.evolution(interest, attention, batch)
            interests = self.with_sum(evolved, k, batch)
            return Pooled(attention, interests, pair_sum(attention, batch)[:, None], auxiliary)

    def with_sum(self, evolved: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
        """Last states (M, D), k (N, D) → interest vectors (M, D), or (M, 2D) with the sum of the history."""
        if not self.history_sum:
            return evolved
        sums = k.new_zeros(batch.groups, k.shape[1]).index_add(0, batch.history_of_behavior, k)
        return torch.cat([evolved, sums[batch.history_of_candidate]], 1)

    def extract(self, k: Tensor, batch: RaggedBatch) -> Tensor:
        """k (N, D) → (N, D): the first GRU's state after each behavior."""
        if not len(k):
            return k
        order, sizes = time_major(batch.behavior_offsets)
        order = to_device(order, k.device)
        packed: PackedSequence = self.extractor(PackedSequence(k[order], sizes))[0]
        return torch.zeros_like(packed.data).index_copy(0, order, packed.data)

    def attend(self, q: Tensor, interest: Tensor, batch: RaggedBatch) -> Tensor:
        """(P,) softmax over a history of h_t·W·q, equation 8, or of what another library's unit says of q and h_t."""
        if self.form is not None:
            weight = self.dot(q @ self.form, interest, batch)
        else:
            assert self.unit is not None
            weight = self.unit(q, interest, batch)
        attention: Tensor = self.softmax(weight, batch)
        return attention


@torch.no_grad()
def start_from_input(gru: nn.Module) -> None:
    """Let a GRU's state start as little else than its newest input.

    From there q·W·h_t, with W = 1, tells repeats before anything is learned, as the activation unit does.
    """
    weight, _, bias, _ = gru.parameters()  # (3D, D) of the input, (3D, D) of the state, (3D,) each
    nn.init.eye_(weight.chunk(3)[2])
    bias.chunk(3)[1].fill_(UPDATE_GATE_BIAS)  # torch's update gate z keeps the state


class EvolutionLayer(nn.Module):
    """The second GRU, with attention a: equations 9 to 14.

    AIGRU multiplies its input by a. AGRU puts a in the update gate's place, h' = (1 − a)h + a·h̃. AUGRU
    multiplies the update gate by a, h' = (1 − a·u)h + a·u·h̃. In the last two a = 0 keeps the state.
    """

    def __init__(self, width: int, kind: Evolution) -> None:
        super().__init__()
        self.kind = kind
        self.cell = nn.GRUCell(width, width)

    def forward(self, interest: Tensor, attention: Tensor, batch: RaggedBatch) -> Tensor:
        """interest (N, D), attention (P,) → (M, D) last states.

        What the cell's input contributes is projected once a behavior, whatever the candidate; candidates whose
        history has ended take no part in a step.
        """
        projected = interest @ self.cell.weight_ih.T  # (N, 3D); a·(x·W) = (a·x)·W
        order, active, behavior, pair = evolution_steps(batch)
        state = interest.new_zeros(len(order), interest.shape[1])  # (M, D), longest history first
        start = 0
        for n in active:
            here = slice(start, start + n)
            start += n
            moved = self.step(projected[behavior[here]], state[:n], attention[pair[here]][:, None])
            state = torch.cat([moved, state[n:]])
        return torch.zeros_like(state).index_copy(0, order, state)

    def path(self, interest: Tensor, attention: Tensor) -> Tensor:
        """One history and one candidate: interest (T, D), attention (T,) → (T + 1, D), the state before the first
        step, which is 0, and after each; the last is `forward`'s."""
        projected = interest @ self.cell.weight_ih.T
        states = [interest.new_zeros(1, interest.shape[1])]
        for x, a in zip(torch.split(projected, 1), torch.split(attention[:, None], 1), strict=True):
            states.append(self.step(x, states[-1], a))
        return torch.cat(states)

    def step(self, projected: Tensor, state: Tensor, a: Tensor) -> Tensor:
        """One step: projected (n, 3D) = x·W_ih without its bias, state (n, D), a (n, 1) → (n, D)."""
        if self.kind == "aigru":
            projected = a * projected
        from_input = projected + self.cell.bias_ih
        from_state = torch.addmm(self.cell.bias_hh, state, self.cell.weight_hh.T)
        reset_input, update_input, new_input = from_input.chunk(3, 1)
        reset_state, update_state, new_state = from_state.chunk(3, 1)
        new = torch.tanh(new_input + torch.sigmoid(reset_input + reset_state) * new_state)
        # torch's update gate z keeps the state; the paper's u = 1 − z replaces it
        update = torch.sigmoid(-(update_input + update_state))
        update = {"aigru": update, "agru": a.expand_as(update), "augru": a * update}[self.kind]
        return torch.lerp(state, new, update)


def auxiliary_loss(interest: Tensor, k: Tensor, batch: RaggedBatch) -> Tensor:
    """(): does each state tell the next behavior from a sampled one? Equation 7, with logits: never log(0).

    The other behavior is drawn from those of the whole batch, so often-bought items are drawn often; a draw of
    the next behavior's own item is left out. 0 where no history has two behaviors.
    """
    has_next = np.ones(len(k), dtype=bool)
    last = np.asarray(batch.behavior_offsets)[1:] - 1
    has_next[last[last >= 0]] = False
    own = to_device(np.flatnonzero(has_next), k.device)
    state, following = interest[own], own + 1
    if not len(state):
        return interest.sum() * 0
    sampled = torch.randint(len(k), following.shape, device=k.device)
    other = (batch.behavior[sampled, 0] != batch.behavior[following, 0]).to(k.dtype)
    real = nn.functional.softplus(-(state * k[following]).sum(1))
    fake = nn.functional.softplus((state * k[sampled]).sum(1))
    return (real + other * fake).sum() / (len(state) + other.sum())


def time_major(offsets: Offsets) -> tuple[Tensor, Tensor]:
    """(N,) the rows of a ragged run step by step, longest history first, and (T,) how many take part in each."""
    starts = torch.tensor(offsets)
    lengths, by_length = starts.diff().sort(descending=True, stable=True)
    lengths = lengths[lengths > 0]
    step = torch.arange(int(lengths[0])) if len(lengths) else lengths
    taking_part = lengths[None] > step[:, None]  # (T, G)
    rows = starts[by_length[: len(lengths)]][None] + step[:, None]
    return rows[taking_part], taking_part.sum(1)


def evolution_steps(batch: RaggedBatch) -> tuple[Tensor, list[int], Tensor, Tensor]:
    """The evolution's steps: (M,) candidates, longest history first, how many take part in each step, and for
    each (step, candidate) the behavior and the pair it reads."""
    behavior_start, candidate_start = torch.tensor(batch.behavior_offsets), torch.tensor(batch.candidate_offsets)
    lengths, candidates = behavior_start.diff(), candidate_start.diff()  # (G,)
    blocks = lengths * candidates
    pair_start = blocks.cumsum(0) - blocks  # (G,)
    history = torch.repeat_interleave(candidates)  # (M,)
    own_length, order = lengths[history].sort(descending=True, stable=True)
    within = torch.arange(len(order)) - candidate_start[history]
    history, within = history[order], within[order]
    step = torch.arange(int(own_length.max()) if len(own_length) else 0)
    taking_part = own_length[None] > step[:, None]  # (T, M)
    behavior = (behavior_start[history][None] + step[:, None])[taking_part]
    pair = (pair_start[history][None] + step[:, None] * candidates[history][None] + within[None])[taking_part]
    device = batch.count.device
    return to_device(order, device), taking_part.sum(1).tolist(), to_device(behavior, device), to_device(pair, device)
