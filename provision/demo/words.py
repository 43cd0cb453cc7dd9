"""Word lists of the made-up shop. Nobody in it exists: surnames are put together, mail domains end in ``.example``."""

from __future__ import annotations

FIRST_NAMES = tuple(
    """Ada Adrian Agnes Alma Amir Anouk Anton Arthur Astrid Aurel Bela Benedikt Bianca Björn Bruno Carla Cecilia Chloé
    Clara Cosima Damian Daria Dorothea Edith Elias Elif Emil Enno Erika Esra Ewa Fabian Fatima Felix Fiona Florian
    Franka Gesa Gregor Greta Hana Hannes Hedda Henrik Ida Ines Ingrid Irena Ivo Jannis Jasper Joana Jonna Joris Judith
    Kaja Karim Kiran Lara Leif Leonie Levin Lina Livia Loïc Lukas Maja Malin Marek Marta Matilda Mika Mira Moritz Nadia
    Naima Nils Noémi Nora Odile Olaf Oskar Paula Pia Quentin Rafael Ragna Renata Rosa Ruben Sanna Selma Silas Soraya
    Stella Sven Tabea Tamar Thea Tilda Timo Ulla Valentin Vera Viktor Wanda Xenia Yara Yusuf Zoë Zora""".split()  # noqa: SIM905  # a paragraph reads better than so many quotes
)
LAST_STARTS = tuple(
    """Alder Amber Ash Barley Birch Bram Bright Cinder Clear Copper Dapple Drift Elder Ember Fallow Fern Flint Gold
    Harrow Hazel Heather Iron Juniper Kestrel Lark Linden Marl Mead Oaken O'Quill Pebble Quince Raven Rowan Saffron
    Slate Sorrel Tawny Thistle Umber Velvet Willow Wren Yarrow""".split()  # noqa: SIM905  # a paragraph reads better than so many quotes
)
LAST_ENDS = tuple(
    """beck berg borough by combe dahl den feld ford garth gate grove ham hurst kamp ley lund mere moor nik quist
    rup shaw stad stern stow thwaite toft vik wick worth""".split()  # noqa: SIM905  # a paragraph reads better than so many quotes
)
MAIL_DOMAINS = tuple(f"{name}.example" for name in ("postbox", "lumomail", "inbox", "quickpost", "fernmail", "nimbus"))
COMPANY_MIDDLES = ("Trading", "Logistics", "Instruments", "Foods", "Textiles", "Analytics", "Timber", "Optics")
COMPANY_ENDS = ("GmbH", "Ltd", "SARL", "BV", "AB", "Inc")

COUNTRIES = (
    ("AT", "Austria", "EUR", True),
    ("BE", "Belgium", "EUR", True),
    ("CH", "Switzerland", "CHF", False),
    ("CZ", "Czechia", "CZK", True),
    ("DE", "Germany", "EUR", True),
    ("DK", "Denmark", "DKK", True),
    ("ES", "Spain", "EUR", True),
    ("FI", "Finland", "EUR", True),
    ("FR", "France", "EUR", True),
    ("GB", "United Kingdom", "GBP", False),
    ("IE", "Ireland", "EUR", True),
    ("IT", "Italy", "EUR", True),
    ("NL", "Netherlands", "EUR", True),
    ("NO", "Norway", "NOK", False),
    ("PL", "Poland", "PLN", True),
    ("PT", "Portugal", "EUR", True),
    ("SE", "Sweden", "SEK", True),
    ("US", "United States", "USD", False),
)
STREET_STARTS = ("Mill", "Station", "Orchard", "Harbour", "Chapel", "Meadow", "Quarry", "Abbey", "Weaver", "Lantern")
STREET_ENDS = ("Lane", "Road", "Row", "Walk", "Close", "Yard")
CITY_STARTS = ("North", "South", "Upper", "Lower", "Old", "New", "Great", "Little")
CITY_ENDS = ("haven", "bridge", "minster", "brook", "field", "marsh", "cliff", "mouth", "holm", "weir")

DEPARTMENTS = (
    "Management", "Purchasing", "Sales", "Support", "Warehouse", "Finance", "People", "Legal", "Marketing", "Web",
    "Data", "Facilities",
)  # fmt: skip
WAREHOUSES = (
    ("Rotterdam", "NL"),
    ("Hamburg", "DE"),
    ("Lyon", "FR"),
    ("Leeds", "GB"),
    ("Gdansk", "PL"),
    ("Malmo", "SE"),
)
ADJECTIVES = ("Quiet", "Sturdy", "Foldable", "Everyday", "Compact", "Woollen", "Enamel", "Solar", "Waxed", "Cordless")
MATERIALS = ("oak", "steel", "linen", "cork", "glass", "bamboo", "felt", "brass", "ceramic", "canvas")
THINGS = (
    "lamp", "kettle", "rucksack", "stool", "blanket", "notebook", "toolbox", "tent", "mug", "bicycle bell", "clock",
    "headset", "jacket", "planter", "knife set",
)  # fmt: skip
COLOURS = ("black", "moss", "sand", "rust", "sky", "plum")
TAGS = ("new", "sale", "outdoor", "kitchen", "gift", "recycled", "bestseller", "fragile", "limited", "2-year warranty")
INTERESTS = ("cycling", "cooking", "camping", "reading", "gardening", "music", "running", "film", "do it yourself")
SEGMENTS = ("retail", "wholesale", "public", "education")

COMPLAINTS = (
    "has not arrived yet",
    "arrived with a dent in the lid",
    "was charged twice",
    "shows the wrong delivery address",
    "needs an invoice with our VAT number",
    "should go back; where do I send it?",
)
OPINIONS = (
    "Does what it says.",
    "Heavier than it looks, but I would buy it again.",
    "The colour is nothing like the picture.",
    "A present for my sister, and she loves it.",
    "Broke after a week; the replacement is fine.",
)
REMARKS = ("Well explained.", "Could you show the other model too?", "Thanks, that helped!", "First.", "I disagree.")
