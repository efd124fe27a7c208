"""How much of a store a vocabulary knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from din_core.domain.coverage import FieldCoverage, HeldValues, Share, VocabularyCoverage
from din_core.model.vocabulary import ITEM_ID, FieldValues, FieldVocabulary, VectorItems, Vocabulary


def measure_coverage(vocabulary: Vocabulary, held: HeldValues) -> VocabularyCoverage:
    """What of `held` has an embedding row of its own.

    A model knows nothing of a store that holds none of its items. One that has no row for any single item, as all were
    rare in training, knows nothing where it knows no value of any item field either; numbers do not count there, as
    any number falls in a bucket.
    """
    single = {name: values for name, values in held.whole.items() if name not in vocabulary.several}
    vectors = {name: held.item[ITEM_ID] for name, own in vocabulary.item.items() if isinstance(own, VectorItems)}
    of_item = {**held.item, **single, **vectors}  # a vector is looked up by its item
    kinds = (
        ("item", vocabulary.item, of_item),
        ("user", vocabulary.user, held.user),
        ("context", vocabulary.context, held.context),
        *([] if held.behavior is None else [("behavior", vocabulary.behavior, held.behavior)]),
    )
    fields = tuple(
        FieldCoverage(kind, name, _known(own, values[name]) if name in values else None)
        for kind, fields, values in kinds
        for name, own in fields.items()
        if name != ITEM_ID or kind != "item"
    )
    ids = vocabulary.ids
    items = _known(ids, held.item[ITEM_ID])
    of_items = [
        _known(own, of_item[name])
        for name, own in vocabulary.item.items()
        if name != ITEM_ID and name in of_item and isinstance(own, FieldVocabulary)
    ]
    strange = not items.part and (bool(ids.values) or not any(share.part for share in of_items))
    return VocabularyCoverage(
        items=items,
        fields=fields,
        behaviors=_carried(ids, held.behaviors),
        impressions=_carried(ids, held.impressions),
        knows_nothing=bool(items.whole) and strange,
    )


def _known(own: FieldValues, values: Collection[str]) -> Share:
    return Share(sum(map(bool, own.rows_of(values))), len(values))


def _carried(ids: FieldVocabulary, rows: Mapping[str, int] | None) -> Share | None:
    if rows is None:
        return None
    return Share(sum(n for item_id, n in rows.items() if ids.row(item_id)), sum(rows.values()))
