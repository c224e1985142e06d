"""From leaves to a key tree: the nesting chosen, keys spelt, storages checked, warnings gathered."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from app.keys import FileInfo, ForeignGlobal, KeyTree, ModuleInfo, TensorInfo, Warned
from app.keys.spelling import Token
from app.keys.tree import keyed
from app.readers.errors import ReadError
from app.readers.nesting import below, offers, principal
from app.readers.pickles import Array, Global, Tensor
from app.readers.pickles.verdicts import verdict
from app.readers.storages import Checked, aliases
from app.readers.walking import Leaf, Walked, shown_name

_LISTED = 1_000
"""Globals that are named one by one."""


def tree_of(
    walked: Walked,
    check: Callable[[Tensor | Array], Checked],
    *,
    form: str,
    files: tuple[FileInfo, ...],
    nesting: tuple[Token, ...] | None,
    names: Iterable[Global] = (),
    warnings: Iterable[Warned] = (),
    metadata: dict[str, str] | None = None,
) -> KeyTree:
    """Put a tree together. Raises ReadError (`no_such_nesting`) where `nesting` is not in the file."""
    leaves = walked.leaves
    chosen = principal(leaves) if nesting is None else nesting
    inside = [leaf for leaf in leaves if below(leaf.key, chosen)]
    if nesting and not inside:
        raise ReadError("no_such_nesting", file=files[0].name if files else "", nesting=".".join(str(token) for token in nesting))
    tensors, flags = _tensors(inside, len(chosen), check)
    globals_ = foreign(names)
    return KeyTree(
        form,
        tensors,
        nesting=chosen,
        files=files,
        other=walked.other,
        globals=globals_,
        warnings=(*warnings, *_warned([*walked.flags, *flags]), *cautions(globals_)),
        offers=offers(leaves, chosen),
        modules=_modules(walked.modules, chosen),
        metadata=metadata or {},
    )


def _tensors(
    leaves: Sequence[Leaf], depth: int, check: Callable[[Tensor | Array], Checked]
) -> tuple[dict[str, TensorInfo], list[tuple[str, str]]]:
    keys = keyed(leaf.key[depth:] for leaf in leaves)
    flags: list[tuple[str, str]] = []
    out: dict[str, TensorInfo] = {}
    for key, leaf in zip(keys, leaves, strict=True):
        info, found = check(leaf.tensor)
        flags.extend((code, key) for code in found)
        if len(leaf.path) != depth + 1:
            info = msgspec.structs.replace(info, path=leaf.path)
        out[key] = info
    for key, owner in aliases(out).items():
        out[key] = msgspec.structs.replace(out[key], alias=owner)
    return out, flags


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
