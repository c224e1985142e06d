"""What the container opcodes do, and what stands in for a call."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.readers.pickles import numpy_makers, plain_makers, torch_makers
from app.readers.pickles.values import Array, Call, Global, Mapped, Storage, Tensor

if TYPE_CHECKING:
    from app.readers.pickles.machine import Machine

MAKERS: dict[str, Callable[["Machine", tuple[Any, ...]], Any]] = {
    **plain_makers.MAKERS,
    **numpy_makers.MAKERS,
    **torch_makers.MAKERS,
}
"""Dotted name -> what makes a value of ours in its stead. Nothing else is known; everything else becomes a `Call`."""


def maker_of(module: str, name: str) -> Callable[["Machine", tuple[Any, ...]], Any] | None:
    """Return what stands in for a global, None where it is a stranger."""
    return MAKERS.get(f"{module}.{name}")


def call(machine: "Machine", target: Any, args: tuple[Any, ...], *, new: bool = False) -> Any:
    """Return what stands for `target(*args)`; `new` where a class was asked for an instance."""
    if type(target) is Global:
        if not new:
            target.calls += 1
        if target.maker is not None:
            return target.maker(machine, args)
        return Call(target, args)
    if type(target) is Call:
        return Call(target, args)
    raise machine.malformed("callable")


def set_items(machine: "Machine", target: Any, pairs: list[Any]) -> None:
    """SETITEM and SETITEMS: only on what is like a dictionary."""
    kind = type(target)
    if kind is Mapped:
        target.extend(pairs)
    elif kind is Call:
        if target.pairs is None:
            target.pairs = Mapped()
        target.pairs.extend(pairs)
    else:
        raise machine.malformed("not_a_dict")


def append(machine: "Machine", target: Any, items: list[Any]) -> None:
    """APPEND, APPENDS and ADDITEMS: only on what is like a list."""
    kind = type(target)
    if kind is list:
        target.extend(items)
    elif kind is Call:
        if target.items is None:
            target.items = []
        target.items.extend(items)
    else:
        raise machine.malformed("not_a_list")


def build(machine: "Machine", target: Any, state: Any) -> None:
    """BUILD: kept as data."""
    kind = type(target)
    if kind is Call or kind is Mapped:
        target.state = state
    elif kind is Array:
        numpy_makers.fill(machine, target, state)
    elif kind is numpy_makers.Dtype:
        numpy_makers.refine(target, state)
    elif kind is Tensor:
        torch_makers.restate(target, state)
    elif kind is not Storage and kind is not list:
        raise machine.malformed("state")
