"""A few members of each large family, which tell what the others would."""

from app.keys import KeyTree
from app.mapping.folds import fold_tree


def sample(target: KeyTree) -> list[str]:
    """Keys that stand for all: the few of each family."""
    return [key for family in fold_tree(target) for key in family.few]
