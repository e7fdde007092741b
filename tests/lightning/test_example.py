"""The example of Lightning runs as it stands."""

from tests.examples.test_short_examples import recommended, run


def test_the_example_finds_a_rate():
    output = run("examples/lightning_fit.py", "--epochs", "20")
    assert 1e-4 <= recommended(output) <= 1
    assert "annealed from" in output
