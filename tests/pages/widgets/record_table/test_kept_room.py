"""A table of records keeps the room of the rows that it has, and of those that are on the way."""

from __future__ import annotations

from dataclasses import replace

from din_core.pages.widgets.record_table.columns import RecordColumn
from din_core.pages.widgets.record_table.record_table import MORE_HEIGHT, ROW_HEIGHT, Records, room_of

THREE = Records("Items", [RecordColumn("item", "Item", ["a", "b", "c"])], 3)


def test_rows_on_the_way_have_their_room_before_they_come() -> None:
    assert room_of(replace(THREE, total=5, expected=5), 100) - room_of(THREE, 100) == 2 * ROW_HEIGHT
    assert room_of(replace(THREE, expected=1), 100) == room_of(THREE, 100)


def test_where_there_are_more_rows_their_button_has_room_and_in_a_box_rows_are_scrolled_to() -> None:
    assert room_of(replace(THREE, total=9), 100) - room_of(THREE, 100) == MORE_HEIGHT
    assert room_of(THREE, 2) - room_of(THREE, 1) == ROW_HEIGHT
