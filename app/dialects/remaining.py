"""What a list of patterns cannot say, as code: a function beside the list that fills the keys that remain."""

from collections.abc import Sequence

import msgspec

from app.dialects.dialect import Dialected, LeftOver, Subject
from app.exporting.carried import Carried, Imports, import_block, kernels
from app.exporting.statements import statements
from app.mapping import statement

_NEEDS = Carried(
    "",
    Imports(
        frozenset({"torch"}),
        frozenset({("typing", "TYPE_CHECKING")}),
        frozenset({("collections.abc", "Iterator"), ("collections.abc", "Mapping")}),
    ),
)
_SIGNATURE = '''def rest(state_dict: Mapping[str, torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the target keys that the list cannot fill, from the checkpoint as it is in its file."""
    take = state_dict.__getitem__'''


def attributed(left: Sequence[LeftOver], subject: Subject) -> tuple[LeftOver, ...]:
    """Name the rule of the plan that each key is left over from."""
    rules = {target: outcome.rule for target, outcome in subject.outcomes.items() if outcome.rule is not None}
    return tuple(
        msgspec.structs.replace(each, rule=statement(subject.plan.rules[rules[each.target]])) if each.target in rules else each
        for each in left
    )


def with_rest(made: Dialected, subject: Subject) -> Dialected:
    """Put the function `rest` beside a list that leaves keys over; with several sources there is no list, and no function."""
    open_ones = {each.target: subject.transfer.assignments[each.target] for each in made.left}
    if not open_ones or subject.transfer.qualified:
        return made
    body, needed = statements(open_ones, qualified=False)
    carried = kernels(needed)
    blocks = [*(part.text for part in carried), "\n".join([_SIGNATURE, *body])]
    head = import_block([_NEEDS, *carried])
    text = f"{head}\n\n{made.text.rstrip()}\n\n\n" + "\n\n\n".join(blocks) + "\n"
    return msgspec.structs.replace(made, text=text)
