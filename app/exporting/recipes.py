"""Reading recipes and keys."""

from collections.abc import Iterable

from app.keys import parse_token
from app.mapping.outcomes import Leaf, Recipe


def leaves(recipe: Recipe) -> Iterable[Leaf]:
    """Yield the source keys of a recipe, in order."""
    if isinstance(recipe, Leaf):
        yield recipe
    else:
        for part in recipe.inputs:
            yield from leaves(part)


def plain_name(key: str) -> str:
    """Return the string that a spelt key stands for; keys that are no strings stay spelt."""
    if not key.startswith("~"):
        return key
    token = parse_token(key)
    return token if isinstance(token, str) else key
