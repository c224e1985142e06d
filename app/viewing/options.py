"""Options: the ranked ways to settle a case, at most seven: what the mapper thinks, what makes a shape fit, free rows of the source, a fresh start."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Literal

import msgspec

from app import mapping
from app.mapping.claims import Claim
from app.mapping.drawing import DrawingError, Drawn, Suggestion, draw
from app.viewing.bonds import leaves_of
from app.viewing.cases import Case, Rows, all_alike, ranked
from app.viewing.chips import chip_of_claim
from app.viewing.labels import path_text
from app.viewing.likeness import alike
from app.viewing.nodes import Node, Outline
from app.viewing.outlines import outline_of
from app.viewing.scene import Scene
from app.viewing.sizes import shape_text

MOST = 7
_FREE = 4
"""Free rows of the source that are offered."""
_CUTS = frozenset({"chunk", "slice", "narrow", "select"})
"""Ways that take one part of a tensor, of which the first of each kind stands for all; the drawer lists them one by one."""

_LOOKED_AT = 4000
_ALIKE = 0.3
"""Likeness of two names below which a free row is not worth a line."""


class Option(msgspec.Struct, frozen=True):
    """One way to settle a case.

    kind       -- claim: of the mapper, by `number` · rules: to be added as they are · fresh: the model's own initialisation
    sources    -- rows of the source, as paths
    words      -- message `suggestion-<words>` with its parameters; empty: the op says it
    given      -- shape of the first source
    hits       -- keys of the case that it settles; misses: those that it does not; collisions: others that it would take over
    token      -- says what it does: who decides on it sends it back, and nothing else is done in its place
    """

    kind: Literal["claim", "rules", "fresh"]
    token: str
    number: int = 0
    sources: tuple[str, ...] = ()
    chip: str = ""
    given: str = ""
    confidence: float | None = None
    words: str = ""
    params: dict[str, str | int] = {}
    statements: tuple[str, ...] = ()
    hits: int = 0
    misses: int = 0
    collisions: int = 0


def options(scene: Scene, case: Case) -> tuple[Option, ...]:
    """Rank the ways to settle a case.

    A fresh start is always possible. It stands after everything that keeps the whole tensor, and before what would cut one part out of it: which
    part that should be cannot be known from shapes.
    """
    known: dict[str, Option] = {option.token: option for option in (*_claims(scene, case), *_fitting(scene, case))}
    found = list(known.values()) or list(islice(_free(scene, case), _FREE))
    cuts = {option.words: option for option in reversed(found) if option.words in _CUTS}
    whole = [option for option in found if option.words not in _CUTS][: MOST - 1 - len(cuts)]
    return (*whole, Option("fresh", _token("fresh", case.id), hits=len(case.keys)), *cuts.values())


def _token(*what: str) -> str:
    return blake2b("\0".join(what).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _claims(scene: Scene, case: Case) -> Iterator[Option]:
    alike_by_number = all_alike(Rows(scene.sources, scene.target), case, scene.proposals)
    first = ranked(scene.proposals.get(case.keys[0]))
    for number, ((claim, confidence), taken) in enumerate(zip(first, alike_by_number, strict=True)):
        yield Option(
            "claim",
            _token("claim", case.id, repr(claim)),
            number=number,
            sources=_rows(scene, case, claim),
            chip=chip_of_claim(claim),
            given=_given(scene, claim),
            confidence=confidence,
            hits=len(taken),
            misses=len(case.keys) - len(taken),
        )


def _rows(scene: Scene, case: Case, claim: Claim) -> tuple[str, ...]:
    names = claim.names or ("",) * len(claim.sources)
    whole = not outline_of(scene.target).nodes[case.node].leaf
    return tuple(dict.fromkeys(_row(scene, name, key, whole=whole) for name, key in zip(names, claim.sources, strict=True)))


def _row(scene: Scene, name: str, key: str, *, whole: bool = False) -> str:
    found = Rows(scene.sources, scene.target).of(name, key, whole=whole)
    outline = outline_of(scene.sources[name]) if isinstance(found, int) else None
    text = path_text(outline.nodes[found], outline) if outline is not None and isinstance(found, int) else key
    return f"{name}:{text}" if name else text


def _given(scene: Scene, claim: Claim) -> str:
    tree = scene.sources.get(claim.names[0] if claim.names else "")
    info = tree.tensors.get(claim.sources[0]) if tree is not None and claim.sources else None
    return shape_text(info.shape) if info else ""


def _fitting(scene: Scene, case: Case) -> Iterator[Option]:
    """Of keys that a tensor of another shape reaches: the ops that make it fit."""
    keys: list[str] = []
    for key in case.keys:
        recipe = scene.evaluation.targets[key].recipe
        first = next(leaves_of(recipe), None) if recipe is not None else None
        if first is not None and first.source == scene.name:
            keys.append(first.key)
    if case.state == "mismatched" and keys:
        yield from _drawn(scene, case, tuple(dict.fromkeys(keys)))


def _drawn(scene: Scene, case: Case, keys: Sequence[str]) -> Iterator[Option]:
    """What drawing source keys onto those of the case could mean."""
    sides = Drawn(tuple(keys), _depth(keys, scene.source.separator)), Drawn(case.keys, _depth(case.keys, scene.target.separator))
    try:
        suggested = draw(scene.source, scene.target, *sides, name=scene.name, now=scene.evaluation)
    except DrawingError:
        return
    for suggestion in suggested:
        if suggestion.hits:
            yield _suggested(scene, case, keys[0], suggestion)


def _depth(keys: Sequence[str], separator: str) -> int:
    return len(keys[0].split(separator))


def _suggested(scene: Scene, case: Case, key: str, suggestion: Suggestion) -> Option:
    statements = tuple(mapping.statement(rule) for rule in suggestion.rules)
    return Option(
        "rules",
        _token("rules", case.id, *statements),
        sources=(_row(scene, scene.name, key),),
        given=shape_text(scene.source.tensors[key].shape),
        words=suggestion.code,
        params=suggestion.params,
        statements=statements,
        hits=len(suggestion.hits),
        misses=len(suggestion.misses),
        collisions=len(suggestion.collisions),
    )


def _free(scene: Scene, case: Case) -> Iterator[Option]:
    """Rows of the source that nothing takes and whose shape would do, those with the most alike name first."""
    outline, wanted = outline_of(scene.source), outline_of(scene.target).nodes[case.node]
    name = path_text(wanted, outline_of(scene.target))
    near = [(alike(path_text(node, outline), name), node) for node in _loose(scene, outline, wanted, len(case.keys))]
    for likeness, node in sorted(near, key=lambda each: -each[0]):
        if likeness >= _ALIKE:
            yield from islice(_drawn(scene, case, node.keys), 1)


def _loose(scene: Scene, outline: Outline, wanted: Node, count: int) -> Iterable[Node]:
    shape = wanted.info.shape if wanted.info else None
    states = scene.source_states
    leaves = (node for node in outline.nodes if node.keys and len(node.keys) == count and node.info is not None)
    same = (node for node in leaves if node.info and shape is not None and node.info.shape is not None and _near(node.info.shape, shape))
    return islice((node for node in same if all(states.get(key) == "unexpected" for key in node.keys)), _LOOKED_AT)


def _near(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return given == wanted or sorted(given) == sorted(wanted)
