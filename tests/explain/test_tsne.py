"""t-SNE on clusters whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from din_core.explain import tsne
from din_core.explain.tsne import joint


@pytest.fixture
def clusters() -> np.ndarray:
    """Five of 30 points each, far apart in 10 dimensions."""
    numbers = np.random.default_rng(5)
    centre = np.repeat(8 * np.eye(10)[:5], 30, 0)
    found: np.ndarray = centre + numbers.normal(size=(150, 10))
    return found


def test_clusters_that_lie_apart_stay_apart(clusters: np.ndarray) -> None:
    points = tsne(clusters)
    own = np.repeat(np.arange(5), 30)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argsort(1)[:, :10]
    assert points.shape == (150, 2)
    assert (own[nearest] == own[:, None]).mean() > 0.99


def test_the_same_points_give_the_same_picture(clusters: np.ndarray) -> None:
    np.testing.assert_array_equal(tsne(clusters, steps=20), tsne(clusters, steps=20))


def test_every_point_has_the_perplexity_asked_for(clusters: np.ndarray) -> None:
    """Σ is 1, and the conditional probabilities from which the joint ones come have this entropy."""
    near, x = torch.from_numpy(joint(clusters, 12.0)), torch.from_numpy(clusters)
    assert float(near.sum()) == pytest.approx(1)
    assert torch.equal(near, near.T)
    one = torch.exp(-torch.cdist(x, x).square() * width(x, 12.0))
    one.fill_diagonal_(0)
    one /= one.sum(1, keepdim=True)
    torch.testing.assert_close(near, (one + one.T) / (2 * len(x)), rtol=1e-6, atol=1e-12)


def width(x: torch.Tensor, perplexity: float) -> torch.Tensor:
    """(n, 1) found slowly, one point at a time."""
    square = torch.cdist(x, x).square()
    found = []
    for place in range(len(x)):
        others = square[place][torch.arange(len(x)) != place]
        low, high = 0.0, 1e4
        for _ in range(200):
            middle = (low + high) / 2
            near = torch.softmax(-middle * others, 0)
            entropy = -float((near * near.clamp(min=1e-300).log()).sum())
            low, high = (middle, high) if np.exp(entropy) > perplexity else (low, middle)
        found.append(low)
    return torch.tensor(found)[:, None]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_points_have_places(n: int) -> None:
    found = tsne(np.random.default_rng(0).normal(size=(n, 3)))
    assert found.shape == (n, 2) and np.isfinite(found).all()


def test_points_all_alike_have_places() -> None:
    assert np.isfinite(tsne(np.ones((8, 3)))).all()
