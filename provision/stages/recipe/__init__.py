"""The files that users write: read with positions, checked all at once, written back, described as JSON Schemas.

Shapes (``shapes``, ``fields`` and one module for each part of the language) are the one definition behind reading and
JSON Schema. Offline: nothing here opens a database.
"""

from __future__ import annotations
