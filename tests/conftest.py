"""What all tests need: an interrupt that interrupts, and programs that are no tests left alone."""

import signal

collect_ignore = ["cli/programs"]

# A test run in the background has its interrupts ignored, and so would the programs it starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
