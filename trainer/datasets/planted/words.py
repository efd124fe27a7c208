"""The planted world's goods, in words that a reader understands."""

from __future__ import annotations

from typing import NamedTuple


class Interest(NamedTuple):
    """Behaviors in the two causing categories make clicks on the wanted one likelier."""

    department: str
    wanted: str
    """Category of the candidates."""
    causes: tuple[str, str]
    """Categories of behaviors that cause clicks on it."""
    beside: str
    """A category of the same department that causes nothing: the near distractor."""


INTERESTS = (
    Interest("Computers", "Keyboard", ("Mouse", "Monitor"), "Printer paper"),
    Interest("Winter wear", "Women's winter coat", ("Women's wool scarf", "Women's gloves"), "Men's boots"),
    Interest("Clothes", "T-shirt", ("Jeans", "Summer dress"), "Work trousers"),
    Interest("Phones", "Phone", ("Phone case", "Headphones"), "Batteries"),
    Interest("Outdoors", "Tent", ("Sleeping bag", "Camping stove"), "Garden chair"),
    Interest("Kitchen", "Espresso machine", ("Coffee beans", "Coffee mug"), "Tea towel"),
    Interest("Pets", "Dog bed", ("Dog food", "Dog leash"), "Cat litter"),
    Interest("Cycling", "Bicycle", ("Bicycle helmet", "Bicycle lock"), "Skateboard"),
    Interest("Music", "Guitar", ("Guitar strings", "Guitar strap"), "Piano stool"),
    Interest("Baby", "Pushchair", ("Nappies", "Baby bottle"), "Birthday card"),
    Interest("Photography", "Camera", ("Tripod", "Memory card"), "Picture frame"),
    Interest("Sport", "Yoga mat", ("Leggings", "Foam roller"), "Dumbbell"),
)
FAR = (
    ("Beauty", "Lipstick"),
    ("Beauty", "Face cream"),
    ("Books", "Crime novel"),
    ("Groceries", "Pasta"),
    ("Groceries", "Chocolate"),
    ("Household", "Detergent"),
    ("Household", "Candle"),
    ("Toys", "Jigsaw puzzle"),
)
"""Department and category of the far distractors."""
BRANDS = ("Alder", "Fjord", "Harbour", "Juniper", "Kestrel", "Marlow", "Nimbus", "Northside", "Solace", "Tandem")
"""Each category has one item a brand; no shopper cares about brands."""
AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
