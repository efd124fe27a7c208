"""An installed package as Python finds it: metadata and entry points in a folder of its path."""

from __future__ import annotations

from pathlib import Path

import pytest

MODELS = {
    "bst": "tests.external.behavior_transformer:BehaviorTransformer",
    "rechub-bst": "tests.external.rechub_transformer:RechubTransformer",
    "plain": "tests.external.modules:PlainAttention",
    "nan": "tests.external.modules:GivesNan",
    "logits": "tests.external.modules:OneLogitTooMany",
    "weights": "tests.external.modules:OneWeightTooFew",
    "alone": "tests.external.modules:LogitsAlone",
    "raises": "tests.external.modules:Raises",
    "padding": "tests.external.modules:ReadsPadding",
    "unbuilt": "tests.external.modules:CannotBeBuilt",
    "number": "tests.external.modules:no_module",
    "nowhere": "tests.external.no_such_file:Model",
}


def install(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the package on the path; removing the folder that is returned takes it away."""
    info = site / "shop_models-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-models\nVersion: 1.0\n", "utf-8")
    lines = "".join(f"{name} = {place}\n" for name, place in MODELS.items())
    (info / "entry_points.txt").write_text(f"[din_lens.models]\n{lines}", "utf-8")
    monkeypatch.syspath_prepend(str(site))
    return info
