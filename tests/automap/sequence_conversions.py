"""Conversions of language, speech and diffusion models that the corpus lacks, written down from what public code calls its parameters."""

from collections.abc import Callable
from itertools import pairwise

from tests.automap.conversions import Conversion


def _split(c: Conversion, targets: list[str], source: str, sizes: list[int], into: int) -> None:
    """A fused linear with bias, cut along its rows."""
    c.split([name + ".weight" for name in targets], source + ".weight", sizes, into)
    c.split([name + ".bias" for name in targets], source + ".bias", sizes)


def _swapped(c: Conversion, target: str, source: str, rows: int, into: int) -> None:
    """Shift and scale change places."""
    for part, shape in (("weight", (rows, into)), ("bias", (rows,))):
        c.same(f"{target}.{part}", f"{source}.{part}", *shape)
        c.truth[f"{target}.{part}"] = {
            "source": [f"{source}.{part}"],
            "op": "permute",
            "args": {"kind": "rows", "dim": 0, "roll": rows // 2},
        }


def mmdit_streams() -> Conversion:
    """Stable Diffusion 3: two streams of one shape, and a last context block that only feeds attention, to diffusers."""
    c, d, n = Conversion(), 64, 4
    s = "model.diffusion_model."
    c.same("pos_embed.pos_embed", s + "pos_embed", 1, 256, d)
    c.same("pos_embed.proj.weight", s + "x_embedder.proj.weight", d, 16, 2, 2)
    c.same("pos_embed.proj.bias", s + "x_embedder.proj.bias", d)
    for target, source, into in (("timestep", "t", 256), ("text", "y", 2048)):
        for i in (1, 2):
            c.linear(f"time_text_embed.{target}_embedder.linear_{i}", f"{s}{source}_embedder.mlp.{2 * i - 2}", d, into if i == 1 else d)
    c.linear("context_embedder", s + "context_embedder", d, 4096)
    for i in range(n):
        a, last = f"transformer_blocks.{i}.", i == n - 1
        for stream, qkv, norm, out, ff in (
            ("x_block", ("to_q", "to_k", "to_v"), "norm1", "to_out.0", "ff"),
            ("context_block", ("add_q_proj", "add_k_proj", "add_v_proj"), "norm1_context", "to_add_out", "ff_context"),
        ):
            b = f"{s}joint_blocks.{i}.{stream}."
            short = last and stream == "context_block"
            (_swapped if short else c.linear)(
                *([c] if short else []), f"{a}{norm}.linear", b + "adaLN_modulation.1", (2 if short else 6) * d, d
            )
            _split(c, [f"{a}attn.{x}" for x in qkv], b + "attn.qkv", [d] * 3, d)
            if not short:
                c.linear(f"{a}attn.{out}", b + "attn.proj", d, d)
                c.linear(f"{a}{ff}.net.0.proj", b + "mlp.fc1", 4 * d, d)
                c.linear(f"{a}{ff}.net.2", b + "mlp.fc2", d, 4 * d)
    _swapped(c, "norm_out.linear", s + "final_layer.adaLN_modulation.1", 2 * d, d)
    c.linear("proj_out", s + "final_layer.linear", 64, d)
    return c


def flux_streams() -> Conversion:
    """FLUX: double blocks with two streams and single blocks whose first linear is q, k, v and the feed-forward in one, to diffusers."""
    c, d, h = Conversion(), 128, 32
    c.linear("x_embedder", "img_in", d, 64)
    c.linear("context_embedder", "txt_in", d, 4096)
    for target, source, into in (("timestep", "time", 256), ("text", "vector", 768), ("guidance", "guidance", 256)):
        c.linear(f"time_text_embed.{target}_embedder.linear_1", f"{source}_in.in_layer", d, into)
        c.linear(f"time_text_embed.{target}_embedder.linear_2", f"{source}_in.out_layer", d, d)
    for i in range(3):
        a, b = f"transformer_blocks.{i}.", f"double_blocks.{i}."
        for stream, qkv, out, ff, norm, names in (
            ("img", ("to_q", "to_k", "to_v"), "to_out.0", "ff", "norm1", ("norm_q", "norm_k")),
            (
                "txt",
                ("add_q_proj", "add_k_proj", "add_v_proj"),
                "to_add_out",
                "ff_context",
                "norm1_context",
                ("norm_added_q", "norm_added_k"),
            ),
        ):
            c.linear(f"{a}{norm}.linear", f"{b}{stream}_mod.lin", 6 * d, d)
            for name, role in zip(names, ("query", "key"), strict=True):
                c.same(f"{a}attn.{name}.weight", f"{b}{stream}_attn.norm.{role}_norm.scale", h)
            _split(c, [f"{a}attn.{x}" for x in qkv], f"{b}{stream}_attn.qkv", [d] * 3, d)
            c.linear(f"{a}attn.{out}", f"{b}{stream}_attn.proj", d, d)
            c.linear(f"{a}{ff}.net.0.proj", f"{b}{stream}_mlp.0", 4 * d, d)
            c.linear(f"{a}{ff}.net.2", f"{b}{stream}_mlp.2", d, 4 * d)
    for i in range(5):
        a, b = f"single_transformer_blocks.{i}.", f"single_blocks.{i}."
        c.linear(a + "norm.linear", b + "modulation.lin", 3 * d, d)
        _split(c, [a + "attn.to_q", a + "attn.to_k", a + "attn.to_v", a + "proj_mlp"], b + "linear1", [d, d, d, 4 * d], d)
        c.linear(a + "proj_out", b + "linear2", d, 5 * d)
        c.same(a + "attn.norm_q.weight", b + "norm.query_norm.scale", h)
        c.same(a + "attn.norm_k.weight", b + "norm.key_norm.scale", h)
    _swapped(c, "norm_out.linear", "final_layer.adaLN_modulation.1", 2 * d, d)
    c.linear("proj_out", "final_layer.linear", 64, d)
    return c


def mixtral_megatron() -> Conversion:
    """Mixtral: transformers to Megatron-Core; gate and up joined for each expert, q, k, v by head, norms inside the linear behind them."""
    c, d, f, e = Conversion(), 128, 224, 4
    c.same("embedding.word_embeddings.weight", "model.embed_tokens.weight", 3200, d)
    for i in range(3):
        a, b = f"decoder.layers.{i}.", f"model.layers.{i}."
        c.same(a + "self_attention.linear_proj.weight", b + "self_attn.o_proj.weight", d, d)
        c.same(a + "self_attention.linear_qkv.layer_norm_weight", b + "input_layernorm.weight", d)
        c.joined(a + "self_attention.linear_qkv.weight", [f"{b}self_attn.{x}_proj.weight" for x in "qkv"], [d, d // 4, d // 4], d)
        c.truth[a + "self_attention.linear_qkv.weight"] |= {"op": "permute", "args": {"kind": "by groups"}}
        c.same(a + "pre_mlp_layernorm.weight", b + "post_attention_layernorm.weight", d)
        c.same(a + "mlp.router.weight", b + "block_sparse_moe.gate.weight", e, d)
        for j in range(e):
            to, own = f"{a}mlp.experts.local_experts.{j}.", f"{b}block_sparse_moe.experts.{j}."
            c.joined(to + "linear_fc1.weight", [own + "w1.weight", own + "w3.weight"], [f, f], d)
            c.same(to + "linear_fc2.weight", own + "w2.weight", d, f)
    c.same("decoder.final_layernorm.weight", "model.norm.weight", d)
    c.same("output_layer.weight", "lm_head.weight", 3200, d)
    return c


def rwkv_four() -> Conversion:
    """RWKV-4: the original to transformers; many vectors of one width in each block."""
    c, d = Conversion(), 96
    c.same("rwkv.embeddings.weight", "emb.weight", 3000, d)
    for i in range(4):
        a, b = f"rwkv.blocks.{i}.", f"blocks.{i}."
        if i == 0:
            c.norm(a + "pre_ln", b + "ln0", d)
        c.norm(a + "ln1", b + "ln1", d)
        c.norm(a + "ln2", b + "ln2", d)
        c.same(a + "attention.time_decay", b + "att.time_decay", d)
        c.same(a + "attention.time_first", b + "att.time_first", d)
        for x, y in (("key", "k"), ("value", "v"), ("receptance", "r")):
            c.same(f"{a}attention.time_mix_{x}", f"{b}att.time_mix_{y}", 1, 1, d)
        for x in ("key", "value", "receptance", "output"):
            c.same(f"{a}attention.{x}.weight", f"{b}att.{x}.weight", d, d)
        for x, y in (("key", "k"), ("receptance", "r")):
            c.same(f"{a}feed_forward.time_mix_{x}", f"{b}ffn.time_mix_{y}", 1, 1, d)
        c.same(a + "feed_forward.key.weight", b + "ffn.key.weight", 4 * d, d)
        c.same(a + "feed_forward.receptance.weight", b + "ffn.receptance.weight", d, d)
        c.same(a + "feed_forward.value.weight", b + "ffn.value.weight", d, 4 * d)
    c.norm("rwkv.ln_out", "ln_out", d)
    c.same("head.weight", "head.weight", 3000, d)
    return c


def perceiver_haiku() -> Conversion:
    """Perceiver IO: Haiku's counted linears and norms, stored turned, to transformers."""
    c, d, into = Conversion(), 64, 96

    def linear(target: str, source: str, out: int, wide: int) -> None:
        c.turned(target + ".weight", source + "/w", out, wide)
        c.same(target + ".bias", source + "/b", out)

    def norm(target: str, source: str, size: int) -> None:
        c.same(target + ".weight", source + "/scale", size)
        c.same(target + ".bias", source + "/offset", size)

    def layer(a: str, b: str, wide: int, *, cross: bool) -> None:
        norm(a + "attention.self.layernorm1", b + "layer_norm", d)
        if cross:
            norm(a + "attention.self.layernorm2", b + "layer_norm_1", wide)
        for n, x in enumerate(("query", "key", "value")):
            linear(f"{a}attention.self.{x}", b + "attention/linear" + (f"_{n}" if n else ""), d, wide if n else d)
        linear(a + "attention.output.dense", b + "attention/linear_3", d, d)
        norm(a + "layernorm", b + ("layer_norm_2" if cross else "layer_norm_1"), d)
        linear(a + "mlp.dense1", b + "mlp/linear", 4 * d, d)
        linear(a + "mlp.dense2", b + "mlp/linear_1", d, 4 * d)

    c.same("perceiver.embeddings.latents", "perceiver_encoder/~/trainable_position_encoding/pos_embs", 32, d)
    layer("perceiver.encoder.cross_attention.", "perceiver_encoder/~/cross_attention/", into, cross=True)
    for i in range(4):
        layer(f"perceiver.encoder.self_attends.{i}.", "perceiver_encoder/~/self_attention" + (f"_{i}/" if i else "/"), d, cross=False)
    c.same("perceiver.decoder.output_position_encodings.position_embeddings", "basic_decoder/~/trainable_position_encoding/pos_embs", 8, d)
    layer("perceiver.decoder.decoding_cross_attention.", "basic_decoder/cross_attention/", d, cross=True)
    linear("perceiver.decoder.final_layer", "basic_decoder/output", 10, d)
    return c


def umt5_encoder() -> Conversion:
    """UMT5: the text encoder of a video model, with plain names, to transformers; a position table in every block."""
    c, d, f = Conversion(), 64, 160
    c.same("shared.weight", "token_embedding.weight", 4000, d)
    for i in range(4):
        a, b = f"encoder.block.{i}.layer.", f"blocks.{i}."
        for x in "qkvo":
            c.same(f"{a}0.SelfAttention.{x}.weight", f"{b}attn.{x}.weight", d, d)
        c.same(a + "0.SelfAttention.relative_attention_bias.weight", b + "pos_embedding.embedding.weight", 32, 4)
        c.same(a + "0.layer_norm.weight", b + "norm1.weight", d)
        c.same(a + "1.DenseReluDense.wi_0.weight", b + "ffn.gate.0.weight", f, d)
        c.same(a + "1.DenseReluDense.wi_1.weight", b + "ffn.fc1.weight", f, d)
        c.same(a + "1.DenseReluDense.wo.weight", b + "ffn.fc2.weight", d, f)
        c.same(a + "1.layer_norm.weight", b + "norm2.weight", d)
    c.same("encoder.final_layer_norm.weight", "norm.weight", d)
    return c


def phi_three() -> Conversion:
    """Phi-3: fused q, k, v of unequal size and fused gate and up, taken apart under Llama's names."""
    c, d, f = Conversion(), 128, 352
    c.same("model.embed_tokens.weight", "model.embed_tokens.weight", 3000, d)
    for i in range(4):
        a = f"model.layers.{i}."
        c.same(a + "self_attn.o_proj.weight", a + "self_attn.o_proj.weight", d, d)
        c.split([f"{a}self_attn.{x}_proj.weight" for x in "qkv"], a + "self_attn.qkv_proj.weight", [d, d // 4, d // 4], d)
        c.split([f"{a}mlp.{x}_proj.weight" for x in ("gate", "up")], a + "mlp.gate_up_proj.weight", [f, f], d)
        c.same(a + "mlp.down_proj.weight", a + "mlp.down_proj.weight", d, f)
        c.same(a + "input_layernorm.weight", a + "input_layernorm.weight", d)
        c.same(a + "post_attention_layernorm.weight", a + "post_attention_layernorm.weight", d)
    c.same("model.norm.weight", "model.norm.weight", d)
    c.same("lm_head.weight", "lm_head.weight", 3000, d)
    return c


def wav2vec_torchaudio() -> Conversion:
    """wav2vec 2.0: torchaudio, which nests the transformer once more, to transformers."""
    c, d = Conversion(), 96
    t = "wav2vec2."
    for i in range(7):
        a, b = f"{t}feature_extractor.conv_layers.{i}.", f"feature_extractor.conv_layers.{i}."
        c.same(a + "conv.weight", b + "conv.weight", 64, 64 if i else 1, 3 if i else 10)
        if i == 0:
            c.norm(a + "layer_norm", b + "layer_norm", 64)
    c.norm(t + "feature_projection.layer_norm", "encoder.feature_projection.layer_norm", 64)
    c.linear(t + "feature_projection.projection", "encoder.feature_projection.projection", d, 64)
    a, b = t + "encoder.pos_conv_embed.conv.", "encoder.transformer.pos_conv_embed.conv."
    c.same(a + "bias", b + "bias", d)
    c.same(a + "parametrizations.weight.original0", b + "weight_g", 1, 1, 16)
    c.same(a + "parametrizations.weight.original1", b + "weight_v", d, 6, 16)
    c.norm(t + "encoder.layer_norm", "encoder.transformer.layer_norm", d)
    for i in range(4):
        a, b = f"{t}encoder.layers.{i}.", f"encoder.transformer.layers.{i}."
        for x in ("k_proj", "v_proj", "q_proj", "out_proj"):
            c.linear(f"{a}attention.{x}", f"{b}attention.{x}", d, d)
        c.norm(a + "layer_norm", b + "layer_norm", d)
        c.linear(a + "feed_forward.intermediate_dense", b + "feed_forward.intermediate_dense", 4 * d, d)
        c.linear(a + "feed_forward.output_dense", b + "feed_forward.output_dense", d, 4 * d)
        c.norm(a + "final_layer_norm", b + "final_layer_norm", d)
    c.linear("lm_head", "aux", 29, d)
    return c


def tacotron_wrapped() -> Conversion:
    """Tacotron 2: every linear and convolution in a wrapper of its own, recurrent cells beside bidirectional layers, to torchaudio."""
    c, d = Conversion(), 64
    c.same("embedding.weight", "embedding.weight", 148, d)
    for side, channels in (("encoder", [d] * 4), ("postnet", [20, d, d, 20])):
        for i, (into, out) in enumerate(pairwise(channels)):
            a = f"{side}.convolutions.{i}."
            c.linear(a + "0", a + "0.conv", out, into)
            for key in (a + "0.weight", a + "0.conv.weight"):
                (c.target if key in c.target else c.source)[key]["shape"] = [out, into, 5]
            c.batchnorm(a + "1", a + "1", out)
    for way in ("", "_reverse"):
        for name, shape in (("weight_ih", (128, d)), ("weight_hh", (128, 32)), ("bias_ih", (128,)), ("bias_hh", (128,))):
            c.same(f"encoder.lstm.{name}_l0{way}", f"encoder.lstm.{name}_l0{way}", *shape)
    c.linear("decoder.prenet.layers.0", "decoder.prenet.layers.0.linear_layer", 32, 20, bias=False)
    c.linear("decoder.prenet.layers.1", "decoder.prenet.layers.1.linear_layer", 32, 32, bias=False)
    for cell, into in (("attention_rnn", 96), ("decoder_rnn", 192)):
        for name, shape in (("weight_ih", (512, into)), ("weight_hh", (512, 128)), ("bias_ih", (512,)), ("bias_hh", (512,))):
            c.same(f"decoder.{cell}.{name}", f"decoder.{cell}.{name}", *shape)
    a = "decoder.attention_layer."
    for name, into in (("query_layer", 128), ("memory_layer", d)):
        c.linear(f"{a}{name}", f"{a}{name}.linear_layer", 24, into, bias=False)
    c.linear(a + "v", a + "v.linear_layer", 1, 24, bias=False)
    c.same(a + "location_layer.location_conv.weight", a + "location_layer.location_conv.conv.weight", 8, 2, 31)
    c.linear(a + "location_layer.location_dense", a + "location_layer.location_dense.linear_layer", 24, 8, bias=False)
    c.linear("decoder.linear_projection", "decoder.linear_projection.linear_layer", 20, 192)
    c.linear("decoder.gate_layer", "decoder.gate_layer.linear_layer", 1, 192)
    return c


def lora_kohya() -> Conversion:
    """LoRA: flat names of a trainer, with a scalar beside each pair, to the dotted names of PEFT."""
    c, d = Conversion(), 64
    for i in range(3):
        for j in range(2):
            for attn in ("attn1", "attn2"):
                for x, y in (("to_q", "to_q"), ("to_k", "to_k"), ("to_v", "to_v"), ("to_out_0", "to_out.0")):
                    own = f"lora_unet_down_blocks_{i}_attentions_{j}_transformer_blocks_0_{attn}_{x}."
                    to = f"unet.down_blocks.{i}.attentions.{j}.transformer_blocks.0.{attn}.{y}."
                    wide = 768 if attn == "attn2" and x in {"to_k", "to_v"} else d * 2**i
                    c.same(to + "lora_A.weight", own + "lora_down.weight", 8, wide)
                    c.same(to + "lora_B.weight", own + "lora_up.weight", d * 2**i, 8)
                    c.has(own + "alpha")
    return c


SEQUENCES: tuple[Callable[[], Conversion], ...] = (
    mmdit_streams,
    flux_streams,
    mixtral_megatron,
    rwkv_four,
    perceiver_haiku,
    umt5_encoder,
    phi_three,
    wav2vec_torchaudio,
    tacotron_wrapped,
    lora_kohya,
)
