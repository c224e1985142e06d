"""Element types, spelt as safetensors spells them.

Source of the names: https://github.com/huggingface/safetensors, enum Dtype. Names it lacks (quantized, strings) keep torch's or the
format's own word in capitals.
"""

from math import prod

ITEMSIZE: dict[str, float] = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "F8_E4M3FNUZ": 1,
    "F8_E5M2FNUZ": 1,
    "F8_E8M0": 1,
    "F4": 0.5,
    "F6_E2M3": 0.75,
    "F6_E3M2": 0.75,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
    "I32": 4,
    "U32": 4,
    "F32": 4,
    "I64": 8,
    "U64": 8,
    "F64": 8,
    "C32": 4,
    "C64": 8,
    "C128": 16,
    "QINT8": 1,
    "QUINT8": 1,
    "QINT32": 4,
    "QUINT4X2": 0.5,
    "QUINT2X4": 0.25,
}
"""Bytes of one element."""

BLOCKS: dict[str, tuple[int, int]] = {
    "Q4_0": (32, 18),
    "Q4_1": (32, 20),
    "Q5_0": (32, 22),
    "Q5_1": (32, 24),
    "Q8_0": (32, 34),
    "Q8_1": (32, 40),
    "Q2_K": (256, 84),
    "Q3_K": (256, 110),
    "Q4_K": (256, 144),
    "Q5_K": (256, 176),
    "Q6_K": (256, 210),
    "Q8_K": (256, 292),
    "IQ2_XXS": (256, 66),
    "IQ2_XS": (256, 74),
    "IQ3_XXS": (256, 98),
    "IQ1_S": (256, 50),
    "IQ4_NL": (32, 18),
    "IQ3_S": (256, 110),
    "IQ2_S": (256, 82),
    "IQ4_XS": (256, 136),
    "IQ1_M": (256, 56),
    "TQ1_0": (256, 54),
    "TQ2_0": (256, 66),
    "MXFP4": (32, 17),
    "NVFP4": (64, 36),
    "Q1_0": (128, 18),
}
"""Quantized types of GGUF -> elements and bytes of one block. Source: https://github.com/ggml-org/ggml, ggml-common.h."""

UNPACKED = frozenset(["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "MXFP4"])
"""Those of them whose numbers `blocks.unpacked` tells."""

TORCH: dict[str, str] = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "I16": "int16",
    "U16": "uint16",
    "F16": "float16",
    "BF16": "bfloat16",
    "I32": "int32",
    "U32": "uint32",
    "F32": "float32",
    "I64": "int64",
    "U64": "uint64",
    "F64": "float64",
    "C32": "complex32",
    "C64": "complex64",
    "C128": "complex128",
    "QINT8": "qint8",
    "QUINT8": "quint8",
    "QINT32": "qint32",
}
"""Our name -> the attribute of `torch`."""

FROM_TORCH: dict[str, str] = {name: ours for ours, name in TORCH.items()} | {
    "float": "F32",
    "double": "F64",
    "half": "F16",
    "cfloat": "C64",
    "cdouble": "C128",
    "short": "I16",
    "int": "I32",
    "long": "I64",
}
"""Attribute of `torch` -> our name."""

FLOATING = frozenset(name for name in ITEMSIZE if name.startswith(("F", "BF")))


def itemsize(dtype: str) -> float | None:
    """Bytes of one element; None where the type is not one we know."""
    return ITEMSIZE.get(dtype)


def plain_dtype(dtype: str) -> str:
    """What the elements are once they are read: F32 for numbers kept in blocks, else the type itself."""
    return "F32" if dtype in UNPACKED else dtype


def bytes_of(shape: tuple[int, ...] | None, dtype: str) -> int:
    """Bytes of a dense tensor; 0 where shape or dtype is unknown."""
    size = ITEMSIZE.get(dtype)
    if shape is None or size is None:
        return 0
    return int(prod(shape) * size)


def stored_bytes(shape: tuple[int, ...] | None, dtype: str) -> int:
    """Bytes that a tensor takes where it is kept; types that come in blocks have no bytes of one element, but these."""
    if shape is None or dtype not in BLOCKS:
        return bytes_of(shape, dtype)
    elements, width = BLOCKS[dtype]
    return -(-prod(shape) // elements) * width
