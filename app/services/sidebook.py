"""How a side is kept: what was given, what was understood, and the tree."""

import time
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from app import mapping
from app.errors import KeygraftError, NotFoundError
from app.keys import KeyTree, spell_token
from app.mapping.folds import fold_tree
from app.mapping.plan import Plan
from app.readers import Limits
from app.services import reading
from app.services.cards import Candidate, LentFile, MissingPackage, Offer, Said, SideCard, SideKind, SideState, Wanted
from app.services.house import LOCAL, House, new_id
from app.sources import Mark, RangeStore
from app.store import SideRow, Transaction, sides, trees
from app.viewing.offers import telling
from app.viewing.outlines import outline_of, weights_of

_A_WHILE = 1.0
LARGE = 5000
"""Keys from which on the outline of a tree is made ahead of time."""


class Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person gave: enough to read it again.

    path      -- a file or folder under a root, or an upload in the data folder (of code: a zip)
    text      -- pasted text, or Python source
    spec      -- a library model, `timm:resnet18`
    nesting   -- the tree inside the file that was chosen, tokens as spelt; None: the reader's choice
    files     -- lent files
    candidate, arguments -- the class of `text` that is the model, and its arguments as typed
    remote    -- an address as it may be shown; `address` the same where it holds no secret, so that it can be read again after a restart
    edits, module, python -- what was done after building, where the class stands, in whose environment it was built
    foretold  -- the tree was told without running the code
    sent, marks -- of lent files: bytes that came for them so far, as they travelled; what was read, to know the files again
    stamp     -- size and modification time of `path` when it was read
    """

    kind: SideKind
    label: str
    path: str = ""
    text: str = ""
    spec: str = ""
    nesting: tuple[str, ...] | None = None
    files: tuple[LentFile, ...] = ()
    candidate: str = ""
    arguments: str = ""
    stamp: tuple[int, int] | None = None
    against: str = ""
    remote: str = ""
    address: str = ""
    edits: str = ""
    module: str = ""
    python: str = ""
    foretold: bool = False
    sent: int = 0
    marks: tuple[Mark, ...] = ()


_card = msgspec.json.Decoder(SideCard)
_given = msgspec.json.Decoder(Given)


def keep_tree(house: House, given: Given, tree: KeyTree, *, side: str = "", by: str = LOCAL) -> SideCard:
    """Keep a side that has a tree: a new one, or `side` now that it is complete."""
    with house.database.write() as tx:
        digest = trees.keep(tx, tree)
        card = _ready(side or new_id(), given, tree)
        _keep(house, tx, given, card, digest, is_new=not side, by=by)
    house.trees.put(digest, tree)
    if len(tree.tensors) >= LARGE:
        house.background.submit(lambda: _look_over(tree))  # a person reads the card first; then the page need not wait for it
    return card


def _look_over(tree: KeyTree) -> None:
    """Work out what every look at a tree begins with."""
    outline_of(tree)
    weights_of(tree)
    for family in fold_tree(tree):
        _ = family.fewest, family.few, family.members


def unfold_ahead(house: House, transfer: str, trees: Collection[KeyTree]) -> None:
    """Have it worked out in the background, once, what trees show with every key in a line of its own, a while after they were shown folded."""
    large = [tree for tree in trees if len(tree.tensors) >= LARGE]

    def work() -> None:
        time.sleep(_A_WHILE)
        for tree in large:
            _ = outline_of(tree, folded=False).place, weights_of(tree, folded=False)

    if large and not house.unfolded.get(transfer):
        house.unfolded.put(transfer, value=True)
        house.background.submit(work)


def keep_open(
    house: House,
    given: Given,
    *,
    side: str = "",
    wanted: Wanted | None = None,
    candidates: Sequence[Candidate] = (),
    missing: tuple[MissingPackage, ...] = (),
    by: str = LOCAL,
) -> SideCard:
    """Keep a side that waits for the person: for bytes of a lent file, or for the choice of a class."""
    state: SideState = "wanted" if wanted else "choose"
    understood = Said(f"side-{state}", {"count": len(given.files) if wanted else len(candidates)})
    total = sum(file.size for file in given.files)
    card = SideCard(
        side or new_id(),
        given.kind,
        given.label,
        state,
        understood,
        bytes=total,
        files=given.files,
        wanted=wanted,
        candidates=tuple(candidates),
        missing=missing,
    )
    with house.database.write() as tx:
        _keep(house, tx, given, card, None, is_new=not side, by=by)
    return card


def _keep(house: House, tx: Transaction, given: Given, card: SideCard, digest: str | None, *, is_new: bool, by: str) -> None:
    encode = msgspec.json.encode
    row = SideRow(card.id, given.kind, given.label, card.state, encode(given), encode(card), digest, by, house.clock())
    (sides.add if is_new else sides.replace)(tx, row)


def _ready(side: str, given: Given, tree: KeyTree) -> SideCard:
    offers = tuple(
        Offer(tuple(map(spell_token, offer.nesting)), offer.tensors, offer.parameters, offer.role)
        for offer in telling(tree.offers, tree.nesting)
    )
    parameters = tree.parameters
    params: dict[str, str | int | float] = {"format": tree.format, "tensors": len(tree.tensors), "parameters": parameters}
    return SideCard(
        side,
        given.kind,
        given.label,
        "ready",
        Said(_sentence(given, tree), params),
        format=tree.format,
        tensors=len(tree.tensors),
        parameters=parameters,
        bytes=sum(file.size for file in tree.files) or tree.nbytes,
        sent=given.sent if given.kind == "lent" else tree.bytes_read,
        versions=dict(list(tree.metadata.items())[:12]) if tree.format == "definition" and not given.foretold else {},
        holds=given.kind in {"path", "upload", "remote"} and bool(tree.files),
        nesting=tuple(map(spell_token, tree.nesting)),
        offers=offers,
        warnings=tree.warnings,
        globals=tree.globals,
        files=given.files,
        path=given.path if given.kind == "path" else given.remote,
    )


def _sentence(given: Given, tree: KeyTree) -> str:
    """What a side with a tree is."""
    if given.foretold:
        return "side-foretold"
    if tree.format == "definition":
        return "side-model"
    return "side-text" if given.kind == "text" else "side-checkpoint"


def row_of(tx: Transaction, side: str) -> SideRow:
    """A side as kept. Raises NotFoundError."""
    row = sides.find(tx, side)
    if row is None:
        raise NotFoundError("side_not_found", side=side[:40])
    return row


class Understood(msgspec.Struct, frozen=True):
    """What a side was understood as, and the digest of its tree once it has one."""

    card: SideCard
    tree: str | None


def understood(house: House, ids: Collection[str]) -> dict[str, Understood]:
    """Sides by id. One that has its tree is never written again, so it is remembered. Raises NotFoundError."""
    found = {side: known for side in ids if (known := house.understood.get(side)) is not None}
    lacking = [side for side in ids if side not in found]
    if not lacking:
        return found
    with house.database.read() as tx:
        read = sides.understood(tx, lacking)
    for side in lacking:
        if side not in read:
            raise NotFoundError("side_not_found", side=side[:40])
        card, tree = read[side]
        found[side] = Understood(_card.decode(card), tree)
        if tree is not None:
            house.understood.put(side, found[side])
    return found


def given_of(row: SideRow) -> Given:
    """What the person gave."""
    return _given.decode(row.spec)


def card_of(row: SideRow) -> SideCard:
    """What was understood."""
    return _card.decode(row.card)


def tree_of(house: House, digest: str) -> KeyTree:
    """A tree by its digest. Raises NotFoundError."""
    return house.trees.get_or_make(digest, lambda: _decoded(house, digest))


def _decoded(house: House, digest: str) -> KeyTree:
    with house.database.read() as tx:
        tree = trees.find(tx, digest)
    if tree is None:
        raise NotFoundError("tree_not_found")
    return tree


def frozen_target(plan: Plan) -> KeyTree:
    """The target that a plan carries, as a tree. Raises KeygraftError where it carries none."""
    if not plan.target:
        raise KeygraftError("plan_without_target")
    return mapping.thaw(plan)


def limits(house: House) -> Limits:
    """What reading one checkpoint may take."""
    return reading.limits(house.settings)


def spool(house: House, side: str, store: RangeStore) -> None:
    """Keep the ranges that were read of files that are elsewhere: another tree in them can be read later."""
    (house.folder("lent") / f"{side}.ranges").write_bytes(store.to_bytes())


def spooled(house: House, side: str) -> RangeStore:
    """The ranges that were kept."""
    kept = house.folder("lent") / f"{side}.ranges"
    return RangeStore.from_bytes(kept.read_bytes()) if kept.exists() else RangeStore()


def drop_files(house: House, side: str, given: Given) -> None:
    """Delete what was kept for a side in the data folder."""
    (house.folder("lent") / f"{side}.ranges").unlink(missing_ok=True)
    uploads = house.folder("uploads")
    path = Path(given.path)
    if given.kind in {"upload", "code"} and uploads in path.parents:
        path.unlink(missing_ok=True)
        path.parent.rmdir()
