"""Everything that can be run here, each in an environment of its own: ``nox -l`` lists it."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import nox

nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True

TESTING = ["pytest", "pytest-benchmark", "pytest-xdist", "hypothesis", "selenium", "pandas",
           "tensorboard", "sybil"]  # fmt: skip
NOTEBOOK = ["jupytext", "nbclient", "ipykernel"]
SIDE_BY_SIDE = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
TORCH = "torch==2.13.0"  # the version that the examples are tested with
DEBIAN_IMAGES = Path("/usr/share/datasets/fashion-mnist")
PEERS = {  # of bench-strategies, each in an environment of its own
    "NePS": ["neural-pipeline-search", TORCH],
    "Syne Tune": ["syne-tune", "huggingface_hub"],
    "KerasTuner": ["keras-tuner", "jax", "six"],
}
PYTHONS = ("3.11", "3.12", "3.13")
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
LOWEST = {
    "plot": (["tests/results/test_png.py", "tests/results/test_charts.py"], {}),
    "cli": (["tests/cli/test_commands.py", "tests/cli/test_options.py"], {}),
    "sklearn": (["tests/sklearn/test_search_cv.py", "tests/sklearn/test_racing.py"], {}),
    "optuna": ([f"tests/optuna/test_{it}.py" for it in ("digit_sampler", "race_pruner")], {}),
    "tensorflow": (["tests/keras/test_fit.py", "tests/keras/test_resume.py"], {}),
    "jax": (["tests/keras/test_fit.py"], {"KERAS_BACKEND": "jax"}),
    "torch": (["tests/torch/test_explorer.py", "tests/torch/test_resume.py"], {}),
    "lightning": (["tests/lightning"], {}),
    "transformers": (["tests/transformers"], {"HF_HUB_OFFLINE": "1"}),
    "ray": (["tests/ray/test_searcher.py"], {}),
}
"""Tests that an extra's lowest versions have to pass, and the variables that they need."""


@nox.session
def tests(session):
    """All tests, the examples at their smallest size among them."""
    session.install(
        "-e", ".[examples,jax,torch,optuna,cli]", TORCH, "optax", "flax", *TESTING, *NOTEBOOK
    )
    session.run("pytest", *SIDE_BY_SIDE, *session.posargs, env=QUIET)


@nox.session
def demo(session):
    """The paper's task on real images where they can be had, in some minutes."""
    session.install("-e", ".[examples,cli]")
    _fetch_images(session)
    session.run("python", "-m", "examples.fashion_mnist_vae", *session.posargs, env=QUIET)


@nox.session
def bench(session):
    """Benchmarks: costs, and ratios measured side by side."""
    session.install("-e", ".[examples,jax,torch,optuna,cli]", TORCH, *TESTING)
    session.run("pytest", "tests/benchmarks", "--benchmark-only", "-s", *session.posargs, env=QUIET)


@nox.session
@nox.parametrize("backend", ["tensorflow", "jax", "torch"])
def backends(session, backend):
    """The Keras tests on each backend."""
    session.install("-e", ".[examples,jax,torch,optuna,cli]", TORCH, *TESTING)
    session.run(
        "pytest", *SIDE_BY_SIDE, "tests/keras", "adapters/lrsearch_keras", "docs/keras.md",
        *session.posargs,
        env=QUIET | {"KERAS_BACKEND": backend},
    )  # fmt: skip


@nox.session
def compare(session):
    """Ways to set a rate, five tasks and the paper's table 6, in minutes; ``-- --medium``: all."""
    session.install("-e", ".[examples,jax,optuna,plot]", "optax")
    _fetch_images(session)
    for module in ("five_tasks", ""):
        session.run(
            "python", "-m", f"tests.benchmarks.compare.{module}".rstrip("."),
            "--out", "runs/compare", *session.posargs,
            env=QUIET | {"KERAS_BACKEND": "jax"},
        )  # fmt: skip


@nox.session
def optuna(session):
    """Optuna's contract tests, and processes that share a study on a PostgreSQL of our own."""
    session.install("-e", ".[optuna]", "psycopg2-binary", "scipy", TORCH, *TESTING)
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        _install_debian(session, "postgresql")
    session.run(
        "pytest", "tests/optuna", "adapters/lrsearch_optuna", "docs/optuna.md", *session.posargs
    )
    session.run("pytest", "tests/optuna/workers_on_postgresql.py", *session.posargs)


@nox.session
def ray(session):
    """A local Ray: trials that raise, pause and continue, and Tuners that are restored."""
    session.install("-e", ".[ray,tensorflow,sklearn]", *TESTING)
    session.run("pytest", "tests/ray", "adapters/lrsearch_ray", *session.posargs, env=QUIET)


@nox.session
def torch(session):
    """Lightning and the Hugging Face Trainer: explored in, killed, and gone on with."""
    session.install("-e", ".[lightning,transformers]", TORCH, "scikit-learn", *TESTING)
    session.run(
        "pytest", "tests/lightning", "tests/transformers", "adapters/lrsearch_torch",
        "docs/torch.md", "docs/lightning.md", "docs/transformers.md", *session.posargs,
        env=QUIET | {"HF_HUB_OFFLINE": "1"},
    )  # fmt: skip


@nox.session(name="bench-scaling")
def bench_scaling(session):
    """One to a thousand simulated workers: the table and plot of docs/scaling.md."""
    session.install("-e", ".[plot]")
    session.run("python", "-m", "tests.benchmarks.scaling", *session.posargs)


@nox.session(name="bench-strategies")
def bench_strategies(session):
    """Play every strategy against learning curves: ``-- FOLDER``, or the tables shipped here."""
    session.install("-e", ".[optuna,plot]", "scikit-learn", "scipy", TORCH)
    play, played = ("-m", "tests.benchmarks.strategies", *session.posargs), []
    for peer, packages in PEERS.items():
        folder = Path(session.create_tmp()) / peer.replace(" ", "-")
        python, out = str(folder / "bin" / "python"), f"build/strategies/{folder.name}"
        session.run("python", "-m", "venv", folder)
        session.run(python, "-m", "pip", "install", "-q", "matplotlib", *packages, external=True)
        options = ("--only", peer, "--out", out)
        session.run(python, *play, *options, env=QUIET | {"KERAS_BACKEND": "jax"}, external=True)
        played.append(f"{out}/regrets.csv")
    session.run("python", *play, "--beside", *played, env=QUIET)


@nox.session(name="bench-pruners")
def bench_pruners(session):
    """Optuna's pruners and DigitRacePruner on real trainings: the tables of docs/optuna.md."""
    session.install("-e", ".[optuna,sklearn]")
    session.run("python", "-m", "tests.benchmarks.pruners", *session.posargs)


@nox.session(name="bench-ray")
def bench_ray(session):
    """DigitRaceScheduler beside ASHA in Ray Tune: the table of docs/ray.md."""
    session.install("-e", ".[ray,tensorflow,sklearn]")
    session.run("python", "-m", "tests.benchmarks.ray_schedulers", *session.posargs, env=QUIET)


@nox.session(name="bench-sklearn")
def bench_sklearn(session):
    """LRSearchCV beside scikit-learn's own searches: the table of docs/sklearn.md."""
    session.install("-e", ".[sklearn,plot]")
    session.run("python", "-m", "tests.benchmarks.compare_sklearn", *session.posargs, env=QUIET)


@nox.session
def torture(session):
    """The long proofs: kills, damages and crowds of processes, all of them."""
    session.install("-e", ".[examples,torch,cli]", TORCH, *TESTING)
    session.run(
        "pytest", "-s", "tests/study", "tests/evidence",
        "tests/training/test_damaged_folders.py", "tests/training/test_full_disk.py",
        "tests/sklearn/test_store.py", "tests/keras/test_resume.py", "tests/torch/test_resume.py",
        "tests/torch/test_explorer.py", *session.posargs,
        env=QUIET | {"LRSEARCH_TORTURE": "1"},
    )  # fmt: skip


@nox.session
def docs(session):
    """The site, in docs/_build/html: no warning, no lost link, and a look at it in a browser."""
    session.install("-e", ".[cli]", "sphinx", "furo", "myst-parser", *TESTING)
    folder = Path("docs/_build/html").absolute()
    session.run("sphinx-build", "-q", "-W", "--keep-going", "docs", str(folder))
    session.run("pytest", "tests/site", *session.posargs, env={"LRSEARCH_SITE": str(folder)})


@nox.session
def release(session):
    """Wheel and sdist, as an index wants them; the wheel's doctests with NumPy alone."""
    session.install("build", "twine", "pytest")
    folder = Path(session.create_tmp()).absolute()
    session.run("python", "-m", "build", "--outdir", str(folder / "dist"))
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    session.run("twine", "check", "--strict", str(wheel), str(sdist))
    session.run(
        "pytest", "-c", os.devnull, "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider",
        "tests/release/built.py", env={"LRSEARCH_DIST": str(folder / "dist")},
    )  # fmt: skip
    for version in PYTHONS:
        python = _python(version)
        if python is None:
            session.warn(f"Python {version} is not here: the wheel is not tried with it")
            continue
        empty = folder / f"empty-{version}"
        session.run(python, "-m", "venv", "--clear", str(empty), external=True)
        inside = str(empty / "bin" / "python")
        session.run(inside, "-m", "pip", "install", "-q", str(wheel), external=True)
        session.chdir(folder)
        checks = Path(__file__).parent / "tests" / "release" / "doctests.py"
        session.run(inside, "-I", str(checks), external=True)
        session.chdir(Path(__file__).parent)


@nox.session
@nox.parametrize("extra", list(LOWEST))
def lowest(session, extra):
    """The lowest versions that an extra names, and its tests."""
    with Path("pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    named = [*project["dependencies"], *_named(project["optional-dependencies"], extra)]
    lowest = [requirement.replace(">=", "==") for requirement in named]
    session.install(*lowest, "scikit-learn", "matplotlib", *TESTING)
    session.install("-e", ".", "--no-deps")
    tests, variables = LOWEST[extra]
    session.run("pytest", *tests, *session.posargs, env=QUIET | variables)


def _python(version):
    """An interpreter of that version that runs, if there is one."""
    path = shutil.which(f"python{version}")
    runs = (
        path is not None and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0
    )
    return path if runs else None


def _named(extras, extra):
    """What an extra needs, those that it names itself included."""
    for requirement in extras[extra]:
        if requirement.startswith("lrsearch["):
            yield from _named(extras, requirement.removeprefix("lrsearch[").removesuffix("]"))
        else:
            yield requirement


@nox.session
def notebook(session):
    """examples/colab.ipynb, made anew from examples/colab.py."""
    session.install("jupytext")
    session.run("jupytext", "--to", "ipynb", "-o", "examples/colab.ipynb", "examples/colab.py")


@nox.session
def figures(session):
    """The pictures of README and site, drawn anew in docs/figures."""
    session.install("-e", ".[sklearn,plot]")
    session.run("python", "-m", "docs.figures", *session.posargs)


@nox.session
def lint(session):
    """Style and common mistakes."""
    session.install("ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session):
    """Types, strict for the core."""
    session.install("-e", ".[plot,cli]", "mypy", "pytest")
    session.run("mypy")


def _fetch_images(session):
    """Install Debian's package of the images, where this is a Debian and we may."""
    if not DEBIAN_IMAGES.is_dir():
        _install_debian(session, "dataset-fashion-mnist")


def _install_debian(session, package):
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    for command in (("update", "-qq"), ("install", "-y", "-qq", package)):
        session.run(apt, *command, external=True, success_codes=range(256), silent=True)
