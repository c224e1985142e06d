"""The ops of recipes: what the language's ops are lowered to, each with its arguments and, where it is one line, its torch code.

Every argument in a recipe is a literal. Kernels of floating tensors narrower than 32 bits that compute (`scale`, `sum`, `mean`, `add`, `matmul`,
`interpolate`, `weight_norm`, `norm`) do so in 32 bits and give the narrow type back.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from app.keys.dtypes import TORCH

Print = Callable[[Sequence[str], Mapping[str, Any], tuple[int, ...]], str]
"""Inputs as code, arguments, shape of the result -> an expression; the inputs are atoms (names, calls, or in brackets)."""


class Kernel(msgspec.Struct, frozen=True):
    """An op of recipes.

    arguments -- name -> what it holds
    code      -- prints it as one torch expression; None where a script calls a function of this name instead
    exact     -- whether elements are only moved, never computed
    """

    name: str
    summary: str
    arguments: dict[str, str]
    code: Print | None
    exact: bool = True


def _rows(inputs: Sequence[str], args: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    dim, value = args.get("dim", 0), inputs[0]
    if args["kind"] == "dims":
        return f"{value}.permute({', '.join(map(str, args['dims']))})"
    if "view" in args:
        before, after = list(range(dim)), list(range(dim + len(args["view"]), len(shape) - 1 + len(args["view"])))
        order = [*before, *(dim + axis for axis in args["dims"]), *after]
        return f"{value}.unflatten({dim}, {tuple(args['view'])}).permute({', '.join(map(str, order))}).flatten({dim}, {dim + len(args['view']) - 1})"
    if "deinterleave" in args:
        groups, parts = args["deinterleave"]["groups"], args["deinterleave"]["parts"]
        split = f"{value}.unflatten({dim}, ({groups}, {sum(parts)})).split({parts}, {dim + 1})"
        return f"torch.cat([part.flatten({dim}, {dim + 1}) for part in {split}], {dim})"
    if "roll" in args:
        return f"{value}.roll({-args['roll']}, {dim})"
    return f"{value}.index_select({dim}, torch.tensor({args['index']}))"


def _scale(inputs: Sequence[str], args: Mapping[str, Any], shape: tuple[int, ...]) -> str:  # noqa: ARG001
    return f"({inputs[0]}.float() * {args['factor']!r} + {args['offset']!r}).to({inputs[0]}.dtype)"


def _norm(inputs: Sequence[str], args: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    others = [at for at in range(len(shape)) if at != args["dim"]]
    return f"torch.linalg.vector_norm({inputs[0]}, dim={others}, keepdim=True)" if others else f"{inputs[0]}.abs()"


_KERNELS = (
    Kernel(
        "transpose",
        "Exchange two dimensions.",
        {"dims": "two dimensions, ascending"},
        lambda x, a, _: f"{x[0]}.transpose({a['dims'][0]}, {a['dims'][1]})",
    ),
    Kernel(
        "permute",
        "Dimensions or rows in another order.",
        {
            "kind": "dims or rows",
            "dims": "kind dims: the order; kind rows: the order of the grid's axes",
            "dim": "kind rows: along which dimension; one of the following forms",
            "view": "rows read as a grid of three",
            "deinterleave": "{groups, parts}: groups of parts become parts of all groups",
            "roll": "row that comes first",
            "index": "rows in their new order",
        },
        _rows,
    ),
    Kernel("flip", "Opposite order along dimensions.", {"dims": "dimensions"}, lambda x, a, _: f"{x[0]}.flip({a['dims']})"),
    Kernel(
        "reshape",
        "The same elements under another shape.",
        {"shape": "sizes"},
        lambda x, a, _: f"{x[0]}.reshape({', '.join(map(str, a['shape'])) or '()'})",
    ),
    Kernel(
        "slice",
        "Rows `start` to `start + length`.",
        {"dim": "", "start": "", "length": ""},
        lambda x, a, _: f"{x[0]}.narrow({a['dim']}, {a['start']}, {a['length']})",
    ),
    Kernel(
        "select", "One row; the dimension goes away.", {"dim": "", "index": ""}, lambda x, a, _: f"{x[0]}.select({a['dim']}, {a['index']})"
    ),
    Kernel("concat", "Behind one another.", {"dim": ""}, lambda x, a, _: f"torch.cat([{', '.join(x)}], {a['dim']})"),
    Kernel("stack", "Side by side along a new dimension.", {"dim": ""}, lambda x, a, _: f"torch.stack([{', '.join(x)}], {a['dim']})"),
    Kernel(
        "repeat",
        "Behind itself, `times` over.",
        {"dim": "", "times": ""},
        lambda x, a, _: f"torch.cat([{x[0]}] * {a['times']}, {a['dim']})",
    ),
    Kernel(
        "cast",
        "Another dtype.",
        {"dtype": "as safetensors writes it"},
        lambda x, a, _: f"{x[0]}.to(torch.{TORCH[a['dtype']]})",
        exact=False,
    ),
    Kernel("scale", "Times `factor`, plus `offset`.", {"factor": "", "offset": ""}, _scale, exact=False),
    Kernel(
        "add",
        "First plus `alpha` times second.",
        {"alpha": ""},
        lambda x, a, _: f"torch.add({x[0]}, {x[1]}, alpha={a['alpha']!r})",
        exact=False,
    ),
    Kernel("matmul", "Matrix product.", {}, lambda x, _a, _s: f"({x[0]} @ {x[1]})", exact=False),
    Kernel(
        "sum",
        "Sum along a dimension.",
        {"dim": "", "keepdim": ""},
        lambda x, a, _: f"{x[0]}.sum({a['dim']}, keepdim={a['keepdim']}, dtype={x[0]}.dtype)",
        exact=False,
    ),
    Kernel(
        "mean",
        "Average along a dimension.",
        {"dim": "", "keepdim": ""},
        lambda x, a, _: f"{x[0]}.mean({a['dim']}, keepdim={a['keepdim']})",
        exact=False,
    ),
    Kernel(
        "pad",
        "New rows before and behind.",
        {"dim": "", "before": "", "after": "", "fill": "{policy, ...} in the words of init"},
        None,
        exact=False,
    ),
    Kernel(
        "interpolate",
        "Resize a table of positions: (1,) tokens, width; or maps.",
        {
            "mode": "nearest, linear, bilinear, bicubic, area",
            "antialias": "",
            "prefix": "tokens that stay",
            "grid": "sizes before",
            "to_grid": "sizes after",
        },
        None,
        exact=False,
    ),
    Kernel("weight_norm", "Length (first) times direction (second), normed over all but `dim`.", {"dim": ""}, None, exact=False),
    Kernel("norm", "Euclidean length over all dimensions but `dim`, which stay with size one.", {"dim": ""}, _norm, exact=False),
)

KERNELS: Mapping[str, Kernel] = {kernel.name: kernel for kernel in _KERNELS}
"""Every op that a recipe may hold, by name."""


def print_kernel(op: str, inputs: Sequence[str], args: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    """Write a step as one torch expression; what takes more than a line is a call of a function of the kernel's name."""
    kernel = KERNELS[op]
    if kernel.code is not None:
        return kernel.code(inputs, args, shape)
    named = ", ".join(f"{name}={value!r}" for name, value in args.items())
    return f"{op}([{', '.join(inputs)}], {named})"
