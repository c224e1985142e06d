"""Key trees: what a checkpoint or a model is made of, as values."""

from app.keys.dtypes import bytes_of, itemsize
from app.keys.folding import Family, families, family_of
from app.keys.spelling import Token, parse_token, spell, spell_token
from app.keys.tree import FileInfo, ForeignGlobal, KeyTree, Location, ModuleInfo, TensorInfo, TreeOffer, Warned, alias_groups, memory_groups

__all__ = [
    "Family",
    "FileInfo",
    "ForeignGlobal",
    "KeyTree",
    "Location",
    "ModuleInfo",
    "TensorInfo",
    "Token",
    "TreeOffer",
    "Warned",
    "alias_groups",
    "bytes_of",
    "families",
    "family_of",
    "itemsize",
    "memory_groups",
    "parse_token",
    "spell",
    "spell_token",
]
