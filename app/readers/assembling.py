"""From leaves to a key tree: the nesting chosen, keys spelt, storages checked, warnings gathered."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from app.keys import FileInfo, ForeignGlobal, KeyTree, ModuleInfo, TensorInfo, Warned
from app.keys.spelling import Token, spelt_alone
from app.keys.tree import keyed
from app.readers.errors import ReadError
from app.readers.nesting import below, meant, offers, principal
from app.readers.pickles import Global
from app.readers.pickles.verdicts import verdict
from app.readers.stands import Stand
from app.readers.storages import Storages, aliases, memory_of
from app.readers.walking import Walked, shown_name

_LISTED = 1_000
"""Globals that are named one by one."""


def tree_of(
    walked: Walked,
    storages: Storages,
    *,
    form: str,
    files: tuple[FileInfo, ...],
    nesting: tuple[Token, ...] | None,
    names: Iterable[Global] = (),
    warnings: Iterable[Warned] = (),
    metadata: dict[str, str] | None = None,
) -> KeyTree:
    """Put a tree together. Raises ReadError (`no_such_nesting`) where `nesting` is not in the file."""
    found = list(walked.stands)
    chosen = principal(found) if nesting is None else meant(found, nesting)
    inside = [stand for stand in found if below(stand.key, chosen)]
    if nesting and not inside:
        raise ReadError("no_such_nesting", file=files[0].name if files else "", nesting=".".join(str(token) for token in nesting))
    tensors, flags = _tensors(inside, len(chosen), storages)
    globals_ = foreign(names)
    return KeyTree(
        form,
        tensors,
        nesting=chosen,
        files=files,
        other=walked.other,
        globals=globals_,
        warnings=(*warnings, *_warned([*walked.flags, *flags]), *cautions(globals_)),
        offers=offers(found, chosen),
        modules=_modules(walked.modules, chosen),
        metadata=metadata or {},
    )


def _tensors(inside: Sequence[Stand], depth: int, storages: Storages) -> tuple[dict[str, TensorInfo], list[tuple[str, str]]]:
    keys = _keys(inside, depth)
    listed = [tensor for stand in inside for tensor in stand.tensors]
    infos, flags = storages.checked(listed)
    out = dict(zip(keys, infos, strict=True))
    if any(stand.depth != depth + 1 for stand in inside):
        paths = [path for stand in inside for path in stand.paths()]
        for key, path in zip(keys, paths, strict=True):
            if len(path) != depth + 1:
                out[key] = msgspec.structs.replace(out[key], path=path)
    for key, owner in aliases(out, lambda: map(memory_of, listed)).items():
        out[key] = msgspec.structs.replace(out[key], alias=owner)
    return out, [(code, keys[number]) for number, code in flags]


def _keys(inside: Sequence[Stand], depth: int) -> list[str]:
    """Spell the keys of a tree that lies `depth` deep."""
    if all(len(stand.key) == depth and stand.tokens for stand in inside):
        return spelt_alone([token for stand in inside for token in stand.tokens])
    return keyed([key for stand in inside for key in stand.keys(depth)])


def _warned(flags: list[tuple[str, str]]) -> list[Warned]:
    """Gather equal findings: one warning for each code, with the first key and the count."""
    first: dict[str, str] = {}
    count: Counter[str] = Counter()
    for code, key in flags:
        first.setdefault(code, key)
        count[code] += 1
    return [Warned(code, {"key": key, "count": count[code]}) for code, key in first.items()]


def foreign(names: Iterable[Global]) -> tuple[ForeignGlobal, ...]:
    """Return the globals of a pickle, the dangerous first."""
    found = [ForeignGlobal(shown_name(name.full), name.uses, verdict(name)) for name in names]
    order = {"dangerous": 0, "unknown": 1, "known": 2}
    return tuple(sorted(found, key=lambda each: order[each.verdict])[:_LISTED])


def cautions(names: Sequence[ForeignGlobal]) -> list[Warned]:
    """Return the warnings that a pickle's globals call for."""
    out = []
    for code, wanted in (("dangerous_global", "dangerous"), ("unknown_class", "unknown")):
        listed = [each.name for each in names if each.verdict == wanted]
        if listed:
            out.append(Warned(code, {"name": listed[0], "count": len(listed)}))
    return out


def _modules(modules: dict[str, ModuleInfo], nesting: tuple[Token, ...]) -> dict[str, ModuleInfo]:
    prefix = ".".join(str(token) for token in nesting)
    if not prefix:
        return modules
    return {
        path.removeprefix(prefix).removeprefix("."): info
        for path, info in modules.items()
        if path == prefix or path.startswith(prefix + ".")
    }
