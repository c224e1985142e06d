"""Really loading: remapped tensors, without data, into a model on the meta device. Imports torch."""

import warnings
from collections.abc import Mapping

import torch
from torch import nn

from app.checking.outlines import outlines
from app.checking.stand_in import StandIn
from app.checking.standing_in import rows_of
from app.checking.verdict import TorchWords, Verdict, verdict
from app.exporting.names import plain_name
from app.keys import KeyTree
from app.mapping import Evaluation
from app.tensors import torch_dtype


def check(evaluation: Evaluation, sources: Mapping[str, KeyTree], target: KeyTree, model: nn.Module | None = None) -> Verdict:
    """Load what the plan would write, and compare torch's words with ours.

    model -- the target itself, on any device; None builds a stand-in from the target's keys, shapes and ties
    """
    incoming = remapped_outlines(evaluation, sources)
    return verdict(evaluation, loaded(stand_in(target) if model is None else model.to("meta"), incoming))


def remapped_outlines(evaluation: Evaluation, sources: Mapping[str, KeyTree]) -> dict[str, torch.Tensor]:
    """Make the remapped state_dict on the meta device; what does not fit is in it too, so that torch can say so."""
    return {
        plain_name(key): torch.empty(info.shape or (), dtype=torch_dtype(info.dtype), device="meta")
        for key, info in outlines(evaluation, sources).items()
    }


def stand_in(target: KeyTree) -> nn.Module:
    """Build a model with the target's keys on the meta device: plain modules, parameters and buffers, tied where the tree says so."""
    return StandIn(rows_of(target))


def loaded(model: nn.Module, state_dict: Mapping[str, torch.Tensor]) -> TorchWords:
    """Ask `load_state_dict(strict=True)` and take its answer apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a norm fills its counter by itself, which is a no-op on meta
        return _answer(model, state_dict)


def _answer(model: nn.Module, state_dict: Mapping[str, torch.Tensor]) -> TorchWords:
    try:
        model.load_state_dict(dict(state_dict), strict=True)
    except RuntimeError as error:
        message = str(error)
    else:
        return TorchWords()
    mismatched = tuple(key for key in state_dict if f"size mismatch for {key}: copying" in message)
    rest = {key: tensor for key, tensor in state_dict.items() if key not in mismatched}
    answer = model.load_state_dict(rest, strict=False)
    missing = tuple(key for key in answer.missing_keys if key not in mismatched)
    return TorchWords(message, missing, tuple(answer.unexpected_keys), mismatched)
