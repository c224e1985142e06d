"""Everything a person does to a plan is an edit: stored with author, time and its way back.

An edit names the version it was made on. Made on an older one it is done on the newest if it still applies there; else it is a conflict, and
nothing of either side is lost. Undo is "my last edit", whatever others did since, as long as it can still be taken back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from app import mapping, messages
from app.errors import ConflictError, KeygraftError
from app.mapping.edits import Edit, SetPlan
from app.mapping.plan import Plan
from app.services import audit, calling, planbook, workspaces
from app.services.cards import Applied, HistoryEntry, Said
from app.services.house import LOCAL, House
from app.services.live import Event
from app.services.plain import plain
from app.services.planbook import Change
from app.store import EditRow, NewEdit, SnapshotRow, Transaction, TransferRow, people, transfers
from app.store import edits as stored

_ATTEMPTS = 8


def apply(
    house: House,
    transfer: str,
    base_version: int,
    edits: Sequence[Edit],
    *,
    label: Said,
    client: str = "",
    by: str = LOCAL,
    refused: Sequence[tuple[str, str]] = (),
    kind: str = "edit",
) -> Applied:
    """Do edits as one step. Raises ConflictError where somebody changed the same in the meantime, KeygraftError where they do not fit."""
    change = Change(tuple(edits), tuple(refused))
    for rule in planbook.brought(change):  # a plan that is set whole is not looked at by the edit itself
        mapping.check_rule(rule)
    return _commit(house, transfer, lambda _tx, _row: _Step(change, kind, label), base_version=base_version, client=client, by=by)


def replace_side(
    house: House,
    transfer: str,
    base_version: int,
    sides: Mapping[str, str],
    edits: Sequence[Edit],
    *,
    label: Said,
    client: str = "",
    by: str = LOCAL,
) -> Applied:
    """Put other sides in place ("target" or "source:NAME" -> side) and edit the plan with it, as one step. Raises ConflictError."""
    change = Change(tuple(edits), sides=dict(sides))
    return _commit(house, transfer, lambda _tx, _row: _Step(change, "replace", label), base_version=base_version, client=client, by=by)


def undo(house: House, transfer: str, *, client: str = "", by: str = LOCAL) -> Applied:
    """Take back my last step. Raises ConflictError: there is none, or somebody changed it since."""

    def last(tx: Transaction, row: TransferRow) -> _Step:
        done = stored.last_done(tx, row.id, by)
        if done is None:
            raise ConflictError("nothing_to_undo")
        return _Step(planbook.decode(done.inverse), "undo", _said(done), done)

    return _commit(house, transfer, last, client=client, by=by)


def redo(house: House, transfer: str, *, client: str = "", by: str = LOCAL) -> Applied:
    """Do again what I took back last. Raises ConflictError: there is nothing, or it no longer fits."""

    def last(tx: Transaction, row: TransferRow) -> _Step:
        undone = stored.last_undone(tx, row.id, by)
        if undone is None:
            raise ConflictError("nothing_to_redo")
        return _Step(planbook.decode(undone.inverse), "redo", _said(undone), undone)

    return _commit(house, transfer, last, client=client, by=by)


def cancel(house: House, client: str) -> None:
    """Leave the edit that a tab waits for, if it is not done yet; its next step is another one."""
    house.cancelled.put(client, value=True)


def jump(house: House, transfer: str, version: int, *, client: str = "", by: str = LOCAL) -> Applied:
    """Make the plan of an earlier version the newest one; itself a step that can be undone. Raises NotFoundError."""
    plan = workspaces.plan_at(house, transfer, version)
    label = Said("edit-jump", {"version": version})
    return _commit(house, transfer, lambda _tx, _row: _Step(Change((SetPlan(plan),)), "jump", label), client=client, by=by)


def import_plan(house: House, transfer: str, base_version: int, text: str, *, client: str = "", by: str = LOCAL) -> Applied:
    """Put a plan, text or JSON, in the place of the one that is there. Raises KeygraftError."""
    plan = read_plan(text)
    label = Said("edit-import", {"count": len(plan.rules)})
    return apply(house, transfer, base_version, [SetPlan(plan)], label=label, client=client, by=by, kind="import")


def read_plan(text: str) -> Plan:
    """Read either spelling of a plan. Raises KeygraftError with the line that is wrong."""
    return mapping.plan_from_json(text.encode()) if text.lstrip().startswith("{") else mapping.parse_plan(text)


class _Step(msgspec.Struct, frozen=True):
    """What is about to be done; `takes_back` is the step that it undoes or does again."""

    change: Change
    kind: str
    label: Said
    takes_back: EditRow | None = None


def _commit(
    house: House,
    transfer: str,
    choose: Callable[[Transaction, TransferRow], _Step],
    *,
    base_version: int | None = None,
    client: str,
    by: str,
) -> Applied:
    """Evaluate outside the transaction, write inside; begin again where another process was faster."""
    with house.turn(transfer):
        for _ in range(_ATTEMPTS):
            with house.database.read() as tx:
                row = workspaces.row_of(tx, transfer)
                step = choose(tx, row)
                done = _sent_before(tx, row, step, base_version, client)
            version = _advanced(house, row, step, base_version, client=client, by=by) if done is None else done
            if version is not None:
                rebased = done is None and base_version is not None and base_version < row.version
                return _applied(house, row.id, version, step, client=client, by=by, rebased=rebased)
    raise ConflictError("edit_conflict", version=row.version)


def _advanced(house: House, row: TransferRow, step: _Step, base_version: int | None, *, client: str, by: str) -> int | None:
    """Do a step; the version it led to, or None where the transfer has moved on meanwhile."""
    plan, back = _performed(house, row, step, base_version)
    if plan == planbook.plan_of(row.plan) and not step.change.refused and not step.change.allowed and not step.change.sides:
        return row.version
    evaluated = workspaces.evaluate(house, workspaces.placed(row, step.change.sides), plan)
    if step.kind not in {"undo", "redo"} and client and house.cancelled.get(client):
        house.cancelled.forget(lambda each: each == client)
        raise ConflictError("edit_cancelled")
    house.cancelled.forget(lambda each: each == client)
    with house.database.write() as tx:
        if workspaces.row_of(tx, row.id).version != row.version:
            return None
        _write(house, tx, row, step, plan=plan, back=back, client=client, by=by)
    version = row.version + 1
    workspaces.summarise(house, row.id, version, evaluated)
    calling.tell(house, Event(row.id, "changed", version, client))
    return version


def _sent_before(tx: Transaction, row: TransferRow, step: _Step, base_version: int | None, client: str) -> int | None:
    """The version that this very edit led to: its answer was lost on the way, and the page sends it again."""
    if not client or base_version is None or base_version >= row.version:
        return None
    forward = planbook.encode(step.change)
    since = stored.between(tx, row.id, base_version, row.version)
    return next(
        (each.version for each in since if each.client == plain(client, 64) and each.kind == step.kind and each.forward == forward), None
    )


def _performed(house: House, row: TransferRow, step: _Step, base_version: int | None) -> tuple[Plan, Change]:
    stale = base_version is not None and base_version < row.version
    if base_version is not None and base_version > row.version:
        raise ConflictError("version_unknown", version=base_version)
    if stale and (planbook.replaces_all(step.change) or step.change.sides):
        raise ConflictError("edit_conflict", version=row.version)
    plan = planbook.plan_of(row.plan)
    if (
        step.takes_back is not None
        and planbook.replaces_all(step.change)
        and plan != workspaces.plan_at(house, row.id, step.takes_back.version)
    ):
        raise _too_late(step, row)
    if step.takes_back is not None and not _in_place(row, planbook.decode(step.takes_back.forward)):
        raise _too_late(step, row)
    try:
        after, back = planbook.perform(plan, step.change)
    except KeygraftError as error:
        if step.takes_back is not None:
            raise _too_late(step, row) from error
        if stale:
            raise ConflictError("edit_conflict", version=row.version) from error
        raise
    return after, msgspec.structs.replace(back, sides=_sides(row, step.change.sides))


def _sides(row: TransferRow, places: Iterable[str]) -> dict[str, str]:
    """The sides that stand in these places."""
    return {place: row.target if place == "target" else row.sources[place.removeprefix("source:")] for place in places}


def _in_place(row: TransferRow, done: Change) -> bool:
    """Whether the sides that a step put in place are there still."""
    return _sides(row, done.sides) == done.sides


def _too_late(step: _Step, row: TransferRow) -> ConflictError:
    return ConflictError("undo_conflict" if step.kind == "undo" else "redo_conflict", version=row.version)


def _write(house: House, tx: Transaction, row: TransferRow, step: _Step, *, plan: Plan, back: Change, client: str, by: str) -> None:
    version, at, content = row.version + 1, house.clock(), planbook.plan_bytes(plan)
    taken = step.takes_back
    edit = NewEdit(
        row.id,
        version,
        step.kind,
        by,
        plain(client, 64),
        at,
        msgspec.json.encode(step.label),
        planbook.encode(step.change),
        planbook.encode(back),
        None if taken is None else taken.id,
    )
    stored.add(tx, edit)
    audit.record(tx, by, "edit.done", transfer=row.id, version=version, at=at, kind=step.kind, label=_words(step.label))
    if taken is not None:
        stored.mark(tx, taken.id, undone=True)
    transfers.advance(tx, row.id, version, content, at)
    _place(house, tx, row, step.change)
    transfers.reject(tx, row.id, version, list(step.change.refused))
    transfers.forget(tx, row.id, list(step.change.allowed))
    if version % house.settings.snapshot_every == 0:
        stored.keep_snapshot(tx, SnapshotRow(row.id, version, content, "", by, at))


def _place(house: House, tx: Transaction, row: TransferRow, change: Change) -> None:
    """Put sides in place; those that were there are kept for the way back."""
    if not change.sides:
        return
    transfers.place(tx, workspaces.placed(row, change.sides))
    transfers.remember(tx, row.id, [*change.sides.values(), *_sides(row, change.sides).values()])
    house.last_proposed.forget(lambda transfer: transfer == row.id)


def _applied(house: House, transfer: str, version: int, step: _Step, *, client: str, by: str, rebased: bool) -> Applied:
    label = step.label if step.kind not in {"undo", "redo"} else Said(f"edit-{step.kind}", {})
    can_undo, can_redo = workspaces.ways(house, transfer, by)
    return Applied(transfer, version, label, client, rebased, can_undo, can_redo)


def _words(label: Said) -> str:
    return messages.text(label.message, messages.DEFAULT_LANGUAGE, None, **label.params)


def _said(row: EditRow) -> Said:
    return msgspec.json.decode(row.label, type=Said)


def history(house: House, transfer: str, *, limit: int = 200) -> tuple[HistoryEntry, ...]:
    """Every step, the newest first. Raises NotFoundError."""
    with house.database.read() as tx:
        workspaces.row_of(tx, transfer)
        rows = stored.newest_first(tx, transfer, limit=limit)
        names, authors = stored.names(tx, transfer), people.names(tx)
    return tuple(_entry(row, names.get(row.version, ""), authors.get(row.author, row.author)) for row in rows)


def _entry(row: EditRow, name: str, author: str) -> HistoryEntry:
    change, back = planbook.decode(row.forward), planbook.decode(row.inverse)
    added, removed = planbook.brought(change), planbook.brought(back)
    return HistoryEntry(row.version, author, row.at, _said(row), row.kind, row.undone, name, added, removed)  # type: ignore[arg-type]  # kinds are ours


def keep_version(house: House, transfer: str, version: int, name: str, *, by: str = LOCAL) -> None:
    """Keep the plan of a version that leaves the house, under a name of ours unless a person has given one. Raises NotFoundError."""
    with house.database.read() as tx:
        named = bool(stored.names(tx, transfer).get(version))
    if not named:
        _keep(house, transfer, version, name, by)


def name_version(house: House, transfer: str, version: int, name: str, *, by: str = LOCAL) -> None:
    """Give a version a name, and keep its plan whole. An empty name takes the name away. Raises NotFoundError."""
    _keep(house, transfer, version, name, by)
    house.hub.publish(Event(transfer, "named", version))


def _keep(house: House, transfer: str, version: int, name: str, by: str) -> None:
    plan = workspaces.plan_at(house, transfer, version)
    with house.database.write() as tx:
        row = SnapshotRow(transfer, version, planbook.plan_bytes(plan), plain(name.strip(), 200), by, house.clock())
        stored.keep_snapshot(tx, row)
        audit.record(tx, by, "version.named", transfer=transfer, version=version, at=row.at, name=row.name)
