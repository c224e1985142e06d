"""transformers 5: a list of `WeightRenaming` and `WeightConverter` for `register_checkpoint_conversion_mapping`.

Source: transformers.core_model_loading. All renamings fire in turn; then at most one converter takes the key, replaces the text that its
pattern matches by its first target, and gathers what ends on one name. Its patterns are the last segments of keys: what stands before
them must agree on both sides, so a renaming goes ahead of it.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from app.dialects.dialect import Dialected, LeftOver, Subject
from app.dialects.sequences import Pair, sequenced
from app.dialects.transformers import mapped, spelt
from app.exporting.expressions import leftover_code
from app.exporting.layout import Group, Node, call, lines, row
from app.exporting.literals import raw_literal, text_literal
from app.exporting.names import plain_name
from app.keys.folding import is_index
from app.mapping import Leaf, Reason, Recipe, Step


class Converter(msgspec.Struct, frozen=True):
    """Patterns of last segments, and the operations that lead from the sources to the targets."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    operations: tuple[tuple[str, tuple[int, ...]], ...]


class _Case(msgspec.Struct, frozen=True):
    """One use of a converter: source keys by pattern, in order, target keys, and what is done."""

    sources: tuple[tuple[str, ...], ...]
    targets: tuple[str, ...]
    operations: tuple[tuple[str, tuple[int, ...]], ...]


class _Split(msgspec.Struct, frozen=True):
    """A case as a converter, with the renamings that it needs."""

    converter: Converter
    renamings: tuple[Pair, ...]


def write(subject: Subject) -> Dialected:
    """Write the list; what neither a renaming nor a converter says is left over."""
    plain = sequenced(subject, mapped, spelt)
    cases = _cases(subject)
    splits = [(case, split) for case in cases if (split := _split(case)) is not None]
    while True:
        converters = list(dict.fromkeys(split.converter for _, split in splits))
        ahead = dict.fromkeys(pair for _, split in splits for pair in split.renamings)
        pairs = [*ahead, *plain.pairs]
        gathered = _gathered(subject, pairs, converters)
        right = [(case, split) for case, split in splits if _right(case, split, gathered)]
        useful = {split.converter for _, split in right}
        if len(useful) == len(converters):
            break
        splits = [(case, split) for case, split in splits if split.converter in useful]  # one that is right nowhere only takes keys
    said = {target for case, _ in right for target in case.targets}
    renamed = {plain_name(leaf.key): target for target, leaf in subject.transfer.assignments.items() if isinstance(leaf, Leaf)}
    spoilt = [
        LeftOver(target, Reason("dialect_chained"), leftover_code(Leaf(key)))
        for key, target in renamed.items()
        if mapped(pairs, key) != target or _taken(target, converters) is not None
    ]
    left = {each.target: each for each in (*plain.left, *spoilt) if each.target not in said}
    return Dialected("\n".join(_text(pairs, converters)) + "\n", tuple(left.values()))


def _cases(subject: Subject) -> list[_Case]:
    """Gather what converters can say: equal parts of one key, joins and stacks of several, transposes."""
    cases: list[_Case] = []
    parts: dict[tuple[str, int, int], dict[int, str]] = {}
    for target, recipe in subject.transfer.assignments.items():
        if not isinstance(recipe, Step):
            continue
        match recipe:
            case Step("chunk", (Leaf(key),), {"chunks": int(count), "dim": int(dim), "index": int(index)}):
                parts.setdefault((plain_name(key), count, dim), {})[index] = target
            case Step("transpose", (Leaf(key),), {"dims": [int(first), int(second)]}):
                cases.append(_Case(((plain_name(key),),), (target,), (("Transpose", (first, second)),)))
            case Step("concat" | "stack", inputs, {"dim": int(dim)}):
                joined = _joined(recipe.op, inputs, dim)
                if joined is not None:
                    cases.append(_Case(joined[0], (target,), joined[1]))
    for (key, count, dim), found in parts.items():
        if len(found) == count:
            cases.append(_Case(((key,),), tuple(found[index] for index in range(count)), (("Chunk", (dim,)),)))
    return cases


def _joined(
    op: str, inputs: Sequence[Recipe], dim: int
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, tuple[int, ...]], ...]] | None:
    leaf_keys = tuple(plain_name(part.key) for part in inputs if isinstance(part, Leaf))
    if len(leaf_keys) == len(inputs):
        if op == "stack":
            return (leaf_keys,), (("MergeModulelist", (dim,)),)
        return tuple((key,) for key in leaf_keys), (("Concatenate", (dim,)),)
    stacks = [
        part for part in inputs if isinstance(part, Step) and part.op == "stack" and all(isinstance(leaf, Leaf) for leaf in part.inputs)
    ]
    inner = {part.args.get("dim") for part in stacks}
    if op == "concat" and len(stacks) == len(inputs) and len(inner) == 1 and isinstance(own := inner.pop(), int):
        keys = tuple(tuple(plain_name(leaf.key) for leaf in part.inputs if isinstance(leaf, Leaf)) for part in stacks)
        return keys, (("MergeModulelist", (own,)), ("Concatenate", (dim,)))
    return None


def _split(case: _Case) -> _Split | None:
    """Find the segments that a converter replaces, and the renamings of what stands before them."""
    head, *_ = _cut(case.targets[0], None)
    numbers = [segment for segment in head if is_index(segment)]
    ends = []
    for target in case.targets:
        if target.split(".")[: len(head)] != head:
            return None
        ends.append(".".join(target.split(".")[len(head) :]))
    patterns, renamings = [], []
    for keys in case.sources:
        before, leaf = _cut(keys[0], len(numbers))
        if [segment for segment in before if is_index(segment)] != numbers:
            return None
        pattern = (
            r"\.".join(".*" if len(keys) > 1 and is_index(segment) else re.escape(segment) for segment in leaf).replace(r".*\.", "*.") + "$"
        )
        patterns.append(pattern)
        pair = _renaming(before, head, pattern)
        if pair is None:
            return None
        renamings.append(pair)
    if any(is_index(segment) for end in ends for segment in end.split(".")) or any("(" in end for end in ends):
        return None
    return _Split(Converter(tuple(patterns), tuple(ends), case.operations), tuple(pair for pair in renamings if pair[1] or pair[0]))


def _cut(key: str, numbers: int | None) -> tuple[list[str], list[str]]:
    """Cut a key behind its last integer, or behind the integer of that rank; the last segment is never in the head."""
    segments = key.split(".")
    places = [index for index, segment in enumerate(segments[:-1]) if is_index(segment)]
    if numbers is not None:
        places = places[:numbers]
    at = places[-1] + 1 if places else 0
    return segments[:at], segments[at:]


def _renaming(before: Sequence[str], after: Sequence[str], leaf: str) -> Pair | None:
    if list(before) == list(after):
        return "", ""
    if not before or not after:
        return None
    turn = iter(range(1, len(before) + 1))
    pattern = r"\.".join(r"(\d+)" if is_index(segment) else re.escape(segment) for segment in before) + r"\."
    replacement = ".".join(f"\\{next(turn)}" if is_index(segment) else segment for segment in after) + "."
    found = spelt((pattern, replacement))
    return None if found is None else (f"{found[0]}(?={leaf.replace('*.', '.*' + chr(92) + '.')})", found[1])


Gathered = dict[tuple[Converter, str], dict[str, list[str]]]


def _gathered(subject: Subject, pairs: Sequence[Pair], converters: Sequence[Converter]) -> Gathered:
    """Do what transformers does with every key of the source: converter and name -> pattern -> keys, in natural order."""
    out: Gathered = {}
    keys = sorted((plain_name(key) for tree in subject.sources.values() for key in tree.tensors), key=_natural)
    for key in keys:
        name = mapped(pairs, key)
        found = _taken(name, converters)
        if found is not None:
            converter, pattern, match = found
            layer = name.replace(match, converter.targets[0], 1)
            out.setdefault((converter, layer), {}).setdefault(pattern, []).append(key)
    return out


def _taken(name: str, converters: Iterable[Converter]) -> tuple[Converter, str, str] | None:
    for converter in converters:
        for pattern in sorted(converter.sources, key=lambda each: -len(each)):
            match = re.search(pattern.replace("*.", r".*\."), name)
            if match:
                return converter, pattern, match.group(0)
    return None


def _natural(key: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in key.split(".")]


def _right(case: _Case, split: _Split, gathered: Gathered) -> bool:
    """Whether the converter gathers exactly the keys of the case under the name of its first target."""
    found = gathered.get((split.converter, case.targets[0]), {})
    return all(tuple(found.get(pattern, ())) == keys for pattern, keys in zip(split.converter.sources, case.sources, strict=True))


def _text(pairs: Sequence[Pair], converters: Sequence[Converter]) -> list[str]:
    operations = sorted({name for converter in converters for name, _ in converter.operations})
    items: list[Node] = [call("WeightRenaming", raw_literal(pattern), raw_literal(target)) for pattern, target in pairs]
    for converter in converters:
        done = tuple(call(name, *map(str, numbers)) for name, numbers in converter.operations)
        items.append(
            call(
                "WeightConverter",
                Group("[", tuple(raw_literal(pattern) for pattern in converter.sources), "]"),
                Group("[", tuple(text_literal(target) for target in converter.targets), "]"),
                row("operations=", Group("[", done, "]")),
            )
        )
    imported = sorted([*operations, *(["WeightConverter"] if converters else []), *(["WeightRenaming"] if pairs else [])])
    return [
        "# from transformers.conversion_mapping import register_checkpoint_conversion_mapping",
        '# register_checkpoint_conversion_mapping("model_type", conversions)',
        *([f"from transformers.core_model_loading import {', '.join(imported)}", ""] if imported else []),
        *lines(Group("[", tuple(items), "]"), before="conversions = "),
    ]
