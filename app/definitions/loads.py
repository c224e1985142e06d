"""The last word: does torch load these keys into this model? Asked in the sandbox, without any data."""

from collections.abc import Mapping

from app.definitions.building import climb
from app.definitions.definition import Definition
from app.definitions.failures import Load
from app.keys import TensorInfo, parse_token
from app.keys.dtypes import TORCH
from app.sandbox import Limits, Sandbox, SandboxError


def try_load(definition: Definition, state: Mapping[str, TensorInfo], *, sandbox: Sandbox, limits: Limits | None = None) -> Load:
    """Build the model and load tensors of these shapes and dtypes into it, on meta; returns what `load_state_dict` says.

    state -- key (as spelt in a tree) -> shape and dtype; keys without a shape, and keys that are no text, are left out
    Raises as `build` does.
    """
    rows = [
        (key, TORCH.get(info.dtype, "float32"), info.shape)
        for key, info in ((parse_token(spelt), info) for spelt, info in state.items())
        if isinstance(key, str) and info.shape is not None
    ]
    answer = climb("load", definition, sandbox=sandbox, limits=limits, state=rows)
    if answer.load is None:
        raise SandboxError("sandbox_answer_invalid")
    return answer.load
