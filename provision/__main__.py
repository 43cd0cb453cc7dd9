"""``python -m provision`` is the command ``provision``."""

from provision.cli.app import main

main()
