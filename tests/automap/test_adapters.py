"""LoRA: two factors beside a weight, under the names of PEFT, diffusers and kohya, whose paths are written with underscores."""

import pytest

from app.automap import folding, propose, roles
from app.automap.folding import separator_of
from app.automap.underscores import levels
from app.automap.vocabulary import VOCABULARY
from tests.automap.test_namings import taken
from tests.automap.test_roles import tree

RANK, WIDTH = 4, 32
ENDS = {
    "peft": ("lora_A", "lora_B"),
    "named": ("lora_A.default", "lora_B.default"),
    "old": ("lora.down", "lora.up"),
    "kohya": ("lora_down", "lora_up"),
}


def adapter(ends, *, flat=False, blocks=3):
    """A LoRA of attentions and feed-forwards in numbered blocks; `flat` writes paths with underscores, and alpha beside the factors."""
    down, up = ENDS[ends]
    shapes = {}
    for i in range(blocks):
        for name, out, into in (
            ("attn1.to_q", WIDTH, WIDTH),
            ("attn1.to_k", WIDTH, WIDTH),
            ("attn1.to_out.0", WIDTH, WIDTH),
            ("ff.net.2", WIDTH, 96),
        ):
            path = f"unet.down_blocks.1.attentions.{i}.transformer_blocks.0.{name}"
            module = "lora_" + path.replace(".", "_") if flat else path
            shapes |= {f"{module}.{down}.weight": (RANK, into), f"{module}.{up}.weight": (out, RANK)}
            if flat:
                shapes[module + ".alpha"] = ()
    return shapes


def test_levels_are_cut_at_numbers_and_join_to_the_key():
    """Numbers are levels, two in a row as well, and a word that ends with a digit ends one."""
    key = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_down.weight"
    names, spelt = levels(key)
    assert names == ("lora_unet_input_blocks", "4", "1", "transformer_blocks", "0", "attn1", "to_q", "lora_down", "weight")
    assert "".join(spelt) == key
    assert all(written.startswith(name) for name, written in zip(names, spelt, strict=True))


def test_a_file_of_flat_paths_is_told_from_one_with_long_names():
    """Paths with numbers between underscores, in most keys; `self_attention_layer_norm.weight` is a name."""
    assert separator_of(tree(adapter("kohya", flat=True))) == ""
    assert separator_of(tree(adapter("peft"))) == "."
    names = {f"layers.{i}.post_self_attention_layer_norm_2_out.weight": (8,) for i in range(12)}
    assert separator_of(tree(names)) == "."


@pytest.mark.parametrize("ends", ENDS)
def test_the_factors_are_two_parameters_of_the_module_they_adapt(ends):
    """Whatever they are called, a query stays a query, as wide as the weight that the factors make."""
    made = tree(adapter(ends))
    found = folding.units(folding.trie(made, adapters=True), ".", "")
    roles.assign(found, VOCABULARY)
    units = {".".join(unit.path): unit for unit in found}
    unit = units["unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"]
    assert unit.params == {"lora_a": (RANK, WIDTH), "lora_b": (WIDTH, RANK)}
    assert unit.role == "q"
    assert unit.main == (WIDTH, WIDTH)


@pytest.mark.parametrize("arranged", [list, sorted, reversed])
@pytest.mark.parametrize("ends", ENDS)
def test_kohyas_adapter_is_taken_for_any_other(ends, arranged):
    """Each factor of each module in its place, in any listing; alpha is left over."""
    source, target = adapter("kohya", flat=True), adapter(ends)
    found = taken(source, {key: target[key] for key in arranged(list(target))})
    down, up = ENDS[ends]
    wanted = {
        key: (
            "lora_"
            + key.removesuffix(".weight").removesuffix("." + (down if shape[0] == RANK else up)).replace(".", "_")
            + (".lora_down.weight" if shape[0] == RANK else ".lora_up.weight"),
        )
        for key, shape in target.items()
    }
    assert found == wanted


@pytest.mark.parametrize("turned", [False, True])
def test_factors_without_a_module_of_their_own(turned):
    """Torchtune's `lora_a.weight`, and MLX's `lora_a` that is kept (in, rank): the weight they are added to is square all the same."""
    source = adapter("peft")
    target = {}
    for key, shape in source.items():
        name = key.replace("lora_A", "lora_a").replace("lora_B", "lora_b")
        target[name.removesuffix(".weight") if turned else name] = shape[::-1] if turned else shape
    found = propose({"": tree(source)}, tree(target))
    for key in source:
        name = key.replace("lora_A", "lora_a").replace("lora_B", "lora_b")
        claim = found[name.removesuffix(".weight") if turned else name].claim
        assert claim.sources == (key,)
        assert claim.op == ("transpose" if turned else "identity")


def test_factors_whose_names_nobody_knows_are_matched_as_modules():
    """Where one side's factors go by other names, both stay modules of their own, and shapes and surroundings tell them."""
    source = adapter("peft")
    target = {key.replace("lora_A", "adapter_first").replace("lora_B", "adapter_last"): shape for key, shape in source.items()}
    found = propose({"": tree(source)}, tree(target))
    for key, shape in source.items():
        if "ff" in key:
            name = key.replace("lora_A", "adapter_first").replace("lora_B", "adapter_last")
            assert found[name].claim.sources == (key,), shape


def test_an_adapter_is_no_weight():
    """A model that wants a weight gets none of the two factors."""
    found = propose(
        {"": tree(adapter("kohya", flat=True))},
        tree({"unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight": (WIDTH, WIDTH)}),
    )
    assert all(each.claim is None for each in found.values())
