"""Raw grocery names -> text a person reads: sentence case, abbreviations written out, sizes normalised."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from trainer.datasets.complete_journey.grocery_words import NAMES, PHRASES, PRODUCE, VAGUE, WORDS

_NAMES = {name.upper(): name for name in NAMES}
_WORD = re.compile(r"[A-Z0-9'%.]+")

_UNITS = {
    "oz": "OZ|OZS|ONZ|Z", "fl oz": "FL OZ|FLOZ", "lb": "LB|LBS", "gal": "GA|GAL|GALON|GL", "ct": "CT|CNT",
    "pack": "PK|PKS|PACK", "L": "L|LT|LTR|LITER", "ml": "ML", "qt": "QT", "pt": "PT", "dozen": "DZ|DOZ",
    "sq ft": "SQ FT|SQFT|SF", "ft": "FT", "in": "IN", "yd": "YD|YDS", "loads": "LOAD|LOADS|LD|LDS",
    "pieces": "PC|PCS", "g": "G|GM|GR|GRAM", "kg": "KG", "mg": "MG", "cm": "CM", "mm": "MM",
    "sheets": "SHEET|SHEETS|SHT", "stems": "STEM|STEMS", "rolls": "ROLL|ROLLS|RL", "cups": "CUP|CUPS",
    "pair": "PAIR|PR",
}  # fmt: skip
_UNIT = {raw: unit for unit, raws in _UNITS.items() for raw in raws.split("|")}
_WHOLE_UNITS = {"gal", "pt", "qt", "dozen", "pair"}  # "PT" alone means one pint; "PK" alone means nothing
_PLURALS = {"loads", "pieces", "sheets", "stems", "rolls", "cups"}
_NUMBER = r"(?:(?:\d+ )?(?:1/2|[13]/4|[1357]/8)|\d*\.\d+|\d+)"
_UNIT_PATTERN = "|".join(sorted(map(re.escape, _UNIT), key=len, reverse=True))
_AMOUNT = re.compile(rf"({_NUMBER})(?: ?(-|/) ?({_NUMBER}))? ?({_UNIT_PATTERN})")
_AMOUNT_AND_WORDS = re.compile(rf"{_AMOUNT.pattern}(?:(?: [A-Z]+|\.|\*){{0,2}})")  # "64 OZ PET", "16 OZS."
_MARKS = re.compile(r"^(?:[LNR] (?=[\d.])|\(\d+\) ?|\d{5,6} )|\([^)]*\)$")  # vendors' marks and remarks
_BY_WEIGHT = {"PRODUCE", "MEAT", "SEAFOOD", "DELI", "PASTRY", "FLORAL", "SALAD BAR"}
_CASE_POUNDS, _CASE_COUNT = 10, 12


def pretty(raw: str, field: str = "product_type") -> str:
    """One raw name in sentence case with its abbreviations written out; `field` is its raw column.

    >>> pretty("BREAD:SAVORY/SPECIALTY"), pretty("FRZN BISCUITS"), pretty("EGGS - JUMBO")
    ('Specialty bread', 'Frozen biscuits', 'Eggs, jumbo')
    """
    if raw in PHRASES[field]:
        return PHRASES[field][raw]
    text = re.sub(r" *\(BULK[&/][A-Z]*\)?", "", raw)  # a produce label, on loose and bagged goods alike
    text = re.sub(r" *\(42 UNDER.*", ", UNDER 42 PROOF", text)
    text = re.sub(r" *\(50% AND U.*", ", UP TO 50% JUICE", text)
    text = re.sub(r" *\([^)]*$", "", text) or raw  # the field ends after 30 characters: a bracket left open
    if field == "product_category" and text.count("/") == 1:
        text = text.replace("/", " & ")
    noun, _, kind = text.partition(" ")
    if noun in PRODUCE and re.fullmatch(r"[A-Z ]+", kind):
        text = f"{kind.removesuffix(' ALL')} {noun}"
    return _sentence(text)


def _sentence(text: str) -> str:
    text = text.replace("SEAFOOD-FRZ-", "FROZEN SEAFOOD, ").replace("SEAFOOD-FRE-", "FRESH SEAFOOD, ")
    text = text.replace("SEAFOOD-MISC-", "SEAFOOD, ").replace("-MAGAZINE", " MAGAZINE").replace("W/", "WITH ")
    text = re.sub(r"\b(MEN|WOMEN|CHILDREN|LADIE) S\b", r"\1'S", text)
    text = re.sub(r" *[:;] *| +-+ *|-+ +", ", ", text)
    text = re.sub(r" *& *", " & ", text)
    text = re.sub(r"(\w)\(", r"\1 (", text)
    text = _WORD.sub(lambda m: _word(m.group()), text)
    text = re.sub(r"\s+", " ", text).strip(" ,-/&.")
    return text[:1].upper() + text[1:]


def _word(raw: str) -> str:
    bare = raw.rstrip(".")
    return WORDS.get(bare) or _NAMES.get(bare) or bare.lower()


def pretty_values(raws: Iterable[str], field: str) -> dict[str, str]:
    """Raw value -> text, for all values of one raw column. Distinct raw values keep distinct texts.

    Where two would be equal but for capitals, the text belongs to the raw value that says just that, then
    to the first in the alphabet; the other keeps what was cut away, and if that is not enough gets a
    number.
    """

    def claim(raw: str) -> tuple[bool, bool, str]:
        return raw not in PHRASES[field], pretty(raw, field).upper() != raw, raw

    taken: set[str] = set()
    result = {}
    for raw in sorted(set(raws), key=claim):
        text = pretty(raw, field)
        if text.lower() in taken:
            text = _sentence(raw + ")" * (raw.count("(") - raw.count(")")))
        base, number = text, 2
        while text.lower() in taken:
            text, number = f"{base} ({number})", number + 1
        taken.add(text.lower())
        result[raw] = text
    return result


def size(raw: str | None, department: str | None = None) -> str | None:
    """A package size, or None where the raw one says nothing.

    In departments that sell by weight, more than 10 lb is the shipping case and not the package: dropped, and
    so are a dozen or more pieces of produce.

    >>> size("6 OZ"), size("L    16 OZ"), size("12 PK/12 OZ"), size("10/6.75 OZ"), size("974246  PK")
    ('6 oz', '16 oz', '12 pack, 12 oz', '10 × 6.75 oz', None)
    """
    if raw is None:
        return None
    text = re.sub(r"\s+", " ", raw.upper()).strip()
    text = _MARKS.sub("", text).strip()
    text = re.sub(r"(?<=\d) O$", " OZ", text)  # the field ends after 12 characters
    text = re.sub(r"(?<=[A-Z])(?: | ?/ ?)(?=[\d.])", "|", text)
    amounts = [_amount(part) for part in text.split("|")]
    parts = [amount for amount in amounts if amount is not None]
    if len(parts) < len(amounts) or _is_shipping_case(parts[0], department):
        return None
    parts.sort(key=lambda amount: not amount.endswith("pack"))  # "12 pack, 12 oz", however it was written
    return ", ".join(parts)


def _is_shipping_case(amount: str, department: str | None) -> bool:
    number, _, unit = amount.partition(" ")
    upper = number.split("-")[-1]
    if department not in _BY_WEIGHT or not upper.replace(".", "").isdigit():
        return False
    return (unit == "lb" and float(upper) > _CASE_POUNDS) or (
        unit == "ct" and department == "PRODUCE" and float(upper) >= _CASE_COUNT
    )


def _amount(text: str) -> str | None:
    if _UNIT.get(text) in _WHOLE_UNITS:
        return f"1 {_UNIT[text]}"
    match = _AMOUNT_AND_WORDS.fullmatch(text)
    if match is None:
        return None
    first, sign, second, unit = match[1], match[2], match[3], _UNIT[match[4]]
    if second is None:
        number = _number(first)
        return f"{number} {unit.removesuffix('s') if number == '1' and unit in _PLURALS else unit}"
    if sign == "-" and unit not in ("oz", "fl oz"):  # "14-18 CT" is a range, "6-3.5 OZ" six of them
        return f"{_number(first)}-{_number(second)} {unit}"
    return f"{_number(first)} × {_number(second)} {unit}"


def _number(text: str) -> str:
    return text if "/" in text else f"{float(text):.10g}"


def titles(products: pd.DataFrame) -> list[str]:
    """`type · size · brand` of each raw product row; the category stands in for a missing type.

    Types that say nothing alone ("PREMIUM") have their category in front ("Ice cream & sherbet, premium").
    """
    columns = ["product_type", "product_category", "department"]
    texts = {column: pretty_values(products[column].dropna().unique(), column) for column in columns}
    raw = products[[*columns, "package_size", "brand"]].astype(object)
    result = []
    for kind, category, department, package, brand in raw.where(raw.notna(), None).itertuples(index=False, name=None):
        name = texts["product_type"].get(kind)
        family = texts["product_category"].get(category)
        if name and family and kind in VAGUE:
            name = f"{family}, {name if name in NAMES else name.lower()}"
        name = name or family or texts["department"].get(department)
        result.append(" · ".join(part for part in (name, size(package, department), brand) if part))
    return result
