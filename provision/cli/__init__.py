"""The command line: one file for each command, each parses, makes one call and renders."""
