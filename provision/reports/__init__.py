"""How runs and their results are shown: the terminal, JSON; each renders data that stages made."""
