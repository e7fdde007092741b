"""The paper's table 6 measured side by side: ``python -m tests.benchmarks.compare``."""
