"""The learning-curve tables that the benchmark ships, and the programs that made them.

`digits_mlp` is a network in NumPy. `train` makes the other ten: `networks` are their models, `data`
what they learn, `tasks` puts both together.
"""
