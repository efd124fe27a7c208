from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.datasets.complete_journey.readable_titles import pretty, pretty_values, size, titles


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("FLUID MILK WHITE ONLY", "White milk"),
        ("SOFT DRINKS 12/18&15PK CAN CAR", "Soft drinks, 12-18 cans"),
        ("YOGURT NOT MULTI-PACKS", "Yogurt"),
        ("BREAD:ITALIAN/FRENCH", "Italian & French bread"),
        ("ICE - CRUSHED/CUBED", "Ice, crushed or cubed"),
        ("FRZN BISCUITS", "Frozen biscuits"),
        ("BBQ SAUCE", "BBQ sauce"),
        ("EGGS - JUMBO", "Eggs, jumbo"),
        ("APPLES GRANNY SMITH (BULK&BAG)", "Granny Smith apples"),
        ("APPLES GOLD DELICIOUS (BULK&BA", "Gold Delicious apples"),
        ("ONIONS SWEET (BULK&BAG)", "Sweet onions"),
        ("PEAS GREEN", "Green peas"),
        ("SNACKS: SALTY", "Snacks, salty"),
        ("DIPS (NON-REFRIGERATED)", "Dips (non-refrigerated)"),
        ("TABLOIDS-MAGAZINE", "Tabloids magazine"),
        ("SANDWICHES&HANDHELDS", "Sandwiches & handhelds"),
        ("BOURBON/TN WHISKEY (42 UNDER P", "Bourbon/tn whiskey, under 42 proof"),
        ("MISC. FIRST AID PRODUCTS", "Miscellaneous first aid products"),
    ],
)
def test_types_read_naturally(raw: str, text: str) -> None:
    assert pretty(raw) == text


@pytest.mark.parametrize(
    ("field", "raw", "text"),
    [
        ("product_category", "YOGURT", "Yogurt"),
        ("product_category", "FRZN MEAT/MEAT DINNERS", "Frozen meat & dinners"),
        ("product_category", "BEERS/ALES", "Beers & ales"),
        ("product_category", "PEPPERS-ALL", "Peppers"),
        ("department", "DRUG GM", "Drugstore & general merchandise"),
        ("department", "PHOTO & VIDEO", "Photo & video"),
    ],
)
def test_categories_and_departments_read_naturally(field: str, raw: str, text: str) -> None:
    assert pretty(raw, field) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("6 OZ", "6 oz"),
        ("14.0 OZ", "14 oz"),
        (".75 OZ", "0.75 oz"),
        ("8 1/2 OZ", "8 1/2 oz"),
        ("3/4 OZ", "3/4 oz"),
        ("L    16 OZ", "16 oz"),
        ("22515 32 OZ", "32 oz"),
        ("16 OZS.", "16 oz"),
        ("64 OZ PET", "64 oz"),
        ("300 CT(1)", "300 ct"),
        ("4 PK/10.75 O", "4 pack, 10.75 oz"),
        ("12 PK/12 OZ", "12 pack, 12 oz"),
        ("12 OZ/12 PK", "12 pack, 12 oz"),
        ("6 PK 8 OZ", "6 pack, 8 oz"),
        ("10/6.75 OZ", "10 × 6.75 oz"),
        ("6-3.5 OZ", "6 × 3.5 oz"),
        ("48-54 CT", "48-54 ct"),
        ("10.4 OZ/8 CT", "10.4 oz, 8 ct"),
        ("1 GA", "1 gal"),
        ("GAL", "1 gal"),
        ("PT", "1 pt"),
        ("DZ", "1 dozen"),
        ("2 L BTL", "2 L"),
        ("1 LOAD", "1 load"),
        ("83.5 SQ FT", "83.5 sq ft"),
        ("974246  PK", None),
        ("CTN", None),
        ("PK", None),
        ("OZ", None),
        ("LARGE", None),
        ("", None),
        (None, None),
    ],
)
def test_sizes_are_normalised_and_junk_is_dropped(raw: str | None, text: str | None) -> None:
    assert size(raw) == text


@pytest.mark.parametrize(
    ("raw", "department", "text"),
    [
        ("40 LB", "PRODUCE", None),
        ("10 LB", "PRODUCE", "10 lb"),
        ("40 LB", "GROCERY", "40 lb"),
        ("48-54 CT", "PRODUCE", None),
        ("48 CT", "GROCERY", "48 ct"),
        ("1 PT", "PRODUCE", "1 pt"),
    ],
)
def test_a_shipping_case_is_not_a_package_size(raw: str, department: str, text: str | None) -> None:
    assert size(raw, department) == text


def test_titles_say_type_size_and_brand_and_fall_back_to_the_category() -> None:
    rows = [
        ("YOGURT NOT MULTI-PACKS", "YOGURT", "GROCERY", "6 OZ", "National"),
        ("PREMIUM", "ICE CREAM/MILK/SHERBTS", "GROCERY", "56 OZ", "Private"),
        ("ANGUS", "BEEF", "MEAT", None, "National"),
        (None, "BREAD", "PASTRY", "CTN", "Private"),
        (None, None, "DRUG GM", None, None),
    ]
    columns = ["product_type", "product_category", "department", "package_size", "brand"]
    assert titles(pd.DataFrame(rows, columns=columns)) == [
        "Yogurt · 6 oz · National",
        "Ice cream & sherbet, premium · 56 oz · Private",
        "Beef, Angus · National",
        "Bread · Private",
        "Drugstore & general merchandise",
    ]


def test_what_was_cut_away_comes_back_where_two_values_would_read_the_same() -> None:
    assert pretty_values(["ONIONS RED (BULK&BAG)", "ONIONS RED"], "product_type") == {
        "ONIONS RED": "Red onions",
        "ONIONS RED (BULK&BAG)": "Onions red (loose & bag)",
    }


@given(
    st.lists(
        st.text("AB &/-:(). 2", min_size=1, max_size=8) | st.sampled_from(["MISC", "MISCELLANEOUS", "PROMO"]),
        unique=True,
        max_size=30,
    )
)
def test_distinct_raw_values_stay_distinct_whatever_they_are(raws: list[str]) -> None:
    texts = pretty_values(raws, "product_type")
    assert set(texts) == set(raws)
    assert len({text.lower() for text in texts.values()}) == len(raws)


@given(st.text("0123456789./- ABCGLOPTZKXQ()", max_size=14))
def test_any_size_text_is_answered(raw: str) -> None:
    answer = size(raw)
    assert answer is None or answer[0].isdigit()
