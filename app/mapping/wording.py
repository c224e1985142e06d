"""Recipes in the words of the contract with scripts (P.json), and expressions from those words.

A recipe of one op says ``op`` and ``args``. Where parts of a join are changed first, ``each`` says how, one entry a part. Groups that are joined
before they are stacked (experts: gate 0, up 0, gate 1, ...) are one ``stack`` with ``inner``. A cut that is changed further carries ``then``.
Everything else nests under ``of``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.keys import KeyTree
from app.mapping.claims import Claim
from app.mapping.errors import PlanError
from app.mapping.outcomes import Leaf, Recipe, Step
from app.mapping.patterns import escape
from app.mapping.plan import Arg, Call, Expr, Ref

_JOINS = frozenset({"concat", "stack"})


def claim_of(recipe: Recipe, shapes: Mapping[str, KeyTree] | None = None) -> Claim:
    """Write a recipe as a claim.

    shapes -- the sources' trees; with them ops that the contract describes by sizes (`interpolate`, `sum`, `repeat`, `pad`) say `from`
    """
    op, args, found = _worded(recipe, shapes or {})
    names = tuple(leaf.source for leaf in found)
    return Claim(tuple(leaf.key for leaf in found), op, args, names if any(names) else ())


def _worded(recipe: Recipe, shapes: Mapping[str, KeyTree]) -> tuple[str, dict[str, Arg], list[Leaf]]:
    if isinstance(recipe, Leaf):
        return "identity", {}, [recipe]
    interleaved = _interleaved(recipe)
    if interleaved is not None:
        return interleaved
    parts = [_worded(inner, shapes) for inner in recipe.inputs]
    found = [leaf for _, _, leaves in parts for leaf in leaves]
    args = _args(recipe, shapes)
    if recipe.op in _JOINS:
        if all(len(leaves) == 1 for _, _, leaves in parts):
            if any(op != "identity" for op, _, _ in parts):
                args["each"] = [{"op": op, "args": inner} for op, inner, _ in parts]
            return recipe.op, args, found
    elif len(parts) == 1:
        return _chained(recipe, parts[0], args)
    elif all(op == "identity" for op, _, _ in parts):
        return _name(recipe), args, found
    args["of"] = [{"op": op, "args": inner, "count": len(leaves)} for op, inner, leaves in parts]
    return _name(recipe), args, found


def _chained(recipe: Step, part: tuple[str, dict[str, Arg], list[Leaf]], args: dict[str, Arg]) -> tuple[str, dict[str, Arg], list[Leaf]]:
    op, inner, leaves = part
    if op == "identity":
        return _name(recipe), args, leaves
    if op == "permute" and (select := _selected(recipe, inner)) is not None:
        return "permute", {**inner, "select": select}, leaves
    if op == "slice" and "then" not in inner and "of" not in inner:
        return "slice", {**inner, "then": {"op": _name(recipe), **args}}, leaves
    args["of"] = [{"op": op, "args": inner, "count": len(leaves)}]
    return _name(recipe), args, leaves


def _selected(recipe: Step, inner: Mapping[str, Any]) -> int | None:
    """Which entry of a grid's first axis, after the exchange, a cut takes; None where it takes something else."""
    if recipe.op != "slice" or "view" not in inner or "select" in inner or inner["dim"] != recipe.args["dim"]:
        return None
    rows = 1
    for size in inner["view"]:
        rows *= size
    start, length = recipe.args["start"], recipe.args["length"]
    if not isinstance(start, int) or not isinstance(length, int) or length * inner["view"][inner["dims"][0]] != rows or start % length:
        return None
    return start // length


def _name(recipe: Step) -> str:
    return {"select": "slice", "flip": "permute"}.get(recipe.op, recipe.op)


def _args(recipe: Step, shapes: Mapping[str, KeyTree]) -> dict[str, Arg]:
    args = dict(recipe.args)
    match recipe.op:
        case "select":
            return {"dim": args["dim"], "start": args["index"], "length": 1, "squeeze": True}
        case "flip":
            return {"kind": "flip", "dims": args["dims"]}
        case "sum" | "mean" | "repeat" | "pad":
            return _sized(recipe, args, shapes)
        case "interpolate":
            return {"from": _shape(recipe.inputs[0], shapes), "to": list(recipe.shape), "kind": _interpolation(args), **_grids(args)}
    return args


def _sized(recipe: Step, args: dict[str, Arg], shapes: Mapping[str, KeyTree]) -> dict[str, Arg]:
    before = _shape(recipe.inputs[0], shapes)
    dim = args["dim"]
    out: dict[str, Arg] = {"dim": dim}
    if isinstance(before, list) and isinstance(dim, int):
        dropped = len(before) > len(recipe.shape)
        out |= {"from": before[dim], "to": 1 if dropped else recipe.shape[dim]}
    for name, default in (("keepdim", True), ("before", 0)):
        if name in args and args[name] != default:
            out[name] = args[name]
    if args.get("fill", {"policy": "zeros"}) != {"policy": "zeros"}:
        out["fill"] = args["fill"]
    return out


def _shape(recipe: Recipe, shapes: Mapping[str, KeyTree]) -> Arg:
    if isinstance(recipe, Step):
        return list(recipe.shape)
    tree = shapes.get(recipe.source)
    shape = tree.tensors[recipe.key].shape if tree is not None else None
    return None if shape is None else list(shape)


def _interpolation(args: Mapping[str, Arg]) -> str:
    grid = args["grid"]
    flat = isinstance(grid, list) and len(grid) == 1
    antialias = " antialias" if args["antialias"] else ""
    prefix = args["prefix"]
    tokens = "" if not prefix else f", {prefix} prefix token{'s' if prefix != 1 else ''}"
    return f"{'1d' if flat else '2d'} {args['mode']}{antialias}{tokens}"


def _grids(args: Mapping[str, Arg]) -> dict[str, Arg]:
    """Grids are said only where they are not square."""
    out: dict[str, Arg] = {}
    for name in ("grid", "to_grid"):
        grid = args[name]
        if isinstance(grid, list) and len(set(grid)) > 1:
            out[name] = grid
    return out


def _interleaved(recipe: Step) -> tuple[str, dict[str, Arg], list[Leaf]] | None:
    """Stacks of joined groups, written either way round: `stack(concat(...), ...)` or `concat(stack(...), stack(...), dim + 1)`."""
    inner = recipe.inputs
    if not all(isinstance(part, Step) and all(isinstance(leaf, Leaf) for leaf in part.inputs) for part in inner):
        return None
    parts = [part for part in inner if isinstance(part, Step)]
    if len({(part.op, str(part.args), len(part.inputs)) for part in parts}) != 1 or len(parts) < 2:
        return None
    dim, below = recipe.args.get("dim"), parts[0].args.get("dim")
    if not isinstance(dim, int) or not isinstance(below, int):
        return None
    rows = [[leaf for leaf in part.inputs if isinstance(leaf, Leaf)] for part in parts]
    if recipe.op == "stack" and parts[0].op == "concat":
        leaves = [leaf for row in rows for leaf in row]
        return "stack", {"dim": dim, "inner": {"op": "concat", "dim": below, "count": len(rows[0])}}, leaves
    if recipe.op == "concat" and parts[0].op == "stack" and dim != below:
        leaves = [leaf for column in zip(*rows, strict=True) for leaf in column]
        along = dim - 1 if dim > below else dim
        return "stack", {"dim": below, "inner": {"op": "concat", "dim": along, "count": len(rows)}}, leaves
    return None


def expression_of(claim: Claim, wanted: Callable[[str, str], Sequence[int] | None], target: tuple[int, ...] | None) -> Expr:
    """Write a claim as an expression over its own keys; sizes that shapes tell are left to them, so that equal ops look equal.

    wanted -- gives the shape of a source key (source name, key); None where it is not known
    target -- shape of the target key
    Raises PlanError `claim_unreadable` where the words are none of the contract's.
    """
    names = claim.names or ("",) * len(claim.sources)
    refs: list[Expr] = [Ref(escape(key), name) for key, name in zip(claim.sources, names, strict=True)]
    shapes = [wanted(name, key) for key, name in zip(claim.sources, names, strict=True)]
    try:
        return _expression(claim.op, dict(claim.args), refs, shapes, target)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise PlanError("claim_unreadable", op=claim.op, args=str(claim.args)[:200]) from error


def _expression(op: str, args: dict[str, Any], refs: Sequence[Expr], shapes: Sequence[Any], target: Any) -> Expr:
    if "of" in args:
        return _nested(op, args, refs, shapes, target)
    if op in _JOINS:
        return _join(op, args, refs, shapes)
    if len(refs) != 1:
        return _many(op, args, refs)
    ref, shape = refs[0], shapes[0]
    worded = _WORDED.get(op)
    if worded is not None:
        return worded(args, ref, shape, target)
    return Call(op, (ref,), {name: value for name, value in args.items() if name not in _DESCRIBING})


_DESCRIBING = frozenset({"from", "to", "function"})


def _many(op: str, args: dict[str, Any], refs: Sequence[Expr]) -> Expr:
    if op == "weight_norm":
        return Call("weight_norm_fold", tuple(refs), args)
    if op not in {"add", "matmul", "weight_norm_fold", "join_qkv", "join_gate_up"}:
        raise ValueError(op)
    return Call(op, tuple(refs), args)


def _chunk(args: dict[str, Any], ref: Expr, _shape: Any, _target: Any) -> Expr:
    return Call("chunk", (ref,), {"chunks": args["chunks"], "dim": args.get("dim", 0)}, args["index"])


def _transpose(args: dict[str, Any], ref: Expr, _shape: Any, _target: Any) -> Expr:
    first, second = args.get("dims") or [args.get("dim0", 0), args.get("dim1", 1)]
    return Call("transpose", (ref,), {} if sorted((first, second)) == [0, 1] else {"dim0": first, "dim1": second})


def _reshape(args: dict[str, Any], ref: Expr, _shape: Any, target: Any) -> Expr:
    same = args.get("shape") is None or (target is not None and list(target) == list(args["shape"]))
    return Call("reshape", (ref,), {"like": "target"} if same else {"shape": args["shape"]})


def _sum(args: dict[str, Any], ref: Expr, shape: Any, target: Any) -> Expr:
    dim, _, _ = _change(args, shape, target)
    return Call("sum", (ref,), {"dim": dim, **({"keepdim": False} if args.get("keepdim") is False else {})})


def _mean(args: dict[str, Any], ref: Expr, shape: Any, target: Any) -> Expr:
    dim, _, _ = _change(args, shape, target)
    return Call("mean", (ref,), {"dim": dim, **({"keepdim": False} if args.get("keepdim") is False else {})})


def _repeat(args: dict[str, Any], ref: Expr, shape: Any, target: Any) -> Expr:
    if "times" in args:
        return Call("repeat", (ref,), {"dim": args["dim"], "times": args["times"]})
    dim, before, after = _change(args, shape, target)
    if after % before:
        raise ValueError(args)
    return Call("repeat", (ref,), {"dim": dim, "times": after // before})


def _pad(args: dict[str, Any], ref: Expr, shape: Any, target: Any) -> Expr:
    sizes: dict[str, Any] = {name: args[name] for name in ("before", "fill") if name in args}
    dim, before, after = (args["dim"], 0, args["after"]) if "after" in args else _change(args, shape, target)
    more = after - before - (0 if "after" in args else sizes.get("before", 0))
    known = target is not None and shape is not None and target[dim] == shape[dim] + sizes.get("before", 0) + more
    return Call("pad", (ref,), {"dim": dim, **sizes, **({} if known else {"after": more})})


def _norm(args: dict[str, Any], ref: Expr, _shape: Any, _target: Any) -> Expr:
    return Call("weight_norm_split", (ref,), args, "g")


def _change(args: Mapping[str, Any], shape: Any, target: Any) -> tuple[int, int, int]:
    """Return the dimension whose size changes, and both sizes; `from` and `to` are sizes or whole shapes."""
    before, after = args.get("from", shape), args.get("to", target)
    if isinstance(before, int) and isinstance(after, int):
        return args["dim"], before, after
    before, after = list(before), list(after)
    if "dim" in args:
        dim = args["dim"]
        return dim, before[dim], after[dim] if len(after) == len(before) else 1
    differing = [at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    if len(differing) != 1:
        raise ValueError(args)
    return differing[0], before[differing[0]], after[differing[0]]


def _nested(op: str, args: dict[str, Any], refs: Sequence[Expr], shapes: Sequence[Any], target: Any) -> Expr:
    parts, at = [], 0
    for entry in args.pop("of"):
        count = entry.get("count", 1)
        parts.append(
            _expression(entry.get("op", "identity"), dict(entry.get("args") or {}), refs[at : at + count], shapes[at : at + count], None)
        )
        at += count
    if op in _JOINS:
        return Call(op, tuple(parts), {"dim": args.get("dim", 0)})
    if len(parts) > 1:
        return Call(op, tuple(parts), args)
    return _expression(op, args, parts, [None], target)


def _join(op: str, args: dict[str, Any], refs: Sequence[Expr], shapes: Sequence[Any]) -> Expr:
    dim, inner, each = args.get("dim", 0), args.get("inner"), args.get("each")
    if each:
        refs = [
            _expression(entry.get("op") or "identity", _entry(entry), [ref], [shape], None)
            for entry, ref, shape in zip(each, refs, shapes, strict=True)
        ]
    if not inner:
        return Call(op, tuple(refs), {"dim": dim})
    count, below = inner["count"], inner.get("dim", 0)
    if len(refs) % count:
        raise ValueError(count)
    columns = tuple(Call("stack", tuple(refs[at::count]), {"dim": dim}) for at in range(count))
    return Call("concat", columns, {"dim": below + 1 if below >= dim else below})


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in entry.items() if name not in {"op", "args", "source"}}
    return {**own, **(entry.get("args") or {})}


_AXES_KEPT = frozenset({"transpose", "permute", "identity", "slice"})
"""Ops after which a tensor has as many axes as before."""


def _slice(args: dict[str, Any], ref: Expr, shape: Any, target: Any) -> Expr:
    dim, start, length = args.get("dim", 0), args["start"], args["length"]
    then = args.get("then")
    size = shape[dim] if shape is not None else None
    flatter = target is not None and shape is not None and len(target) == len(shape) - 1
    if args.get("squeeze") or (length == 1 and flatter and (then is None or then["op"] in _AXES_KEPT)):
        out: Expr = Call("select", (ref,), {"dim": dim, "index": start})
    elif size is not None and length and size % length == 0 and start % length == 0 and 1 < size // length <= 16:
        out = Call("chunk", (ref,), {"chunks": size // length, "dim": dim}, start // length)
    else:
        out = Call("slice", (ref,), {"dim": dim, "start": start, "length": length})
    if then is None:
        return out
    return _expression(then["op"], _entry(then), [out], [None], target)


def _permute(args: dict[str, Any], ref: Expr, shape: Any, _target: Any) -> Expr:
    if args.get("kind") == "flip":
        return Call("flip", (ref,), {"dims": args["dims"]})
    if args.get("kind", "dims") == "dims" and "view" not in args:
        return Call("permute", (ref,), {"dims": args["dims"]})
    dim: dict[str, Arg] = {"dim": args["dim"]} if args.get("dim", 0) else {}
    if "select" in args:
        return _picked(args, ref)
    if "view" in args:
        view = list(args["view"])
        size = shape[args.get("dim", 0)] if shape is not None else 0
        product = 1
        for part in view:
            product *= part
        if size == product:
            view[_loosest(view, args["dims"])] = -1
        return Call("permute_rows", (ref,), {"view": view, "dims": args["dims"], **dim})
    if "deinterleave" in args:
        return Call("deinterleave", (ref,), {"groups": args["deinterleave"]["groups"], "parts": args["deinterleave"]["parts"], **dim})
    if "roll" in args:
        return Call("roll", (ref,), {"start": args["roll"], **dim})
    return Call("take", (ref,), {"index": args["index"], **dim})


def _picked(args: dict[str, Any], ref: Expr) -> Expr:
    """Rows as a grid, its axes exchanged, one entry of the first axis: a part of a tensor that is fused group by group."""
    dim: dict[str, Arg] = {"dim": args["dim"]} if args.get("dim", 0) else {}
    whole = Call("permute_rows", (ref,), {"view": args["view"], "dims": args["dims"], **dim})
    return Call("chunk", (whole,), {"chunks": args["view"][args["dims"][0]], "dim": args.get("dim", 0)}, int(args["select"]))


def _loosest(view: Sequence[int], dims: Sequence[int]) -> int:
    """Return the axis of a grid that stands for the heads: the first, which layouts of one architecture differ in."""
    return 0 if len(view) == len(dims) else len(view) - 1


def _interpolate(args: dict[str, Any], ref: Expr, _shape: Any, target: Any) -> Expr:
    if "mode" in args:
        return Call("interpolate", (ref,), {name: value for name, value in args.items() if name not in {"from", "to"}})
    said = str(args.get("kind", "2d bicubic antialias"))
    words = said.replace(",", " ").split()
    out: dict[str, Arg] = {
        "mode": next((word for word in words if word in {"nearest", "linear", "bilinear", "bicubic", "area"}), "bicubic")
    }
    if "antialias" not in words:
        out["antialias"] = False
    if "prefix" in words:
        out["prefix"] = int(words[words.index("prefix") - 1])
    if "1d" in words:
        out["rank"] = 1
    for name in ("grid", "to_grid"):
        if name in args:
            out[name] = args[name]
    if target is None and "to_grid" not in out:
        raise ValueError(said)
    return Call("interpolate", (ref,), out)


_WORDED: Mapping[str, Callable[[dict[str, Any], Expr, Any, Any], Expr]] = {
    "identity": lambda _args, ref, _shape, _target: ref,
    "slice": _slice,
    "chunk": _chunk,
    "transpose": _transpose,
    "permute": _permute,
    "reshape": _reshape,
    "interpolate": _interpolate,
    "sum": _sum,
    "mean": _mean,
    "repeat": _repeat,
    "pad": _pad,
    "norm": _norm,
}
"""Ops that the contract words in its own way."""
