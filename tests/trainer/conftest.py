"""Small tables that tests of writing and of the demo share."""

from __future__ import annotations

import pandas as pd
import pytest

from trainer.datasets.four_tables import Tables


@pytest.fixture
def tables() -> Tables:
    """Users a and b, b unknown but for its purchases; item 4 is nobody's, item 3 only b's."""
    return Tables(
        items=pd.DataFrame({"item_id": list("1234"), "title": ["One", "Two", "Three", None]}),
        users=pd.DataFrame({"user_id": ["a", "b"], "age": ["65+", None], "income": [None, None]}),
        behaviors=pd.DataFrame(
            {
                "user_id": list("aabb"),
                "item_id": list("1132"),
                "timestamp": [5, 9, 2, 4],
                "quantity": [1, 2, 1, 1],
            }
        ),
        impressions=pd.DataFrame(
            {
                "user_id": list("aab"),
                "item_id": list("232"),
                "timestamp": [10, 7, 10],
                "label": [1, 0, 1],
                "split": ["test", "train", "test"],
            }
        ),
    )
