"""A model's state_dict, described in one pass: order, kinds, ties, modules and their scalars."""

from __future__ import annotations

import contextlib
import math
import platform
import re
import sys

MAX_HYPER = 40
MAX_TEXT = 60
LISTED = 20
TELLING = re.compile(r"head|hidden|layer|depth|dim|size|embd|group|kv|expert|vocab|position|channel|class|label|patch")


def describe(model):
    """Describe a module, or a plain dictionary of tensors, as JSON."""
    import torch

    Module, Parameter = torch.nn.Module, torch.nn.Parameter
    modules, other, warnings = {}, {}, []
    if isinstance(model, Module):
        hooks, lazy = [], 0
        for path, module in model.named_modules(remove_duplicate=False):
            modules[path] = describe_module(module, path == "")
            for name in getattr(module, "_non_persistent_buffers_set", ()):
                buffer = module._buffers.get(name)
                if buffer is not None:
                    other[(path + "." if path else "") + name] = "non-persistent " + str(buffer.dtype)[6:] + " " + str(list(buffer.shape))
            if own_loading(module):
                hooks.append(path or type(module).__name__)
        if hooks:
            warnings.append({"code": "build-load-hook", "params": {"count": len(hooks), "module": hooks[0][:200]}})
        state = model.state_dict(keep_vars=True)
        if type(model).state_dict is not Module.state_dict:
            warnings.append({"code": "build-state-dict-custom", "params": {"module": type(model).__name__[:200]}})
    else:
        state, lazy = model, 0
    tensors, objects, views = {}, {}, {}
    for written, value in state.items():
        key = str(written)
        if not isinstance(value, torch.Tensor):
            other[key] = ("extra state: " if key.endswith("_extra_state") else "") + type(value).__name__
            continue
        uninitialised = "Uninitialized" in type(value).__name__
        kind = "parameter" if isinstance(value, Parameter) or (uninitialised and value.requires_grad) else "buffer"
        kind = "extra" if key.endswith("_extra_state") else kind
        entry = {
            "shape": None if uninitialised else list(value.shape),
            "dtype": str(value.dtype),
            "kind": kind,
            "requires_grad": value.requires_grad,
        }
        if uninitialised:
            entry["note"] = "lazy"
            lazy += 1
        first = objects.setdefault(id(value), key)
        if first == key and not uninitialised:
            first = views.setdefault(view_of(value, key), key)
        if first != key:
            entry["alias_of"] = first
        tensors[key] = entry
    if lazy:
        warnings.append({"code": "build-lazy", "params": {"count": lazy}})
    return {
        "format": "keygraft-model",
        "version": 1,
        "tensors": tensors,
        "modules": modules,
        "other": other,
        "versions": versions(modules, torch),
        "warnings": warnings,
    }


def view_of(tensor, key):
    """Identity of a tensor's memory and of how it is seen."""
    try:
        storage = tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor.storage()._storage
        if storage.nbytes() == 0:
            return key
        return storage._cdata, tensor.storage_offset(), tuple(tensor.shape), tuple(tensor.stride()), str(tensor.dtype)
    except Exception:
        return key


def describe_module(module, root):
    """Class, first base of torch.nn, and what scalars it carries."""
    kind = type(module)
    base = ""
    for parent in kind.__mro__:
        if parent.__module__.startswith("torch.nn.") and parent.__name__ != "Module":
            base = parent.__name__
            break
    hyper = scalars(vars(module), MAX_HYPER)
    config = configuration(module) if root else None
    if config is not None:
        numbers = {name: value for name, value in scalars(config, 1000).items() if not isinstance(value, str)}
        for name in sorted(numbers, key=lambda name: not TELLING.search(name)):
            if len(hyper) >= 2 * MAX_HYPER:
                break
            hyper.setdefault(name, numbers[name])
    return {"class": (kind.__module__ + "." + kind.__qualname__)[:300], "base": base, "hyper": hyper}


def configuration(module):
    """Fields of the object that a model keeps its sizes in; None where it has none."""
    for name in ("config", "cfg", "args", "hparams", "params"):
        with contextlib.suppress(Exception):  # a property of the user's own may do anything
            held = getattr(module, name, None)
            fields = held if isinstance(held, dict) else vars(held)
            if fields:
                return dict(fields)
    return None


def scalars(names, most):
    """Scalars and short lists of whole numbers among an object's attributes."""
    found = {}
    for name, value in names.items():
        if name.startswith("_") or name in ("training", "dump_patches", "call_super_init"):
            continue
        if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 1 << 53):
            found[name] = value
        elif isinstance(value, float) and math.isfinite(value):
            found[name] = value
        elif isinstance(value, str) and 0 < len(value) <= MAX_TEXT:
            found[name] = value
        elif isinstance(value, (tuple, list)) and 0 < len(value) <= 8 and all(type(part) is int and abs(part) < 1 << 53 for part in value):
            found[name] = list(value)
        if len(found) >= most:
            break
    return found


def own_loading(module):
    """Whether a module changes keys or tensors when it loads or saves, other than by torch's own means."""
    hooks = []
    for name in ("_load_state_dict_pre_hooks", "_state_dict_hooks"):
        hooks += getattr(module, name, {}).values()
    functions = [getattr(hook, "hook", hook) for hook in hooks] + [type(module)._load_from_state_dict]
    return any(not (getattr(function, "__module__", None) or "torch.nn").startswith("torch.nn") for function in functions)


def versions(modules, torch):
    """Versions of Python, torch and the libraries whose classes occur."""
    found = {"python": platform.python_version(), "torch": str(torch.__version__)}
    packages = {module["class"].partition(".")[0] for module in modules.values()} - {"torch"}
    for package in sorted(packages)[:LISTED]:
        version = getattr(sys.modules.get(package), "__version__", None)
        if isinstance(version, str):
            found[package] = version[:50]
    return found
