"""Value makers by family: names, addresses, phones, dates, numbers. A lossy mask is a maker fed by a keyed hash.

Makers take a `chance.Chance`, which has numbers for every row, and return one value for every row. Masks feed them
canonical values, fabricated tables feed them row numbers. Word lists are in ``words``.
"""
