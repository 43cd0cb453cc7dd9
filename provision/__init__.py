"""Safe, small, realistic copies of production databases for development and test, described as code."""

__version__ = "0.1.0"
