"""One checkpoint at a glance: what it holds, in which types, what is tied, what else lies in it, and what its pickle names."""

from collections.abc import Iterable

import msgspec

from app.keys import FileInfo, ForeignGlobal, KeyTree, TensorInfo, TreeOffer, Warned, alias_groups, families, memory_groups
from app.viewing.offers import telling

ORDER = ("dangerous", "unknown", "known")


class Share(msgspec.Struct, frozen=True):
    """Tensors of one element type; tied ones count once in parameters and bytes."""

    dtype: str
    tensors: int
    parameters: int
    nbytes: int


class FamilyRow(msgspec.Struct, frozen=True):
    """Keys that are equal but for integers.

    shapes, dtypes -- the different ones, in listing order
    """

    template: str
    keys: int
    shapes: tuple[tuple[int, ...] | None, ...]
    dtypes: tuple[str, ...]
    parameters: int
    nbytes: int


class Summary(msgspec.Struct, frozen=True):
    """What the page of a file and the terminal tell of it.

    verdict -- id of the sentence on what its pickle names: `file-verdict-data`, `-made`, `-known`, `-unknown`, `-dangerous`
    globals -- what the pickle names, the dangerous first
    aliases -- groups of keys that are one tensor
    views   -- groups of keys that are different views of one block of memory
    other   -- leaves that are no tensors: key, short description
    dense   -- whether all tensors are contiguous and strided
    """

    format: str
    tensors: int
    parameters: int
    nbytes: int
    files: tuple[FileInfo, ...]
    bytes_read: int
    dtypes: tuple[Share, ...]
    aliases: tuple[tuple[str, ...], ...]
    views: tuple[tuple[str, ...], ...]
    families: tuple[FamilyRow, ...]
    verdict: str
    globals: tuple[ForeignGlobal, ...]
    other: tuple[tuple[str, str], ...]
    metadata: tuple[tuple[str, str], ...]
    offers: tuple[TreeOffer, ...]
    warnings: tuple[Warned, ...]
    dense: bool

    @property
    def file_bytes(self) -> int:
        """Size of all files."""
        return sum(each.size for each in self.files)


def summarise(tree: KeyTree) -> Summary:
    """Return the summary of a tree."""
    infos = tree.tensors.values()
    return Summary(
        format=tree.format,
        tensors=len(tree.tensors),
        parameters=tree.parameters,
        nbytes=tree.nbytes,
        files=tree.files,
        bytes_read=tree.bytes_read,
        dtypes=_shares(infos),
        aliases=tuple(tuple(group) for group in alias_groups(tree.tensors)),
        views=tuple(tuple(group) for group in memory_groups(tree.tensors)),
        families=_families(tree),
        verdict=verdict_of(tree),
        globals=tuple(sorted(tree.globals, key=lambda each: (_rank(each), each.name))),
        other=tuple(tree.other.items()),
        metadata=tuple(sorted(tree.metadata.items())),
        offers=tuple(offer for offer in telling(tree.offers, tree.nesting) if offer.nesting != tree.nesting),
        warnings=tree.warnings,
        dense=all(info.stride is None and info.layout == "strided" for info in infos),
    )


def verdict_of(tree: KeyTree) -> str:
    """Return the id of the plain words on a pickle's globals: the worst one decides. Where there is no file, there is nothing to load."""
    ranks = [_rank(each) for each in tree.globals]
    return "file-verdict-" + (ORDER[min(ranks)] if ranks else "data" if tree.files else "made")


def _rank(found: ForeignGlobal) -> int:
    return ORDER.index(found.verdict) if found.verdict in ORDER else ORDER.index("unknown")


def _shares(infos: Iterable[TensorInfo]) -> tuple[Share, ...]:
    """By element type, the one with the most bytes first."""
    found: dict[str, list[int]] = {}
    for info in infos:
        counts = found.setdefault(info.dtype, [0, 0, 0])
        counts[0] += 1
        if info.alias is None:
            counts[1] += info.numel
            counts[2] += info.stored
    shares = [Share(dtype, *counts) for dtype, counts in found.items()]
    return tuple(sorted(shares, key=lambda share: (-share.nbytes, -share.tensors, share.dtype)))


def _families(tree: KeyTree) -> tuple[FamilyRow, ...]:
    rows = []
    for family in families(tree.tensors, tree.separator).values():
        members = [tree.tensors[key] for _, key in family.members]
        own = [info for info in members if info.alias is None]
        rows.append(
            FamilyRow(
                family.template,
                len(members),
                tuple(dict.fromkeys(info.shape for info in members)),
                tuple(dict.fromkeys(info.dtype for info in members)),
                sum(info.numel for info in own),
                sum(info.stored for info in own),
            )
        )
    return tuple(rows)
