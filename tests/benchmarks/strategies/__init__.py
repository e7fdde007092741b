"""The yardstick: strategies played against learning-curve tables.

``python -m tests.benchmarks.strategies [FOLDER] --out DIR`` prints regret against budget, and
writes every task's to a file and a plot. Without a folder it plays the tables that lie in `curves`.
"""
