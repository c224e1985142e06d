"""mmengine: `revise_keys` of `load_checkpoint` and `init_cfg`.

Source: mmengine.runner.checkpoint, `_load_checkpoint_to_model`: each pair in turn is applied to every key with `re.sub`.
"""

import re
from collections.abc import Sequence

from app.dialects.dialect import Dialected, Subject
from app.dialects.sequences import Pair, sequenced
from app.exporting.layout import Group, lines, tuple_of
from app.exporting.literals import raw_literal


def revised(pairs: Sequence[Pair], key: str) -> str:
    """Rename a key as mmengine does."""
    for pattern, replacement in pairs:
        key = re.sub(pattern, replacement, key)
    return key


def write(subject: Subject) -> Dialected:
    """Write the list."""
    found = sequenced(subject, revised, lambda row: ("^" + row[0], row[1]))
    items = tuple(tuple_of([raw_literal(pattern), raw_literal(replacement)]) for pattern, replacement in found.pairs)
    text = "\n".join(
        [
            "# load_checkpoint(model, path, revise_keys=revise_keys)",
            *lines(Group("[", items, "]"), before="revise_keys = "),
        ]
    )
    return Dialected(text + "\n", found.left)
