"""Which tree of a file is preselected, and which are offered: the shapes that real training runs leave behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.keys import Token
from app.readers import read
from app.sources import LocalFiles


def _state(*names: str) -> dict[str, Any]:
    import torch

    return {name: torch.ones(2) for name in names}


CASES: dict[str, tuple[Callable[[], Any], tuple[Token, ...], dict[tuple[Token, ...], str]]] = {
    "a bare state dict": (lambda: _state("a.w", "b.w"), (), {}),
    "a training loop": (
        lambda: {"epoch": 1, "state_dict": _state("w"), "optimizer": {"state": {0: _state("exp_avg")}}},
        ("state_dict",),
        {("optimizer", "state"): "optimizer", (): "weights"},
    ),
    "a state dict inside a model": (lambda: {"model": {"state_dict": _state("w"), "name": "x"}}, ("model", "state_dict"), {(): "weights"}),
    "raw and averaged weights": (
        lambda: {"params": _state("w"), "params_ema": _state("w")},
        ("params",),
        {("params_ema",): "ema", (): "weights"},
    ),
    "averaged weights only": (lambda: {"params_ema": _state("w"), "iter": 3}, ("params_ema",), {(): "weights"}),
    "student and teacher": (
        lambda: {"student": _state("w"), "teacher": _state("w"), "epoch": 3},
        ("student",),
        {("teacher",): "ema", (): "weights"},
    ),
    "two nets in one": (
        lambda: {"net": {"g": _state("w"), "d": _state("w")}, "iter": 3},
        ("net",),
        {("net", "g"): "weights", ("net", "d"): "weights", (): "weights"},
    ),
    "two nets with their optimizers": (
        lambda: {"g": _state("w", "v"), "d": _state("w"), "optimizer_g": {"state": {0: _state("m")}}},
        ("g",),
        {("d",): "weights", ("optimizer_g", "state"): "optimizer", (): "weights"},
    ),
    "a schema is no average": (
        lambda: {"schema": _state("w"), "optim": {"state": {0: _state("m")}}},
        ("schema",),
        {("optim", "state"): "optimizer", (): "weights"},
    ),
    "a dictionary of dictionaries": (lambda: {"conv": _state("w"), "fc": _state("w", "b")}, (), {("conv",): "weights", ("fc",): "weights"}),
    "student, teacher, and what else there is": (
        lambda: {
            "student": _state("w", "v"),
            "teacher": _state("w", "v"),
            "loss": _state("center"),
            "optimizer": {"state": {0: _state("m")}},
        },
        ("student",),
        {("teacher",): "ema", ("loss",): "weights", ("optimizer", "state"): "optimizer", (): "weights"},
    ),
    "two nets of which one is averaged": (
        lambda: {"d": _state("w", "v", "u"), "g": _state("w"), "g_ema": _state("w")},
        ("g",),
        {("d",): "weights", ("g_ema",): "ema", (): "weights"},
    ),
    "optimizers by names of their own": (
        lambda: {"netG": _state("w", "v"), "netD": _state("w"), "optG": {"state": {0: _state("step", "exp_avg", "exp_avg_sq")}}},
        ("netG",),
        {("netD",): "weights", ("optG", "state"): "optimizer", (): "weights"},
    ),
    "a number beside two nets and their optimizer": (
        lambda: {
            "log_alpha": _state("x")["x"][:1],
            "actor": _state("w", "v"),
            "critic": _state("w"),
            "actor_optimizer": {"state": {0: _state("m")}},
        },
        ("actor",),
        {("critic",): "weights", ("actor_optimizer", "state"): "optimizer", (): "weights"},
    ),
    "weights and optimizer as a pair": (
        lambda: (_state("w", "v"), {"state": {0: _state("exp_avg"), 1: _state("exp_avg")}}, 7),
        (0,),
        {(1, "state"): "optimizer", (): "weights"},
    ),
    "nested below tensors": (lambda: _state("w") | {"inner": _state("b")}, (), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_the_tree_that_people_mean_comes_first(name: str, saved: Callable[..., Path]) -> None:
    """The principal nesting, and every other tree with its role."""
    make, nesting, others = CASES[name]
    tree = read(LocalFiles(saved(make())))
    assert tree.nesting == nesting
    assert tree.offers[0].nesting == nesting
    assert {offer.nesting: offer.role for offer in tree.offers[1:]} == others


def test_a_model_of_a_missing_class_beside_an_optimizer(saved: Callable[..., Path]) -> None:
    """The module's parts are no trees of their own."""
    from torch import nn

    tree = read(LocalFiles(saved({"model": nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), "ema": None})))
    assert tree.nesting == ("model",)
    assert [offer.nesting for offer in tree.offers] == [("model",), ()]
    assert "0.weight" in tree.tensors


def test_many_branches_are_no_choice_and_cost_no_look_at_each(saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of three hundred modules is looked at a few times, not once for each of them."""
    from app.readers import nesting

    looks = []
    real = nesting.below
    monkeypatch.setattr(nesting, "below", lambda path, over: looks.append(over) or real(path, over))
    tree = read(LocalFiles(saved({"net": {str(number): {"inner": _state("w")} for number in range(300)}, "epoch": 1})), nesting=())
    assert len(tree.tensors) == 300
    assert len(looks) < 40 * 300


def test_a_number_may_be_asked_for_as_it_is_written(saved: Callable[..., Path]) -> None:
    """In a terminal all tokens are text; a key that is that text comes first."""
    path = saved([_state("a"), {"0": _state("b"), 0: _state("c")}])
    assert list(read(LocalFiles(path), nesting=("0",)).tensors) == ["a"]
    assert read(LocalFiles(path), nesting=("1", "0")).nesting == (1, "0")
