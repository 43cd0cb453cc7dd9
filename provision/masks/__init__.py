"""Masks: one file each, a pure function with a decorator that says what it accepts, keeps and refuses."""
