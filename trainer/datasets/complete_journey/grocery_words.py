"""What the till's abbreviations stand for: words, beside the whole names in `phrases`, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

_FOLDER = Path(__file__).parent / "phrases"
PHRASES: dict[str, dict[str, str]] = {
    field: json.loads((_FOLDER / f"{field}.json").read_text("utf-8"))
    for field in ("product_type", "product_category", "department")
}
"""Raw column -> whole raw name -> text, where word by word would not read naturally; types by how often they are
bought."""

WORDS = {
    "ACC": "accessories", "ACCESS": "accessories", "ACCESSIORES": "accessories", "ACCSS": "accessories",
    "ASCEPTIC": "aseptic", "AUST": "Australian", "BEV": "beverages", "BG": "bags", "BKD": "baked",
    "BKFST": "breakfast", "BN": "beans", "BNDGES": "bandages", "BRD": "breaded", "BRKFST": "breakfast",
    "BTL": "bottle", "BTR": "butter", "BULK": "loose", "CARB": "carbonated", "CATFD": "cat food",
    "CHIX": "chicken", "CHOC": "chocolate", "CHOCOCLATE": "chocolate", "CIG": "cigarette",
    "CKE": "cake", "CKTLS": "cocktails", "CKYS": "cookies", "CLEANG": "cleaning", "CND": "canned",
    "CNDLES": "candles", "CNDY": "candy", "CNTRL": "control", "COCO": "cocoa", "COFF": "coffee",
    "CONC": "concentrate", "CONTAINR": "containers", "CRBNTD": "carbonated", "CRKR": "crackers",
    "CRMD": "creamed", "CRYSTL": "crystal", "DAN": "danish", "DECAFFINATED": "decaffeinated",
    "DEOD": "deodorant", "DIPILATORIES": "depilatories", "DISPOSIBLE": "disposable", "DNR": "dinner",
    "DNRS": "dinners", "DOGFD": "dog food", "DPS": "dips", "DRNK": "drink", "DRNKING": "drinking",
    "DRNKNG": "drinking", "DRNKS": "drinks", "DRSNG": "dressing", "DSH": "dishes",
    "ELECT": "electrical", "ELSTC": "elastic", "EXCP": "except", "FD": "food", "FDS": "foods",
    "FEM": "feminine", "FLAV": "flavored", "FLV": "flavored", "FLVR": "flavored", "FLVRD": "flavored",
    "FRD": "fried", "FRE": "fresh", "FRK": "fork", "FRZ": "frozen", "FRZN": "frozen",
    "FS": "French style", "GDS": "goods", "GNG": "ginger", "GNGR": "ginger", "GRND": "ground",
    "HBC": "health & beauty care", "HORSER": "horseradish", "HYDROCORTIZONE": "hydrocortisone",
    "HYGN": "hygiene", "INCL": "including", "INSTORE": "in-store", "IWS": "individually wrapped",
    "JARSLIDSUTENSILSMIS": "jars, lids & utensils", "JCE": "juice", "JHOOK": "J-hook",
    "LINAMENTS": "liniments", "LIQ": "liquid", "LIQS": "liquids", "LSS": "less", "LTR": "lighter",
    "LOZNG": "lozenges", "MACH": "machine", "MARIN": "marinades", "MARINAD": "marinades",
    "MEMORABLILIA": "memorabilia", "MERCH": "merchandise", "MINWTR": "mineral water",
    "MISC": "miscellaneous", "MIXS": "mixes", "MLK": "milk", "MLT": "multi", "MNERAL": "mineral",
    "MNRL": "mineral", "MULT": "multi", "MW": "microwave", "MX": "mix", "MXS": "mixes",
    "NAVELS": "navel", "OTH": "other", "OTYHER": "other", "PAC": "pack", "PCKGD": "packaged",
    "PICAN": "picante", "PICKLD": "pickled", "PICKLS": "pickles", "PK": "pack", "PKG": "packed",
    "PKGD": "packaged", "PKLD": "pickled", "PLSTC": "plastic", "PNCH": "punch", "PNT": "peanut",
    "PORTON": "portions", "POTCOVERS": "pot covers", "PPK": "prepacked", "PREM": "premium",
    "PREP": "prepared", "PREPACK": "packed", "PREPORTND": "portioned", "PRESLC": "presliced",
    "PRESLCD": "presliced", "PRODUC": "products", "PROMO": "promotional", "PROTIEN": "protein",
    "PRPCK": "packed", "PRSLC": "presliced", "PWDR": "powdered", "PWDRS": "powders",
    "RANIER": "Rainier", "REFIGERATED": "refrigerated", "REFRGRATD": "refrigerated",
    "REFRIG": "refrigerated", "REG": "regular", "RETL": "retail", "RTD": "ready to drink",
    "RTS": "ready to serve", "RW": "random weight", "SAL": "salads", "SALD": "salad",
    "SANDWIC": "sandwiches", "SAUS": "sausage", "SECT": "sections", "SFT": "soft", "SGL": "single",
    "SHERBTS": "sherbet", "SHLFSH": "shellfish", "SLD": "salad", "SNDWCH": "sandwich", "SNGL": "single",
    "SNKS": "snacks", "SPECILATY": "specialty", "SPLY": "supplies", "SPRD": "spreads", "SRV": "serve",
    "SS": "single serve", "STK": "stick", "SUBS": "substitutes", "SUP": "super",
    "SUPPPLIES": "supplies", "SUPRT": "supports", "SV": "serve", "SW": "sweet",
    "SWEETNERS": "sweeteners", "SWT": "sweet", "SYRP": "syrup", "THN": "than", "TISS": "tissues",
    "TORT": "tortilla", "TRSH": "trash", "VAC": "vacuum", "VEG": "vegetables", "VEND": "vending",
    "W": "with", "WHL": "whole", "WHLSM": "wholesome", "WHS": "warehouse", "WHT": "white",
    "WORCHESTER": "Worcestershire", "WT": "weight", "WTR": "water", "XMAS": "Christmas",
    "XPCTRNT": "expectorant",
}  # fmt: skip
"""One raw word -> what it stands for."""

NAMES = {
    "Almay", "America", "American", "Angus", "Anjou", "Asian", "August", "Aunt", "Australian",
    "Bartlett", "BBQ", "Bosc", "Braeburn", "Brazil", "California", "Canadian", "Chile", "Chilean",
    "Christmas", "Cornish", "Covergirl", "Delicious", "Dijon", "Dolly", "DVD", "DXM", "Easter",
    "English", "Florida", "French", "Fuji", "Gala", "German", "Granny", "Greek", "Halloween", "Hansen",
    "Hanukkah", "Hispanic", "Indian", "Irish", "Italian", "Jamaican", "Japanese", "Jewish", "July",
    "Kosher", "Loreal", "Maybelline", "Mexican", "Mother's", "NFL", "NZ", "OJ", "Polish", "PSE", "QSR",
    "Rainier", "Revlon", "Roma", "Sally", "Smith", "Spanish", "SPF", "Swiss", "Texas", "Thai", "TV",
    "Valentine", "Vienna", "Worcestershire", "Yukon",
}  # fmt: skip
"""Words that keep their capitals."""

PRODUCE = {
    "ALMONDS", "APPLES", "BROCCOLI", "CABBAGE", "CANTALOUPE", "CARROTS", "CAULIFLOWER", "CHERRIES",
    "CORN", "GRAPES", "HERBS", "MELONS", "MUSHROOMS", "NECTARINES", "NUTS", "ONIONS", "ORANGES",
    "PEACHES", "PEARS", "PEAS", "PEPPERS", "PLUMS", "POTATOES", "SPINACH", "SQUASH", "TANGERINES",
    "TEA", "TOMATOES", "WATERMELON",
}  # fmt: skip
"""Nouns that the till puts first: "ONIONS SWEET" reads "Sweet onions"."""

VAGUE = {
    "ADULT", "ALL OTHER", "ANGUS", "BETTER FOR YOU", "BRUSHES", "BUTTS", "CHOICE", "DECOR", "DRY",
    "ECONOMY", "ENHANCED", "ENTREES", "FLAVORED/OTHER", "FRESH", "FROZEN", "IMPORTED", "INTERNAL",
    "LEAN", "LOIN", "MAINSTREAM", "MEAT INCLUDED", "MICROWAVABLE CUPS", "MICROWAVE", "MISCELLANEOUS",
    "NATURAL", "OTHER", "PANTRY", "PATTIES", "POULTRY", "PRE-COOKED", "PREMIUM", "PRIMAL", "RED",
    "REGULAR", "RIBS", "SEASONAL", "SELECT", "SHOULDER", "SMOKED/COOKED", "SPECIALTY", "STANDARD",
    "TRADITIONAL", "TREATS", "VALUE", "VARIETY PACK", "WHITE",
}  # fmt: skip
"""Types that say nothing without their category: a title puts the category in front."""
