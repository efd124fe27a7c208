"""A GRU and its kin in plain NumPy float64, after the equations of the DIEN paper (arXiv:1809.03672)."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gates(weights):
    """torch's (3D, D) stacks as the paper's: W, U and both biases of reset, update and new state.

    torch's second gate keeps the state where the paper's update gate replaces it: u = 1 − z has −W and −U.
    """
    w, u, b, c = (np.split(part.detach().numpy(), 3) for part in weights)
    for part in (w, u, b, c):
        part[1] = -part[1]
    return [tuple(part[gate] for part in (w, u, b, c)) for gate in range(3)]


def numpy_gru(weights, x, h, kind="gru", a=1.0):
    """One step of equations 2 to 5 (GRU), 10 (AIGRU), 12 (AGRU), or 13 and 14 (AUGRU)."""
    (w_r, u_r, b_r, c_r), (w_u, u_u, b_u, c_u), (w_h, u_h, b_h, c_h) = gates(weights)
    if kind == "aigru":
        x = a * x
    u = sigmoid(w_u @ x + b_u + u_u @ h + c_u)
    r = sigmoid(w_r @ x + b_r + u_r @ h + c_r)
    new = np.tanh(w_h @ x + b_h + r * (u_h @ h + c_h))
    u = {"agru": a, "augru": a * u}.get(kind, u)
    return (1 - u) * h + u * new


def weights_of(cell, suffix=""):
    return [getattr(cell, f"{name}{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
