"""The ops' part of the language reference, written from the table."""

from app.mapping.ops.op import REQUIRED, Op, Parameter
from app.mapping.ops.table import OPS
from app.mapping.ops.value import words

_TITLES = {
    "shape": "Reading under another shape",
    "axes": "Dimensions in another order",
    "parts": "Parts",
    "joins": "Joins",
    "rows": "Rows in another order",
    "numbers": "Computing",
    "sizes": "Other sizes",
    "attention": "Layouts of attention and gated layers",
    "norms": "Weight norm",
}


def ops_reference() -> str:
    """Write the reference of all ops as Markdown, grouped."""
    out = []
    for group, title in _TITLES.items():
        out.append(f"### {title}\n")
        out += [_section(op) for op in OPS.values() if op.group == group]
    return "\n".join(out)


def _section(op: Op) -> str:
    sources = ", ".join(f"`{key}` {words(shape)}" for key, shape in op.example.sources.items())
    arguments = "".join(f"- {_argument(parameter)}\n" for parameter in op.parameters)
    inverse = f"\nUndone by: {op.inverse}.\n" if op.inverse else "\nCannot be undone.\n"
    return (
        f"#### {op.name}\n\n{op.summary}\n\n```plan-line\n{op.example.line}\n```\n\n"
        f"{sources} gives {words(op.example.gives)}.\n{chr(10) + arguments if arguments else ''}{inverse}"
    )


def _argument(parameter: Parameter) -> str:
    text = f"`{parameter.name}` ({parameter.kind}"
    if parameter.choices:
        text += ": " + ", ".join(parameter.choices)
    text += ")"
    if parameter.default != REQUIRED and parameter.default is not None:
        text += f", {_spelt(parameter.default)} where left out"
    elif parameter.default is None and not parameter.summary:
        text += ", may be left out"
    if parameter.summary:
        text += f": {parameter.summary}"
    return text


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
