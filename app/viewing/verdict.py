"""What `load_state_dict` would say to what the loader hands it, in torch's own words.

Source of the wording: torch.nn.Module.load_state_dict, torch 2.13.
"""

from collections.abc import Mapping

from app.keys import KeyTree
from app.mapping.assembled import Targets
from app.mapping.outcomes import Evaluation, Recipe, Step, TargetOutcome

_SHOWN = 12


def verdict(evaluation: Evaluation, sources: Mapping[str, KeyTree], target: KeyTree) -> str:
    """Write the report of a strict load."""
    missing = [key for key, _ in _in(evaluation.targets, "missing", "conflicting")]
    wrong = [(key, outcome.recipe) for key, outcome in _in(evaluation.targets, "mismatched")]
    if not missing and not wrong:
        return "<All keys matched successfully>"
    lines = ["Error(s) in loading state_dict:"]
    if missing:
        lines.append(f"Missing key(s) in state_dict: {_listed(missing)}")
    lines.extend(_mismatch(key, _shape_of(recipe, sources), target) for key, recipe in wrong[:_SHOWN])
    if len(wrong) > _SHOWN:
        lines.append(f"… {len(wrong) - _SHOWN} more")
    return "\n".join(lines)


def _in(targets: Targets, *states: str) -> list[tuple[str, TargetOutcome]]:
    """Keys in some states that do harm, in the tree's order; families without one are not looked through."""
    blocks = [block for block in targets.blocks if any(state in states and not benign for state, benign in block.states)]
    found = [
        (key, outcome) for block in blocks for key, outcome in block.outcomes.items() if outcome.state in states and not outcome.benign
    ]
    place = targets.folded.place if len(blocks) > 1 else {}
    return sorted(found, key=lambda each: place.get(each[0], 0))


def _listed(keys: list[str]) -> str:
    shown = ", ".join(f'"{key}"' for key in keys[:_SHOWN])
    return f"{shown}, … {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else shown


def _shape_of(recipe: Recipe | None, sources: Mapping[str, KeyTree]) -> list[int] | str:
    if isinstance(recipe, Step):
        return list(recipe.shape)
    info = sources[recipe.source].tensors.get(recipe.key) if recipe and recipe.source in sources else None
    return list(info.shape) if info and info.shape is not None else "?"


def _mismatch(key: str, have: list[int] | str, target: KeyTree) -> str:
    info = target.tensors.get(key)
    want = list(info.shape) if info and info.shape is not None else "?"
    return f"size mismatch for {key}: copying a param with shape {have} from checkpoint, the shape in current model is {want}."
