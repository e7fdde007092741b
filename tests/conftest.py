"""What pytest does not collect here: programs that tests start, and sessions of their own."""

collect_ignore = ["programs", "optuna/workers_on_postgresql.py"]
