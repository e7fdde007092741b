"""What all tests need: an interrupt that interrupts, and programs that are no tests left alone."""

import signal
from importlib.util import find_spec

collect_ignore = ["cli/programs", "release"]  # `nox -s release` runs what is in there
collect_ignore += [
    path
    for path, needed in (
        ("site", "sphinx"),
        ("notebook", "nbclient"),
        ("benchmarks/ray_schedulers.py", "ray"),
    )
    if find_spec(needed) is None
]

# A test run in the background has its interrupts ignored, and so would the programs it starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
