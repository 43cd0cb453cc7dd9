"""The files that users write: read with positions, checked all at once, written back, described as JSON Schemas."""
