"""``python -m lrsearch.cli`` is the command `lrsearch`."""

from lrsearch.cli import main

main()
