"""Hooks that take code: timm's `checkpoint_filter_fn`, Lightning's `on_load_checkpoint`, torch's pre-hook of `load_state_dict`.

They can say every rule, so nothing is left over.
"""

from collections.abc import Callable

from app.dialects.dialect import Dialected, LeftOver, Subject
from app.exporting.carried import Carried, Imports, import_block, kernels, runtime_part
from app.exporting.layout import lines, tuple_of
from app.exporting.literals import raw_literal
from app.exporting.tables import set_display
from app.exporting.transfer import remapped_code
from app.mapping import Reason

_TIMM = '''
def checkpoint_filter_fn(
    state_dict: dict[str, torch.Tensor], model: torch.nn.Module
) -> dict[str, torch.Tensor]:
    """Remap a checkpoint for timm: build_model_with_cfg(..., pretrained_filter_fn=checkpoint_filter_fn)."""
    weights = state_dict.get("state_dict", state_dict)
    return remap(weights)
'''

_TIMM_STRIPS = "module."
_TIMM_RESTORED = """    # timm strips the wrapper of DataParallel before it calls a filter
    lead = "module."
    weights = {key if key.startswith(lead) else lead + key: value for key, value in weights.items()}
    return remap(weights)"""

_LIGHTNING = '''
class RemapOnLoad:
    """Stand before LightningModule in the bases of a module: class Module(RemapOnLoad, LightningModule)."""

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Remap the weights of a checkpoint before they are loaded."""
        checkpoint["state_dict"] = remap(checkpoint["state_dict"])
        super().on_load_checkpoint(checkpoint)  # type: ignore[misc]
'''

_PRE_HOOK = '''
def remap_before_loading(model: torch.nn.Module) -> None:
    """Let `model.load_state_dict` take the source's state_dict as it is."""

    def hook(state_dict: dict[str, torch.Tensor], prefix: str, *_: object) -> None:
        own = {key[len(prefix) :]: state_dict.pop(key) for key in list(state_dict) if key.startswith(prefix)}
        state_dict.update((prefix + key, tensor) for key, tensor in remap(own).items())

    model._register_load_state_dict_pre_hook(hook)
'''


def _writer(tail: str, *names: tuple[str, str]) -> Callable[[Subject], Dialected]:
    needs = Carried("", Imports(frozenset({"torch"}), frozenset(names)))

    def write(subject: Subject) -> Dialected:
        transfer = subject.transfer
        if transfer.qualified:
            reason = Reason("dialect_several_sources")
            return Dialected("", tuple(LeftOver(target, reason) for target in transfer.assignments))
        body, needed = remapped_code(transfer)
        carried = [*kernels(needed), runtime_part("conversion")]
        rows = tuple_of([tuple_of([raw_literal(pattern), raw_literal(replacement)]) for pattern, replacement in transfer.table.rows])
        head = [
            '"""Remaps the keys of a checkpoint while it is loaded. Written by Keygraft."""\n',
            import_block([needs, *carried]) + "\n",
            *lines(rows, before="RENAMES: tuple[tuple[str, str], ...] = "),
            *lines(set_display(transfer.left_behind), before="LEFT_BEHIND: frozenset[str] = "),
        ]
        function = [
            "def remapped(take: Take) -> Iterator[tuple[str, torch.Tensor]]:",
            '    """Yield each target key with its value, one after another."""',
            *body,
        ]
        blocks = ["\n".join(head), "\n".join(function), *(part.text for part in carried), tail.strip("\n")]
        return Dialected("\n\n\n".join(blocks) + "\n")

    return write


def write_timm(subject: Subject) -> Dialected:
    """Write a filter function; one for a wrapped checkpoint puts back the prefix that timm takes off."""
    wrapped = all(key.startswith(_TIMM_STRIPS) for tree in subject.sources.values() for key in tree.tensors)
    return _writer(_TIMM.replace("    return remap(weights)", _TIMM_RESTORED) if wrapped else _TIMM)(subject)


write_lightning = _writer(_LIGHTNING, ("typing", "Any"))
write_pre_hook = _writer(_PRE_HOOK)
