"""What stands before and after the blocks: embeddings, final norms, heads."""

from collections.abc import Sequence

from app.automap.names import is_number, joined, name_of
from app.automap.norms import is_norm
from app.automap.residuals import sees_colours
from app.automap.units import Unit
from app.automap.vocabulary import HEADS, Vocabulary


def name_ends(outside: Sequence[Unit], units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name what stands before and after the blocks: embeddings, final norms, heads."""
    tables = {tuple(sorted(unit.main)) for unit in units if unit.role == "wordembed"}
    last_of = {
        unit.path[:-1]: unit.path[-1] for unit in sorted(units, key=_last_number) if is_number(unit.path[-1]) and unit.kind == "matrix"
    }
    stems = [unit for unit in units if unit.role == "stem"]
    for unit in outside:
        if unit.role or not unit.path:
            continue
        last = joined(unit.path[-1])
        spoken_words = set(unit.words)
        if (
            unit.kind == "matrix"
            and tuple(sorted(unit.main)) in tables
            and last
            in {"output", "projout", "decoder", "head", "outputprojection", "proj", "lmhead", "outputlayer", "embedout", "generator"}
        ):
            unit.role = "lm_head"
        elif unit.kind in {"matrix", "conv"} and (
            last in HEADS or (name_of(unit) in HEADS and last_of.get(unit.path[:-1]) == unit.path[-1])
        ):
            unit.role = "head"
        elif unit.kind == "conv" and len(unit.main) >= 4 and sees_colours(unit):
            unit.role = "stem"
        elif is_norm(unit, vocabulary) and "embed" in spoken_words:
            unit.role = "prenorm"
        elif is_norm(unit, vocabulary) and "pool" in spoken_words:
            unit.role = "poolnorm"
        elif is_norm(unit, vocabulary) and last in {"norm", "layernorm", "ln"} and "pool" not in spoken_words and len(unit.words) <= 3:
            unit.role = "" if any(stem.path[:-1] == unit.path[:-1] for stem in stems if len(unit.path) > 1) else "finalnorm"


def name_behind_stem(units: Sequence[Unit], vocabulary: Vocabulary) -> None:
    """Name the one norm that stands beside the first convolution, and the one linear that is as large as the table of words."""
    for stem in [unit for unit in units if unit.role == "stem"]:
        _name_stem_norm(stem, units)
        for holder in (stem.path[:-1], stem.path[:-2]):
            beside = [unit for unit in units if holder and unit.path[:-1] == holder and is_norm(unit, vocabulary) and unit.kind == "vector"]
            if len(beside) == 1 and not beside[0].role:
                beside[0].role = "prenorm"
                break
    tables = {unit.main for unit in units if unit.role == "wordembed"}
    as_large = [unit for unit in units if unit.main in tables and unit.role != "wordembed"]
    if len(as_large) == 1 and not as_large[0].role:
        as_large[0].role = "lm_head"


def _name_stem_norm(stem: Unit, units: Sequence[Unit]) -> None:
    """Name the batch norm inside the first convolution, or the only one beside it, or the one that is called after it: `bn_Conv1` of `Conv1`."""
    norms = [unit for unit in units if unit.kind == "batchnorm" and unit.main[0] in stem.main]
    inside = [unit for unit in norms if unit.path[:-1] == stem.path]
    beside = [unit for unit in norms if unit.path[:-1] == stem.path[:-1]]
    called = [unit for unit in beside if joined(stem.path[-1]) in joined(unit.path[-1]) and not is_number(stem.path[-1])]
    for found in (inside, beside, called):
        if len(found) == 1:
            found[0].role = "stem.norm"
            return


def _last_number(unit: Unit) -> int:
    return int(unit.path[-1]) if is_number(unit.path[-1]) else -1
