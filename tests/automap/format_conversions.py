"""Conversions of what other formats and libraries call the same parameters: GGUF's flat names, wrapped norms, an actor and its critic."""

from collections.abc import Callable

from tests.automap.conversions import Conversion

WIDTH, HIDDEN, GROUPED, WORDS = 256, 704, 64, 3000


def _gguf_attention(c: Conversion, ours: str, theirs: str, *, bias: bool = False) -> None:
    for name, rows in (("q", WIDTH), ("k", GROUPED), ("v", GROUPED)):
        c.linear(f"{ours}self_attn.{name}_proj", f"{theirs}attn_{name}", rows, WIDTH, bias=bias)
    c.linear(f"{ours}self_attn.o_proj", f"{theirs}attn_output", WIDTH, WIDTH, bias=False)


def _gguf_ends(c: Conversion) -> None:
    c.same("model.norm.weight", "output_norm.weight", WIDTH)
    c.same("lm_head.weight", "output.weight", WORDS, WIDTH)


def gguf_qwen() -> Conversion:
    """A Qwen2 out of llama.cpp: `blk.0.attn_q`, `ffn_gate`, two norms; to transformers."""
    c = Conversion()
    c.same("model.embed_tokens.weight", "token_embd.weight", WORDS, WIDTH)
    for i in range(4):
        ours, theirs = f"model.layers.{i}.", f"blk.{i}."
        _gguf_attention(c, ours, theirs, bias=True)
        for name, out, into in (("gate", HIDDEN, WIDTH), ("up", HIDDEN, WIDTH), ("down", WIDTH, HIDDEN)):
            c.linear(f"{ours}mlp.{name}_proj", f"{theirs}ffn_{name}", out, into, bias=False)
        c.norm(ours + "input_layernorm", theirs + "attn_norm", WIDTH, bias=False)
        c.norm(ours + "post_attention_layernorm", theirs + "ffn_norm", WIDTH, bias=False)
    _gguf_ends(c)
    return c


def gguf_gemma_two() -> Conversion:
    """A Gemma 2: four norms a block, the output tied to the embedding."""
    c = Conversion()
    c.same("model.embed_tokens.weight", "token_embd.weight", WORDS, WIDTH)
    for i in range(4):
        ours, theirs = f"model.layers.{i}.", f"blk.{i}."
        _gguf_attention(c, ours, theirs)
        for name, out, into in (("gate", HIDDEN, WIDTH), ("up", HIDDEN, WIDTH), ("down", WIDTH, HIDDEN)):
            c.linear(f"{ours}mlp.{name}_proj", f"{theirs}ffn_{name}", out, into, bias=False)
        for wanted, given in (
            ("input_layernorm", "attn_norm"),
            ("post_attention_layernorm", "post_attention_norm"),
            ("pre_feedforward_layernorm", "ffn_norm"),
            ("post_feedforward_layernorm", "post_ffw_norm"),
        ):
            c.norm(ours + wanted, theirs + given, WIDTH, bias=False)
    c.same("model.norm.weight", "output_norm.weight", WIDTH)
    return c


def gguf_experts() -> Conversion:
    """A Qwen3 of experts: GGUF stacks them, `ffn_gate_exps`; transformers had them apart."""
    c, experts, narrow = Conversion(), 8, 96
    c.same("model.embed_tokens.weight", "token_embd.weight", WORDS, WIDTH)
    for i in range(3):
        ours, theirs = f"model.layers.{i}.", f"blk.{i}."
        _gguf_attention(c, ours, theirs)
        for name in "qk":
            c.norm(f"{ours}self_attn.{name}_norm", f"{theirs}attn_{name}_norm", 32, bias=False)
        c.linear(ours + "mlp.gate", theirs + "ffn_gate_inp", experts, WIDTH, bias=False)
        for name, out, into in (("gate", narrow, WIDTH), ("up", narrow, WIDTH), ("down", WIDTH, narrow)):
            stacked = f"{theirs}ffn_{name}_exps.weight"
            c.has(stacked, experts, out, into)
            for at in range(experts):
                key = f"{ours}mlp.experts.{at}.{name}_proj.weight"
                c.fresh(key, out, into)
                c.truth[key] = {"source": [stacked], "op": "slice", "args": {"dim": 0, "start": at, "length": 1}}
        c.norm(ours + "input_layernorm", theirs + "attn_norm", WIDTH, bias=False)
        c.norm(ours + "post_attention_layernorm", theirs + "ffn_norm", WIDTH, bias=False)
    _gguf_ends(c)
    return c


def gguf_bert() -> Conversion:
    """A BERT out of llama.cpp: position and type tables, norms behind what they follow."""
    c = Conversion()
    c.same("embeddings.word_embeddings.weight", "token_embd.weight", WORDS, WIDTH)
    c.same("embeddings.position_embeddings.weight", "position_embd.weight", 512, WIDTH)
    c.same("embeddings.token_type_embeddings.weight", "token_types.weight", 2, WIDTH)
    c.norm("embeddings.LayerNorm", "token_embd_norm", WIDTH)
    for i in range(4):
        ours, theirs = f"encoder.layer.{i}.", f"blk.{i}."
        for name, short in (("query", "q"), ("key", "k"), ("value", "v")):
            c.linear(f"{ours}attention.self.{name}", f"{theirs}attn_{short}", WIDTH, WIDTH)
        c.linear(ours + "attention.output.dense", theirs + "attn_output", WIDTH, WIDTH)
        c.linear(ours + "intermediate.dense", theirs + "ffn_up", 4 * WIDTH, WIDTH)
        c.linear(ours + "output.dense", theirs + "ffn_down", WIDTH, 4 * WIDTH)
        c.norm(ours + "attention.output.LayerNorm", theirs + "attn_output_norm", WIDTH)
        c.norm(ours + "output.LayerNorm", theirs + "layer_output_norm", WIDTH)
    return c


def actor_and_critic() -> Conversion:
    """Stable-Baselines3's policy to a hand-written actor and critic: equal shapes, and words only."""
    c = Conversion()
    for theirs, ours in (("policy_net", "actor"), ("value_net", "critic")):
        for at, into in ((0, 17), (2, 64)):
            c.linear(f"{ours}.body.{at}", f"mlp_extractor.{theirs}.{at}", 64, into)
    c.linear("actor.mean", "action_net", 6, 64)
    c.linear("critic.out", "value_net", 1, 64)
    return c


def speechbrain_encoder() -> Conversion:
    """SpeechBrain's wrapped norms (`norm1.norm`) and fused projections, to fairseq's names."""
    c = Conversion()
    for i in range(4):
        ours, theirs = f"encoder.layers.{i}.", f"0.Transformer.encoder.layers.{i}."
        for part, rest in (("weight", (WIDTH,)), ("bias", ())):
            c.split([f"{ours}self_attn.{x}_proj.{part}" for x in "qkv"], f"{theirs}self_att.att.in_proj_{part}", [WIDTH] * 3, *rest)
        c.linear(ours + "self_attn.out_proj", theirs + "self_att.att.out_proj", WIDTH, WIDTH)
        c.linear(ours + "fc1", theirs + "pos_ffn.ffn.0", 4 * WIDTH, WIDTH)
        c.linear(ours + "fc2", theirs + "pos_ffn.ffn.3", WIDTH, 4 * WIDTH)
        c.norm(ours + "self_attn_layer_norm", theirs + "norm1.norm", WIDTH)
        c.norm(ours + "final_layer_norm", theirs + "norm2.norm", WIDTH)
    c.norm("encoder.layer_norm", "0.Transformer.encoder.norm.norm", WIDTH)
    return c


def mask_decoder() -> Conversion:
    """Mask2Former's decoder: three lists of layers become one, and only one of its two fused attentions stays fused."""
    c, wide = Conversion(), 64
    for i in range(3):
        ours, theirs = f"model.transformer_module.decoder.layers.{i}.", "sem_seg_head.predictor.transformer_"
        itself, cross, ffn = (f"{theirs}{name}_layers.{i}." for name in ("self_attention", "cross_attention", "ffn"))
        for part, rest in (("weight", (wide,)), ("bias", ())):
            c.split([f"{ours}self_attn.{x}_proj.{part}" for x in "qkv"], f"{itself}self_attn.in_proj_{part}", [wide] * 3, *rest)
            c.same(f"{ours}cross_attn.in_proj_{part}", f"{cross}multihead_attn.in_proj_{part}", 3 * wide, *rest)
        c.linear(ours + "self_attn.out_proj", itself + "self_attn.out_proj", wide, wide)
        c.norm(ours + "self_attn_layer_norm", itself + "norm", wide)
        c.linear(ours + "cross_attn.out_proj", cross + "multihead_attn.out_proj", wide, wide)
        c.norm(ours + "cross_attn_layer_norm", cross + "norm", wide)
        c.linear(ours + "fc1", ffn + "linear1", 4 * wide, wide)
        c.linear(ours + "fc2", ffn + "linear2", wide, 4 * wide)
        c.norm(ours + "final_layer_norm", ffn + "norm", wide)
    return c


FORMATS: tuple[Callable[[], Conversion], ...] = (
    gguf_qwen,
    gguf_gemma_two,
    gguf_experts,
    gguf_bert,
    actor_and_critic,
    speechbrain_encoder,
    mask_decoder,
)
