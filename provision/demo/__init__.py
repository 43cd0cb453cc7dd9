"""The tour: a made-up shop in "production", and its safe, small copy."""
