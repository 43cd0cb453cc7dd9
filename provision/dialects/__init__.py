"""Databases that rows come from and go to, one package for each; the only place where their SQL is written."""
