"""Shapes and element types as people and programs write them."""

import re

from app.keys.dtypes import BLOCKS, FROM_TORCH, ITEMSIZE

MAX_DIMENSIONS = 32
_MAX_SIZE = 2**62
_NUMBERS = re.compile(r"[0-9]+")
_THOUSANDS = re.compile(r"(?<=[0-9])(?:[\u00a0\u2009\u202f]|[ ](?=0[0-9]{2}(?![0-9])))(?=[0-9]{3}(?![0-9]))")
_GROUPED = re.compile(r"(?<![0-9])[0-9]{1,3}(?:[ ][0-9]{3})+(?![0-9])")

SHAPE = r"(?:torch\.)?(?:Size|shape)?\(?[\[(][0-9,\s]*[\])]\)?|[0-9]+(?:\s*[x\u00d7]\s*[0-9]+)+"
"""Regular expression of a shape: `torch.Size([64, 3])`, `[64, 3]`, `(64, 3)`, `()`, `64x3`."""

DTYPE = r"(?:torch\.|np\.|numpy\.|jnp\.|paddle\.|tf\.)?[A-Za-z][A-Za-z0-9_]*"
"""Regular expression of an element type: `torch.float32`, `F32`, `bf16`."""

_OTHER_NAMES = {
    "FP32": "F32",
    "FP16": "F16",
    "FP64": "F64",
    "FLOAT32": "F32",
    "FLOAT8_E4M3": "F8_E4M3",
    "FP8": "F8_E4M3",
    "BOOLEAN": "BOOL",
    "BOOL_": "BOOL",
    "FLOAT": "F32",
    "DOUBLE": "F64",
    "BFLOAT16": "BF16",
}
_TENSOR_CLASSES = {
    "FLOATTENSOR": "F32",
    "HALFTENSOR": "F16",
    "BFLOAT16TENSOR": "BF16",
    "DOUBLETENSOR": "F64",
    "LONGTENSOR": "I64",
    "INTTENSOR": "I32",
    "SHORTTENSOR": "I16",
    "CHARTENSOR": "I8",
    "BYTETENSOR": "U8",
    "BOOLTENSOR": "BOOL",
}


def shape_of(text: str) -> tuple[int, ...] | None:
    """Read the sizes in a written shape; None where they are not credible."""
    text = _THOUSANDS.sub("", text)
    if "," in text:  # [32 000, 4 096]: a blank inside a number parts thousands, for the sizes are parted by commas
        text = _GROUPED.sub(lambda found: found[0].replace(" ", ""), text)
    return checked_shape([int(number) for number in _NUMBERS.findall(text) if len(number) < 20])


def checked_shape(sizes: object) -> tuple[int, ...] | None:
    """Return `sizes` as a shape, or None where it is not a list of whole, non-negative, credible numbers."""
    if not isinstance(sizes, list | tuple) or len(sizes) > MAX_DIMENSIONS:
        return None
    count = 1
    for size in sizes:
        if type(size) is not int or not 0 <= size < _MAX_SIZE:
            return None
        count *= size
    return tuple(sizes) if count < _MAX_SIZE else None


def dtype_of(text: str) -> str | None:
    """Our name of an element type; None where the word is not one."""
    word = text.strip().strip("'\"").rsplit(".", 1)[-1].removeprefix("DT_")
    upper = word.upper()
    if upper in ITEMSIZE or upper in BLOCKS:
        return upper
    return FROM_TORCH.get(word.lower()) or _OTHER_NAMES.get(upper) or _TENSOR_CLASSES.get(upper)
