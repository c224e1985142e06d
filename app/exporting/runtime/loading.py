"""Filling a live model, and proving that it was filled."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from app.exporting.runtime.checkpoint import Source, TransferError, open_source
from app.exporting.runtime.remapping import Report, Take, computed, inspect
from app.exporting.runtime.tables import EXPECTED, MIN_COVERAGE, remapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def unwrap(model: nn.Module) -> nn.Module:
    """Return the model inside DataParallel, DistributedDataParallel and torch.compile."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(
            model, (nn.DataParallel, nn.parallel.DistributedDataParallel)
        ):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def places(model: nn.Module) -> dict[str, list[tuple[nn.Module, str]]]:
    """Find where each tensor of the state_dict stands: tied tensors stand in several modules."""
    by_identity: dict[int, list[tuple[nn.Module, str]]] = {}
    by_key: dict[str, list[tuple[nn.Module, str]]] = {}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for name, tensor in [*module._parameters.items(), *module._buffers.items()]:
            if tensor is not None and name not in module._non_persistent_buffers_set:
                stands = by_identity.setdefault(id(tensor), [])
                if (module, name) not in stands:
                    stands.append((module, name))
                by_key[f"{prefix}.{name}" if prefix else name] = stands
    return by_key


def select(
    model: nn.Module,
    *,
    subtree: str = "",
    only: str = "*",
    module_types: tuple[type[nn.Module], ...] = (),
) -> dict[str, str]:
    """Choose the keys to work on: target key -> key in `model`.

    subtree      -- `model` is this submodule of the target
    only         -- shell pattern over the model's keys, as "backbone.*"
    module_types -- tensors of such modules alone, as (nn.Conv2d,)
    """
    lead = f"{subtree}." if subtree else ""
    return {
        lead + key: key
        for key, stands in places(model).items()
        if fnmatchcase(key, only) and (not module_types or isinstance(stands[0][0], module_types))
    }


def load_into(
    model: nn.Module,
    source: Source,
    *,
    strict: bool = True,
    min_coverage: float = MIN_COVERAGE,
    assign: bool = False,
    subtree: str = "",
    only: str = "*",
    module_types: tuple[type[nn.Module], ...] = (),
) -> Report:
    """Copy the remapped weights into `model`, tensor by tensor; no second state_dict is held.

    Everything is checked by names and shapes before the first tensor is touched. `assign` puts the tensors themselves
    into the model, as a model on the meta device needs; tied tensors stay tied. Below `min_coverage` (share of the
    elements), or if nothing fits, TransferError is raised and the model is as it was.
    """
    model = unwrap(model)
    tensors = open_source(source)
    stands = places(model)
    chosen = select(model, subtree=subtree, only=only, module_types=module_types)
    shapes = {target: _shape(*stands[key][0]) for target, key in chosen.items()}
    report = inspect(tensors, _with_incoming(tensors, shapes))
    if not (subtree or module_types or only != "*"):
        report.unexpected += [
            f"{key}, which the model lacks" for key in EXPECTED if key not in chosen
        ]
    claimed = set(report.loaded)
    _retie(report, {target: stands[key] for target, key in chosen.items()})
    if strict and report.problems:
        raise TransferError("\n".join(["the model was not changed:", *report.problems]))
    if not report.loaded or report.coverage < min_coverage:
        raise TransferError(
            f"only {len(report.loaded)} keys ({report.coverage:.1%} of the elements) fit; the model was not changed"
        )
    _refuse_disagreeing_ties(
        tensors, {target: stands[chosen[target]] for target in chosen if target in claimed}
    )
    with torch.no_grad():
        for target, value in remapped(Take(tensors)):
            if target in claimed:
                _put(stands[chosen[target]], value, assign=assign)
    return report


def _tensor(module: nn.Module, name: str) -> torch.Tensor:
    tensor = module._parameters.get(name)
    found = module._buffers[name] if tensor is None else tensor
    return cast("torch.Tensor", found)


def _shape(module: nn.Module, name: str) -> tuple[int, ...] | None:
    tensor = _tensor(module, name)
    return None if nn.parameter.is_lazy(tensor) else tuple(tensor.shape)


def _with_incoming(
    tensors: Mapping[str, torch.Tensor], shapes: Mapping[str, tuple[int, ...] | None]
) -> dict[str, tuple[int, ...]]:
    """Give lazy parameters, whose shape is None, the shape that they will take."""
    coming: dict[str, tuple[int, ...]] = {}
    if None in shapes.values():
        coming = {key: tuple(each.shape) for key, each in computed(Take(tensors, outlines=True))}
    return {key: coming.get(key, ()) if shape is None else shape for key, shape in shapes.items()}


def _retie(report: Report, stands: dict[str, list[tuple[nn.Module, str]]]) -> None:
    """Count a key whose tensor is tied to a loaded one as loaded."""
    filled = {id(stands[target]): target for target in report.loaded}
    for target in [*report.missing, *report.fresh]:
        twin = filled.get(id(stands[target]))
        if twin is not None:
            report.loaded[target] = f"tied to {twin}"
    report.missing = [key for key in report.missing if key not in report.loaded]
    report.fresh = [key for key in report.fresh if key not in report.loaded]


def _refuse_disagreeing_ties(
    tensors: Mapping[str, torch.Tensor], claimed: dict[str, list[tuple[nn.Module, str]]]
) -> None:
    """Raise TransferError where one tied tensor would get two different values."""
    times = Counter(id(stands) for stands in claimed.values())
    tied = {target for target, stands in claimed.items() if times[id(stands)] > 1}
    first: dict[int, tuple[str, torch.Tensor]] = {}
    for target, value in remapped(Take(tensors)) if tied else ():
        if target in tied:
            name, other = first.setdefault(id(claimed[target]), (target, value))
            if not equal(value, other):
                raise TransferError(
                    f"{name!r} and {target!r} are one tensor in the model but two in the checkpoint"
                )


def _put(stands: list[tuple[nn.Module, str]], value: torch.Tensor, *, assign: bool) -> None:
    old = _tensor(*stands[0])
    if nn.parameter.is_lazy(old):
        old.materialize(tuple(value.shape))
    if not assign:
        if old.is_meta:
            raise TransferError(f"{stands[0][1]!r} is on the meta device: pass assign=True")
        old.copy_(fitted(value, old))
        return
    new: torch.Tensor = (
        fitted(value.detach(), old).to(old.dtype).clone(memory_format=torch.contiguous_format)
    )
    if isinstance(old, nn.Parameter):
        new = nn.Parameter(new, requires_grad=old.requires_grad)
    for module, name in stands:
        if isinstance(new, nn.Parameter):
            module._parameters[name] = new
        else:
            module._buffers[name] = new


def fitted(value: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return the one element of a list that goes into a single number, as torch does."""
    return value[0] if like.dim() == 0 and value.shape == (1,) else value


def equal(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Compare value by value; NaN equals NaN."""
    left, right = left.detach().cpu(), right.detach().cpu()
    if left.shape != right.shape:
        return False
    same = left == right
    if left.is_floating_point() or left.is_complex():
        same = same | (left.isnan() & right.isnan())
    return bool(same.all())


def verify(
    model: nn.Module,
    source: Source,
    *,
    subtree: str = "",
    only: str = "*",
    module_types: tuple[type[nn.Module], ...] = (),
) -> list[str]:
    """Compare each transferred tensor of `model` with the remapped checkpoint, in the model's dtype: keys that differ, in order."""
    model = unwrap(model)
    stands = places(model)
    chosen = select(model, subtree=subtree, only=only, module_types=module_types)
    return [
        target
        for target, value, held in _pairs(open_source(source), chosen, stands)
        if not equal(value.to(held.dtype), held)
    ]


def _pairs(
    tensors: Mapping[str, torch.Tensor],
    chosen: dict[str, str],
    stands: dict[str, list[tuple[nn.Module, str]]],
) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    for target, value in remapped(Take(tensors)):
        if target in chosen:
            held = _tensor(*stands[chosen[target]][0])
            yield target, fitted(value, held).to(held.device), held
