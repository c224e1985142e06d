"""What the classes of torch.nn hold: names, shapes and order of their parameters and buffers.

Source: torch/nn/modules of torch 2.x; `tests/definitions/test_static.py` compares each row with torch itself.
"""

import math
from collections.abc import Callable
from typing import Any

from app.definitions.static.values import Module, Stuck, Tensor

Arguments = dict[str, Any]

BARE = frozenset(
    [
        "Identity",
        "ReLU",
        "ReLU6",
        "LeakyReLU",
        "RReLU",
        "ELU",
        "SELU",
        "CELU",
        "GELU",
        "SiLU",
        "Mish",
        "Sigmoid",
        "Tanh",
        "Softplus",
        "Softsign",
        "Softmax",
        "Softmax2d",
        "LogSoftmax",
        "Softmin",
        "Softshrink",
        "Hardshrink",
        "Hardsigmoid",
        "Hardswish",
        "Hardtanh",
        "LogSigmoid",
        "Tanhshrink",
        "Threshold",
        "GLU",
        "Dropout",
        "Dropout1d",
        "Dropout2d",
        "Dropout3d",
        "AlphaDropout",
        "FeatureAlphaDropout",
        "MaxPool1d",
        "MaxPool2d",
        "MaxPool3d",
        "AvgPool1d",
        "AvgPool2d",
        "AvgPool3d",
        "AdaptiveAvgPool1d",
        "AdaptiveAvgPool2d",
        "AdaptiveAvgPool3d",
        "AdaptiveMaxPool1d",
        "AdaptiveMaxPool2d",
        "AdaptiveMaxPool3d",
        "LPPool1d",
        "LPPool2d",
        "MaxUnpool1d",
        "MaxUnpool2d",
        "MaxUnpool3d",
        "FractionalMaxPool2d",
        "Flatten",
        "Unflatten",
        "Upsample",
        "UpsamplingNearest2d",
        "UpsamplingBilinear2d",
        "PixelShuffle",
        "PixelUnshuffle",
        "ZeroPad1d",
        "ZeroPad2d",
        "ZeroPad3d",
        "ReflectionPad1d",
        "ReflectionPad2d",
        "ReflectionPad3d",
        "ReplicationPad1d",
        "ReplicationPad2d",
        "ReplicationPad3d",
        "ConstantPad1d",
        "ConstantPad2d",
        "ConstantPad3d",
        "CircularPad1d",
        "CircularPad2d",
        "LocalResponseNorm",
        "CrossMapLRN2d",
        "Fold",
        "Unfold",
        "ChannelShuffle",
        "CosineSimilarity",
        "PairwiseDistance",
        "MSELoss",
        "L1Loss",
        "SmoothL1Loss",
        "HuberLoss",
        "KLDivLoss",
        "CTCLoss",
        "MarginRankingLoss",
        "TripletMarginLoss",
        "CosineEmbeddingLoss",
        "HingeEmbeddingLoss",
        "SoftMarginLoss",
    ]
)
"""Layers without tensors."""

CONTAINERS = frozenset({"Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})


_MOST_PARTS = 50_000


def bind(names: str, defaults: Arguments, args: list[Any], kwargs: Arguments) -> Arguments:
    """Bind a call's arguments to a layer's parameters; Stuck where they do not fit."""
    order = names.split()
    if len(args) > len(order):
        raise Stuck("raises", detail="TypeError: too many arguments", line=0)
    bound = {**defaults, **dict(zip(order, args, strict=False)), **kwargs}
    missing = [name for name in order if name not in bound]
    if missing:
        raise Stuck("raises", detail=f"TypeError: {missing[0]} is missing", line=0)
    return bound


def whole(value: Any) -> int:
    """Return a size; Stuck where it is not known to be one."""
    if type(value) is int and 0 <= value < 2**40:
        return value
    if isinstance(value, float) and value.is_integer():
        raise Stuck("raises", detail=f"TypeError: {value!r} is no size", line=0)
    raise Stuck("unsupported", what="a size", line=0)


def repeats(value: Any, each: int = 1) -> int:
    """Return how often something is made; Stuck where that is beyond reason."""
    count = whole(value)
    if count * each > _MOST_PARTS:
        raise Stuck("budget", line=0)
    return count


def known(value: Any) -> bool:
    """Return a flag; Stuck where it is not known."""
    if isinstance(value, bool | int | str) or value is None:
        return bool(value)
    raise Stuck("unsupported", what="a flag", line=0)


def sizes(value: Any, dimensions: int) -> tuple[int, ...]:
    """Spread a number over dimensions."""
    if isinstance(value, tuple | list):
        return tuple(whole(part) for part in value)
    return (whole(value),) * dimensions


def put(module: Module, name: str, shape: tuple[int, ...] | None, dtype: str | None = "F32", *, lazy: bool = False) -> None:
    """Give a module a parameter."""
    module.params[name] = Tensor(shape, dtype, parameter=True, requires_grad=True, lazy=lazy)


def _linear(module: Module, call: Arguments, dtype: str) -> None:
    put(module, "weight", (whole(call["out_features"]), whole(call["in_features"])), dtype)
    _bias(module, call, (whole(call["out_features"]),), dtype)


def _bias(module: Module, call: Arguments, shape: tuple[int, ...], dtype: str) -> None:
    if known(call.get("bias", True)):
        put(module, "bias", shape, dtype)
    else:
        module.params["bias"] = None


def _bilinear(module: Module, call: Arguments, dtype: str) -> None:
    out = whole(call["out_features"])
    put(module, "weight", (out, whole(call["in1_features"]), whole(call["in2_features"])), dtype)
    _bias(module, call, (out,), dtype)


def _conv(dimensions: int, *, transposed: bool) -> "Maker":
    def make(module: Module, call: Arguments, dtype: str) -> None:
        inputs, outputs, groups = whole(call["in_channels"]), whole(call["out_channels"]), whole(call["groups"])
        if not groups or inputs % groups or outputs % groups:
            raise Stuck("raises", detail="ValueError: channels must be divisible by groups", line=0)
        pair = (inputs, outputs // groups) if transposed else (outputs, inputs // groups)
        put(module, "weight", (*pair, *sizes(call["kernel_size"], dimensions)), dtype)
        _bias(module, call, (outputs,), dtype)
        for name in ("kernel_size", "stride", "dilation", "padding"):
            if type(call[name]) is int:
                module.attrs[name] = (call[name],) * dimensions

    return make


def _batch_norm(affine: bool, track: bool) -> "Maker":
    def make(module: Module, call: Arguments, dtype: str) -> None:
        size = (whole(call["num_features"]),)
        for name in ("weight", "bias"):
            if known(call.get("affine", affine)):
                put(module, name, size, dtype)
            else:
                module.params[name] = None
        tracking = known(call.get("track_running_stats", track))
        module.buffers["running_mean"] = Tensor(size, dtype) if tracking else None
        module.buffers["running_var"] = Tensor(size, dtype) if tracking else None
        module.buffers["num_batches_tracked"] = Tensor((), "I64") if tracking else None

    return make


def _layer_norm(module: Module, call: Arguments, dtype: str) -> None:
    shape = sizes(call["normalized_shape"], 1)
    if not known(call.get("elementwise_affine", True)):
        module.params |= {"weight": None, "bias": None}
        return
    put(module, "weight", shape, dtype)
    _bias(module, call, shape, dtype)


def _rms_norm(module: Module, call: Arguments, dtype: str) -> None:
    if known(call.get("elementwise_affine", True)):
        put(module, "weight", sizes(call["normalized_shape"], 1), dtype)
    else:
        module.params["weight"] = None


def _group_norm(module: Module, call: Arguments, dtype: str) -> None:
    for name in ("weight", "bias"):
        if known(call.get("affine", True)):
            put(module, name, (whole(call["num_channels"]),), dtype)
        else:
            module.params[name] = None


def _embedding(module: Module, call: Arguments, dtype: str) -> None:
    put(module, "weight", (whole(call["num_embeddings"]), whole(call["embedding_dim"])), dtype)


def _prelu(module: Module, call: Arguments, dtype: str) -> None:
    put(module, "weight", (whole(call["num_parameters"]),), dtype)


def _recurrent(gates: int) -> "Maker":
    def make(module: Module, call: Arguments, dtype: str) -> None:
        hidden, projected = whole(call["hidden_size"]), whole(call.get("proj_size", 0))
        ways = ("", "_reverse") if known(call.get("bidirectional", False)) else ("",)
        size = whole(call["input_size"])
        for layer in range(repeats(call["num_layers"], 8)):
            for way in ways:
                put(module, f"weight_ih_l{layer}{way}", (gates * hidden, size), dtype)
                put(module, f"weight_hh_l{layer}{way}", (gates * hidden, projected or hidden), dtype)
                if known(call.get("bias", True)):
                    put(module, f"bias_ih_l{layer}{way}", (gates * hidden,), dtype)
                    put(module, f"bias_hh_l{layer}{way}", (gates * hidden,), dtype)
                if projected:
                    put(module, f"weight_hr_l{layer}{way}", (projected, hidden), dtype)
            size = (projected or hidden) * len(ways)

    return make


def _cell(gates: int) -> "Maker":
    def make(module: Module, call: Arguments, dtype: str) -> None:
        hidden = whole(call["hidden_size"])
        put(module, "weight_ih", (gates * hidden, whole(call["input_size"])), dtype)
        put(module, "weight_hh", (gates * hidden, hidden), dtype)
        for name in ("bias_ih", "bias_hh"):
            if known(call.get("bias", True)):
                put(module, name, (gates * hidden,), dtype)
            else:
                module.params[name] = None

    return make


def _attention(module: Module, call: Arguments, dtype: str) -> None:
    size = whole(call["embed_dim"])
    keys, values = (size if call.get(name) is None else whole(call[name]) for name in ("kdim", "vdim"))
    if not whole(call["num_heads"]) or size % whole(call["num_heads"]):
        raise Stuck("raises", detail="AssertionError: embed_dim must be divisible by num_heads", line=0)
    if keys == values == size:
        put(module, "in_proj_weight", (3 * size, size), dtype)
        module.params |= {"q_proj_weight": None, "k_proj_weight": None, "v_proj_weight": None}
    else:
        put(module, "q_proj_weight", (size, size), dtype)
        put(module, "k_proj_weight", (size, keys), dtype)
        put(module, "v_proj_weight", (size, values), dtype)
        module.params["in_proj_weight"] = None
    if known(call.get("bias", True)):
        put(module, "in_proj_bias", (3 * size,), dtype)
    else:
        module.params["in_proj_bias"] = None
    projection = make_layer("Linear", [size, size], {"bias": call.get("bias", True), "dtype": call.get("dtype")})
    projection.kind = "NonDynamicallyQuantizableLinear"
    module.children["out_proj"] = projection
    for name in ("bias_k", "bias_v"):
        if known(call.get("add_bias_kv", False)):
            put(module, name, (1, 1, size), dtype)
        else:
            module.params[name] = None


def _transformer_layer(*, decoder: bool) -> "Maker":
    def make(module: Module, call: Arguments, _dtype: str) -> None:
        size, wide = whole(call["d_model"]), whole(call["dim_feedforward"])
        extra = {"bias": call.get("bias", True), "dtype": call.get("dtype")}
        children = module.children
        children["self_attn"] = make_layer("MultiheadAttention", [size, call["nhead"]], extra)
        if decoder:
            children["multihead_attn"] = make_layer("MultiheadAttention", [size, call["nhead"]], extra)
        children["linear1"] = make_layer("Linear", [size, wide], extra)
        children["dropout"] = make_layer("Dropout", [], {})
        children["linear2"] = make_layer("Linear", [wide, size], extra)
        for number in range(1, 4 if decoder else 3):
            children[f"norm{number}"] = make_layer("LayerNorm", [size], extra)
        for number in range(1, 4 if decoder else 3):
            children[f"dropout{number}"] = make_layer("Dropout", [], {})

    return make


def _transformer_stack(module: Module, call: Arguments, _dtype: str) -> None:
    layer = call.get("encoder_layer", call.get("decoder_layer"))
    if not isinstance(layer, Module) or not isinstance(call.get("norm"), Module | None):
        raise Stuck("unsupported", what="a transformer layer", line=0)
    stack = Module(None, "ModuleList")
    for number in range(repeats(call["num_layers"], len(layer.walk()))):
        stack.children[str(number)] = copied(layer, {})
    module.children["layers"] = stack
    if call.get("norm") is not None:
        module.children["norm"] = call["norm"]
    else:
        module.attrs["norm"] = None


def _transformer(module: Module, call: Arguments, _dtype: str) -> None:
    if call.get("custom_encoder") is not None or call.get("custom_decoder") is not None:
        raise Stuck("unsupported", what="a transformer's own encoder", line=0)
    shared = {"bias": call.get("bias", True), "dtype": call.get("dtype")}
    for side in ("encoder", "decoder"):
        kind = "TransformerEncoder" if side == "encoder" else "TransformerDecoder"
        layer = make_layer(kind + "Layer", [call["d_model"], call["nhead"], call["dim_feedforward"]], shared)
        norm = make_layer("LayerNorm", [call["d_model"]], shared)
        module.children[side] = make_layer(kind, [layer, call[f"num_{side}_layers"], norm], {})


def copied(module: Module, memo: dict[int, Any]) -> Module:
    """Copy deeply: new tensors, shared ones still shared."""
    if id(module) in memo:
        return memo[id(module)]  # type: ignore[no-any-return]
    new = memo[id(module)] = Module(module.cls, module.kind, dict(module.attrs), volatile=set(module.volatile))
    for held, into in ((module.params, new.params), (module.buffers, new.buffers)):
        for name, tensor in held.items():
            into[name] = None if tensor is None else memo.setdefault(id(tensor), _copied_tensor(tensor))
    new.children.update({name: None if child is None else copied(child, memo) for name, child in module.children.items()})
    return new


def _copied_tensor(tensor: Tensor) -> Tensor:
    return Tensor(tensor.shape, tensor.dtype, tensor.parameter, tensor.requires_grad, tensor.data, tensor.lazy)


Maker = Callable[[Module, Arguments, str], None]
_CONV = "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode"
_CONV_DEFAULTS: Arguments = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "padding_mode": "zeros"}
_DECONV = "in_channels out_channels kernel_size stride padding output_padding groups bias dilation padding_mode"
_NORM = "num_features eps momentum affine track_running_stats"
_RNN = "input_size hidden_size num_layers bias batch_first dropout bidirectional"
_RNN_DEFAULTS: Arguments = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
_CELL = "input_size hidden_size bias"
_BLOCK = "d_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias"
_BLOCK_DEFAULTS: Arguments = {
    "dim_feedforward": 2048, "dropout": 0.1, "activation": "relu", "layer_norm_eps": 1e-5, "batch_first": False, "norm_first": False, "bias": True,
}  # fmt: skip
_STACKS = (
    "d_model nhead num_encoder_layers num_decoder_layers dim_feedforward dropout activation custom_encoder custom_decoder layer_norm_eps "
    "batch_first norm_first bias"
)
_STACK: Arguments = {"norm": None, "enable_nested_tensor": True, "mask_check": True}

TABLE: dict[str, tuple[str, Arguments, Maker]] = {
    "Linear": ("in_features out_features bias", {"bias": True}, _linear),
    "Bilinear": ("in1_features in2_features out_features bias", {"bias": True}, _bilinear),
    **{f"Conv{n}d": (_CONV, _CONV_DEFAULTS, _conv(n, transposed=False)) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": (_DECONV, {**_CONV_DEFAULTS, "output_padding": 0}, _conv(n, transposed=True)) for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": (_NORM, {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}, _batch_norm(True, True)) for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": (_NORM, {"eps": 1e-5, "momentum": 0.1, "affine": False, "track_running_stats": False}, _batch_norm(False, False)) for n in (1, 2, 3)},
    "SyncBatchNorm": (_NORM, {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}, _batch_norm(True, True)),
    "LayerNorm": ("normalized_shape eps elementwise_affine bias", {"eps": 1e-5, "elementwise_affine": True, "bias": True}, _layer_norm),
    "RMSNorm": ("normalized_shape eps elementwise_affine", {"eps": None, "elementwise_affine": True}, _rms_norm),
    "GroupNorm": ("num_groups num_channels eps affine", {"eps": 1e-5, "affine": True}, _group_norm),
    "Embedding": ("num_embeddings embedding_dim padding_idx", {"padding_idx": None}, _embedding),
    "EmbeddingBag": ("num_embeddings embedding_dim max_norm", {"max_norm": None}, _embedding),
    "PReLU": ("num_parameters init", {"num_parameters": 1, "init": 0.25}, _prelu),
    "RNN": ("input_size hidden_size num_layers nonlinearity bias batch_first dropout bidirectional", {**_RNN_DEFAULTS, "nonlinearity": "tanh"}, _recurrent(1)),
    "GRU": (_RNN, _RNN_DEFAULTS, _recurrent(3)),
    "LSTM": (_RNN + " proj_size", {**_RNN_DEFAULTS, "proj_size": 0}, _recurrent(4)),
    "RNNCell": (_CELL + " nonlinearity", {"bias": True, "nonlinearity": "tanh"}, _cell(1)),
    "GRUCell": (_CELL, {"bias": True}, _cell(3)),
    "LSTMCell": (_CELL, {"bias": True}, _cell(4)),
    "MultiheadAttention": (
        "embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first",
        {"dropout": 0.0, "bias": True, "add_bias_kv": False, "add_zero_attn": False, "kdim": None, "vdim": None, "batch_first": False},
        _attention,
    ),
    "TransformerEncoderLayer": (_BLOCK, _BLOCK_DEFAULTS, _transformer_layer(decoder=False)),
    "TransformerDecoderLayer": (_BLOCK, _BLOCK_DEFAULTS, _transformer_layer(decoder=True)),
    "TransformerEncoder": ("encoder_layer num_layers norm enable_nested_tensor mask_check", _STACK, _transformer_stack),
    "TransformerDecoder": ("decoder_layer num_layers norm", {"norm": None}, _transformer_stack),
    "Transformer": (
        _STACKS,
        {**_BLOCK_DEFAULTS, "d_model": 512, "nhead": 8, "num_encoder_layers": 6, "num_decoder_layers": 6, "custom_encoder": None, "custom_decoder": None},
        _transformer,
    ),
}  # fmt: skip
"""Class of torch.nn -> parameter names, defaults, what it holds."""


def is_layer(name: str) -> bool:
    """Whether we know what a class of torch.nn holds."""
    return name in BARE or name in TABLE or name in CONTAINERS


def make_layer(name: str, args: list[Any], kwargs: Arguments, module: Module | None = None) -> Module:
    """Make a layer, or fill `module` where the user's class derives from one; Stuck where an argument is not known."""
    module = module or Module(None, name)
    if name in BARE:
        return module
    names, defaults, maker = TABLE[name]
    call = bind(names, defaults, args, kwargs)
    dtype = getattr(call.get("dtype"), "name", "F32")
    if call.get("dtype") is not None and not hasattr(call["dtype"], "name"):
        raise Stuck("unsupported", what="a dtype", line=0)
    maker(module, call, dtype)
    for field in names.split():
        value = call[field]
        finite = not isinstance(value, float) or math.isfinite(value)
        if isinstance(value, int | float | str | tuple) and finite and field not in module.params:
            module.attrs.setdefault(field, value)
    return module
