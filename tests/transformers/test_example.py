"""The example of the Hugging Face Trainer runs as it stands."""

from tests.examples.test_short_examples import recommended, run


def test_the_example_finds_a_rate():
    output = run("examples/transformers_train.py", "--epochs", "10")
    assert 1e-5 <= recommended(output) <= 1
    assert "annealed from" in output
