"""Timing things that are compared."""

from trainer.bench.timing import alternate


def test_what_is_compared_takes_turns_and_the_first_is_not_counted():
    order = []
    spent = alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3)
    assert "".join(order) == "abababab"
    assert [len(spent["a"]), len(spent["b"])] == [3, 3]
