"""A whole search compiled: several rates at once, in one program (JAX backend)."""

from lrsearch_keras.population.compiled import CompiledTrainer
from lrsearch_keras.population.explore import Explored, explore_population

__all__ = ["CompiledTrainer", "Explored", "explore_population"]
