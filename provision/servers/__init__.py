"""Database servers that we start ourselves, for the demo, tests, and `embedded:` sources and targets."""
