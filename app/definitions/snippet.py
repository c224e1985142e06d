"""For a model that lives elsewhere: a snippet to run there; what it prints is pasted back."""

SNIPPET = """\
import json, torch  # `model` is the model that you have; paste what this prints into Keygraft
from torch import nn
first, tensors, modules = {}, {}, {}
for key, value in model.state_dict(keep_vars=True).items():
    if isinstance(value, torch.Tensor):
        shape = None if "Uninitialized" in type(value).__name__ else list(value.shape)
        kind = "parameter" if isinstance(value, nn.Parameter) else "buffer"
        tensors[key] = {"shape": shape, "dtype": str(value.dtype), "kind": kind, "requires_grad": value.requires_grad}
        if first.setdefault(id(value), key) != key: tensors[key]["alias_of"] = first[id(value)]
for path, module in model.named_modules(remove_duplicate=False):
    cls, ints = type(module), lambda v: isinstance(v, tuple) and all(type(i) is int for i in v)
    base = next((c.__name__ for c in cls.__mro__ if c.__module__.startswith("torch.nn.") and c is not nn.Module), "")
    hyper = {k: v for k, v in vars(module).items() if (isinstance(v, (int, str)) or ints(v)) and k[0] != "_" and k != "training"}
    modules[path] = {"class": cls.__module__ + "." + cls.__qualname__, "base": base, "hyper": hyper}
print(json.dumps({"format": "keygraft-model", "version": 1, "versions": {"torch": torch.__version__}, "tensors": tensors, "modules": modules}))
"""
"""Fifteen lines; `from_text` reads what they print."""
