"""How operators are defined, and what they refuse."""

from __future__ import annotations

import pytest
import torch

from din_core.kernels import operators
from din_core.kernels.operators import POINTER, SIZE, address, addresses, c_function, operator, optional_address, sizes


def test_an_operator_is_computed_on_a_cpu_known_by_its_shapes_and_differentiable():
    def keep(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])

    cube = operator(
        "test_cube(Tensor x) -> Tensor",
        lambda x: x**3,
        fake=torch.empty_like,
        backward=lambda ctx, grad: 3 * ctx.saved_tensors[0] ** 2 * grad,
        setup_context=keep,
    )
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    torch.library.opcheck(cube, (x,))
    cube(x).sum().backward()
    assert x.grad.tolist() == [3, 12]
    assert cube is torch.ops.din_lens.test_cube.default


@pytest.mark.parametrize(
    ("wrong", "error"),
    [(torch.zeros(2).double(), TypeError), (torch.zeros(2, 3).T, ValueError), (torch.zeros(2).long(), TypeError)],
    ids=["float64", "transposed", "int64"],
)
def test_what_the_c_code_would_misread_has_no_address(wrong, error):
    with pytest.raises(error, match="din_lens reads"):
        address(wrong)


def test_addresses_are_where_numbers_begin():
    x, rows = torch.zeros(4), torch.zeros(3, dtype=torch.int64)
    assert address(x[1:]) == x.data_ptr() + 4
    assert address(rows, torch.int64) == rows.data_ptr()
    assert optional_address(None) is None
    assert list(addresses(x, None)) == [x.data_ptr(), None]
    assert list(sizes(1 << 40, -1)) == [1 << 40, -1]


class Library:
    """A C library whose functions return 1."""

    def __init__(self) -> None:
        self.starved = type("Function", (), {"__call__": lambda *_: 1})()


def test_a_function_that_found_no_memory_is_a_memory_error(monkeypatch):
    library = Library()
    monkeypatch.setattr(operators, "load", lambda: library)
    with pytest.raises(MemoryError, match="din_lens::starved"):
        c_function("starved", POINTER, SIZE)(None, 1)
    assert library.starved.argtypes == (POINTER, SIZE)


def test_without_a_library_a_function_says_so(monkeypatch):
    monkeypatch.setattr(operators, "load", lambda: None)
    monkeypatch.setattr(operators, "status", lambda: "no compiled kernels: for this test")
    with pytest.raises(RuntimeError, match=r"din_lens::missing was called, but there are no compiled kernels: for"):
        c_function("missing")()
