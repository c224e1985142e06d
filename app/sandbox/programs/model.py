"""Builds a model behind the walls and describes its state_dict.

Python >= 3.8, torch >= 1.13, nothing of ours. `main` returns {"model": {...}} in the form that `app.definitions.live` reads, or
{"failure": {...}}. One rung of the build ladder a job: where a constructor has side effects, a second try in the same process would lie.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys

from keygraft_definition import CUT, build_python
from keygraft_describe import describe
from keygraft_failing import Failed, first_line, named, own_frames, place
from keygraft_ladder import RUNGS, meta_device, pretend_alone, pretend_cuda, pretend_loaded
from keygraft_libraries import build_diffusers, build_timm, build_torchvision, build_transformers

DOORS = {
    "python": build_python,
    "timm": build_timm,
    "torchvision": build_torchvision,
    "transformers": build_transformers,
    "diffusers": build_diffusers,
}


def warm(preload):
    """Import torch and build a little of everything on meta, so that no job pays for it. Starts no thread."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    define_vision_operators(torch)
    for name in preload:
        with contextlib.suppress(Exception):  # not installed, or broken: the job that wants it will say so
            importlib.import_module(name)
    with meta_device(torch):
        nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 4), nn.LayerNorm(4), nn.Embedding(4, 4), nn.GroupNorm(2, 4), nn.LSTM(2, 2),
            nn.ConvTranspose2d(2, 2, 2), nn.MultiheadAttention(4, 2), nn.TransformerEncoderLayer(4, 2, 8), nn.Conv1d(2, 2, 1),
        )  # fmt: skip
        torch.nn.init.trunc_normal_(torch.empty(2, 2))
        torch.nn.init.normal_(torch.nn.init.xavier_uniform_(torch.empty(2, 2)))
    describe(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))


def define_vision_operators(torch):
    """Let torchvision be imported beside a torch it was not built for: its import needs two operator schemas."""
    with contextlib.suppress(Exception):
        if importlib.util.find_spec("torchvision") is None:
            return
        try:
            import torchvision  # noqa: F401
        except (RuntimeError, ImportError):
            for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
                del sys.modules[name]
            library = torch.library.Library("torchvision", "DEF")
            library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            define_vision_operators.library = library  # its end would take the schemas back


def only_model(built, torch):
    """Take the module out of what a factory returned; a state_dict is taken as it is."""
    if isinstance(built, torch.nn.Module):
        return built
    if isinstance(built, dict) and built and all(isinstance(value, torch.Tensor) for value in built.values()):
        return built
    inner = getattr(built, "model", None) or getattr(built, "net", None)
    if isinstance(inner, torch.nn.Module):
        return inner
    if isinstance(built, (tuple, list)):
        modules = [part for part in built if isinstance(part, torch.nn.Module)]
        if len(modules) == 1:
            return modules[0]
    raise Failed("build_not_model", kind=type(built).__name__)


def edit(model, edits, namespace, source, torch):
    """Run one-line edits on the built model, which they call `net` or `model`; returns it, for an edit may replace it."""
    scope = {**namespace, "torch": torch, "nn": torch.nn, "net": model, "model": model}
    for text in edits:
        before = scope["net"], scope["model"]
        try:
            exec(compile(text, "<edit>", "exec"), scope)
        except MemoryError:
            raise
        except BaseException as error:
            raise Failed("build_edit", text=text[:200], kind=type(error).__name__, detail=first_line(error)) from error
        changed = scope["model"] if scope["model"] is not before[1] else scope["net"]
        scope["net"] = scope["model"] = changed
    return scope["net"]


def main(payload, source):
    """Build on one rung and describe.

    payload -- door, module, file, name, args, kwargs, edits, config, rung, cuda, load, alone, inputs
    """
    import torch

    try:
        return {"model": run(payload, source, torch)}
    except Failed as failure:
        return failure_of(failure, source)
    except MemoryError as error:
        file, line = place(error, source)
        return {"failure": {"code": "build_memory", "params": {"file": file, "line": line}, "retry": False, "want": "", "traceback": ""}}


def failure_of(failure, source):
    """Answer with a failure."""
    params = {name: value for name, value in failure.params.items() if name != "want"}
    want = failure.params.get("want", "")
    frames = own_frames(failure, source)
    return {"failure": {"code": failure.code, "params": params, "retry": failure.retry, "want": want, "traceback": frames}}


def construct_model(payload, source, torch):
    """Build on one rung; returns the model and what was pretended. Failed names what went wrong."""
    patched = []
    if payload.get("cuda"):
        pretend_cuda(torch)
        patched.append("cuda")
    if payload.get("alone"):
        pretend_alone(torch)
        patched.append("alone")
    if payload.get("load"):
        pretend_loaded(torch)
        patched.append("load")
    try:
        make, namespace = DOORS[payload["door"]](payload, source, torch)  # imports see real tensors: only the constructor builds on meta
        if payload.get("load"):
            pretend_loaded(torch)  # once more, in what was imported meanwhile
        with RUNGS[payload.get("rung", "meta")](torch):
            model = edit(only_model(make(), torch), payload.get("edits", ()), namespace, source, torch)
            model = only_model(model, torch)
            if payload.get("inputs"):
                with torch.no_grad():
                    model(*[torch.zeros(shape) for shape in payload["inputs"]])
    except (MemoryError, Failed):
        raise
    except BaseException as error:
        raise named(error, source, "construct") from error
    return model, patched


def run(payload, source, torch):
    """Build and describe; Failed otherwise."""
    model, patched = construct_model(payload, source, torch)
    try:
        with RUNGS[payload.get("rung", "meta")](torch):
            described = describe(model)
    except MemoryError:
        raise
    except BaseException as error:
        raise named(error, source, "describe") from error
    for what in patched:
        described["warnings"].append({"code": "build-patched", "params": {"what": what}})
    for error, file, line in CUT:
        described["warnings"].append({"code": "build-cut", "params": {"file": file, "line": line, "detail": first_line(error)}})
    rung = payload.get("rung", "meta")
    if rung in ("bare", "plain"):
        described["warnings"].append({"code": "build-rung", "params": {"rung": rung}})
    return described
