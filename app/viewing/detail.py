"""The detail of one row: what it is, what happens to it and why, what else it could be."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from app.keys import TensorInfo
from app.mapping.claims import Claim, Proposal
from app.mapping.outcomes import Reason
from app.mapping.plan import Plan
from app.mapping.text import statement
from app.viewing.bonds import leaves_of
from app.viewing.chips import chip_of_claim, chip_of_recipe
from app.viewing.labels import path_text
from app.viewing.scene import Scene
from app.viewing.sizes import shape_text
from app.viewing.states import TONES

_SAMPLES = 4


class Fact(msgspec.Struct, frozen=True):
    """One tensor, as an example of a row."""

    key: str
    shape: str
    dtype: str
    bytes: int
    kind: str = ""
    alias: str = ""


class Candidate(msgspec.Struct, frozen=True):
    """One way to fill a key; number 0 is the proposal itself."""

    number: int
    sources: tuple[str, ...]
    op: str
    confidence: str


class Detail(msgspec.Struct, frozen=True):
    """What is known of a row.

    states  -- state -> keys, the most urgent first
    partners -- keys of the other side that the first key takes part with
    rule    -- the statement that decides the first key, and its number from 1
    key     -- the first key that waits, which candidates are about; else the first key
    """

    side: Literal["s", "t"]
    path: str
    state: str
    tone: str
    total: int
    states: tuple[tuple[str, int], ...]
    facts: tuple[Fact, ...]
    key: str
    cls: str
    chip: str
    partners: tuple[Fact, ...]
    rule: str
    rule_number: int
    reasons: tuple[Reason, ...]
    candidates: tuple[Candidate, ...]
    deciding: int
    node: int
    partner: int | None


def detail(scene: Scene, plan: Plan, side: Literal["s", "t"], number: int) -> Detail:
    """Gather the detail of a node. Raises IndexError for what is none."""
    outline, marks, tree = scene.outline(side), scene.marks(side), scene.tree(side)
    node = outline.node(number)
    keys = outline.keys(number)
    first = next((key for key in keys if marks.states.get(key) == marks.worst(number)), keys[0])
    outcome = scene.evaluation.targets[first] if side == "t" else None
    rule = outcome.rule if outcome else scene.evaluation.sources[scene.name][first].rule
    waits, proposal = (first, scene.pending.get(first)) if side == "t" else _waiting_for(scene, first)
    module = tree.modules.get(first.rpartition(tree.separator)[0])
    totals = marks.totals(number)
    return Detail(
        side,
        path_text(node, outline),
        marks.worst(number),
        TONES[marks.worst(number)],
        node.total,
        tuple(sorted(totals.items(), key=lambda item: -item[1])),
        tuple(_fact(key, tree.tensors[key]) for key in keys[:_SAMPLES]),
        first,
        module.cls if module else "",
        chip_of_claim(proposal.claim) if proposal else chip_of_recipe(outcome.recipe if outcome else None),
        _partners(scene, side, first, waits, proposal),
        "" if rule is None else statement(plan.rules[rule]),
        0 if rule is None else rule + 1,
        proposal.reasons if proposal else ((outcome.reason,) if outcome and outcome.reason else ()),
        _candidates(proposal) if proposal and side == "t" else (),
        totals.get("proposed", 0) if side == "t" else 0,
        number,
        _partner_node(scene, side, number),
    )


def _waiting_for(scene: Scene, key: str) -> tuple[str, Proposal | None]:
    """The target key whose proposal would take a source key, and that proposal; no key where none waits for it."""
    target = scene.outline("t")
    bonds = scene.bonds.of_source[scene.outline("s").leaf_of[key]]
    for each in (each for bond in bonds if bond.proposed for each in target.keys(bond.target)):
        proposal = scene.pending.get(each)
        if proposal and proposal.claim and (scene.name, key) in _read(proposal.claim):
            return each, proposal
    return "", None


def _read(claim: Claim) -> Iterator[tuple[str, str]]:
    """Name of the source and key of everything that a claim reads."""
    return zip(claim.names or ("",) * len(claim.sources), claim.sources, strict=True)


def _partner_node(scene: Scene, side: str, number: int) -> int | None:
    """The leaf of the source that a target leaf is bound to."""
    bonds = scene.bonds.of_target[number] if side == "t" else ()
    return bonds[0].source if bonds else None


def _fact(key: str, info: TensorInfo) -> Fact:
    return Fact(key, shape_text(info.shape), info.dtype, info.stored, info.kind or "", info.alias or "")


def _partners(scene: Scene, side: str, key: str, waits: str, proposal: Proposal | None) -> tuple[Fact, ...]:
    if side == "s":
        found = (waits,) if proposal else scene.evaluation.sources[scene.name][key].targets
        return tuple(_fact(each, scene.target.tensors[each]) for each in found[:_SAMPLES] if each in scene.target.tensors)
    if proposal and proposal.claim:
        names = proposal.claim.sources
    else:
        recipe = scene.evaluation.targets[key].recipe
        names = tuple(dict.fromkeys(leaf.key for leaf in leaves_of(recipe))) if recipe else ()
    return tuple(_fact(each, scene.source.tensors[each]) for each in names[:_SAMPLES] if each in scene.source.tensors)


def _candidates(proposal: Proposal) -> tuple[Candidate, ...]:
    ranked: list[tuple[Claim, float]] = [(proposal.claim, proposal.confidence)] if proposal.claim else []
    ranked.extend(proposal.alternatives)
    return tuple(
        Candidate(number, claim.sources[:3], chip_of_claim(claim), f"{confidence:.2f}")
        for number, (claim, confidence) in enumerate(ranked[:7])
    )
