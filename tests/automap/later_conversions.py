"""Conversions that were scored once, when the mapper was finished: the figures of families that it had never seen."""

from collections.abc import Callable

from tests.automap.conversions import Conversion


def _conv(c: Conversion, target: str, source: str, *shape: int) -> None:
    """A convolution with bias."""
    c.same(target + ".weight", source + ".weight", *shape)
    c.same(target + ".bias", source + ".bias", shape[0])


def _split(c: Conversion, targets: list[str], source: str, sizes: list[int], into: int) -> None:
    """A fused linear with bias, cut along its rows."""
    c.split([name + ".weight" for name in targets], source + ".weight", sizes, into)
    c.split([name + ".bias" for name in targets], source + ".bias", sizes)


def dinov2_registers() -> Conversion:
    """DINOv2 giant: timm to transformers; registers, layer scales, a packed gated feed-forward."""
    c, d, f = Conversion(), 96, 256
    c.same("embeddings.cls_token", "cls_token", 1, 1, d)
    c.fresh("embeddings.mask_token", 1, d)
    c.same("embeddings.register_tokens", "reg_token", 1, 4, d)
    c.same("embeddings.position_embeddings", "pos_embed", 1, 1370, d)
    _conv(c, "embeddings.patch_embeddings.projection", "patch_embed.proj", d, 3, 14, 14)
    for i in range(5):
        a, b = f"encoder.layer.{i}.", f"blocks.{i}."
        c.norm(a + "norm1", b + "norm1", d)
        _split(c, [f"{a}attention.attention.{x}" for x in ("query", "key", "value")], b + "attn.qkv", [d] * 3, d)
        c.linear(a + "attention.output.dense", b + "attn.proj", d, d)
        c.same(a + "layer_scale1.lambda1", b + "ls1.gamma", d)
        c.norm(a + "norm2", b + "norm2", d)
        c.linear(a + "mlp.weights_in", b + "mlp.fc1", 2 * f, d)
        c.linear(a + "mlp.weights_out", b + "mlp.fc2", d, f)
        c.same(a + "layer_scale2.lambda1", b + "ls2.gamma", d)
    c.norm("layernorm", "norm", d)
    return c


def siglip_open_clip() -> Conversion:
    """SigLIP: open_clip, whose image tower is timm's, to transformers."""
    c, d, w = Conversion(), 96, 64
    c.same("logit_scale", "logit_scale")
    c.same("logit_bias", "logit_bias")
    v, s = "vision_model.", "visual.trunk."
    _conv(c, v + "embeddings.patch_embedding", s + "patch_embed.proj", d, 3, 16, 16)
    c.has(s + "pos_embed", 1, 196, d)
    c.fresh(v + "embeddings.position_embedding.weight", 196, d)
    c.truth[v + "embeddings.position_embedding.weight"] = {"source": [s + "pos_embed"], "op": "reshape", "args": {"shape": [196, d]}}
    for i in range(4):
        a, b = f"{v}encoder.layers.{i}.", f"{s}blocks.{i}."
        c.norm(a + "layer_norm1", b + "norm1", d)
        _split(c, [f"{a}self_attn.{x}_proj" for x in "qkv"], b + "attn.qkv", [d] * 3, d)
        c.linear(a + "self_attn.out_proj", b + "attn.proj", d, d)
        c.norm(a + "layer_norm2", b + "norm2", d)
        c.linear(a + "mlp.fc1", b + "mlp.fc1", 4 * d, d)
        c.linear(a + "mlp.fc2", b + "mlp.fc2", d, 4 * d)
    c.norm(v + "post_layernorm", s + "norm", d)
    c.same(v + "head.probe", s + "attn_pool.latent", 1, 1, d)
    c.joined(v + "head.attention.in_proj_weight", [s + "attn_pool.q.weight", s + "attn_pool.kv.weight"], [d, 2 * d], d)
    c.joined(v + "head.attention.in_proj_bias", [s + "attn_pool.q.bias", s + "attn_pool.kv.bias"], [d, 2 * d])
    c.linear(v + "head.attention.out_proj", s + "attn_pool.proj", d, d)
    c.norm(v + "head.layernorm", s + "attn_pool.norm", d)
    c.linear(v + "head.mlp.fc1", s + "attn_pool.mlp.fc1", 4 * d, d)
    c.linear(v + "head.mlp.fc2", s + "attn_pool.mlp.fc2", d, 4 * d)
    t = "text_model."
    c.same(t + "embeddings.token_embedding.weight", "text.token_embedding.weight", 3000, w)
    c.same(t + "embeddings.position_embedding.weight", "text.positional_embedding", 64, w)
    for i in range(4):
        a, b = f"{t}encoder.layers.{i}.", f"text.transformer.resblocks.{i}."
        c.norm(a + "layer_norm1", b + "ln_1", w)
        for part, shape in (("weight", (w,)), ("bias", ())):
            c.split([f"{a}self_attn.{x}_proj.{part}" for x in "qkv"], f"{b}attn.in_proj_{part}", [w] * 3, *shape)
        c.linear(a + "self_attn.out_proj", b + "attn.out_proj", w, w)
        c.norm(a + "layer_norm2", b + "ln_2", w)
        c.linear(a + "mlp.fc1", b + "mlp.c_fc", 4 * w, w)
        c.linear(a + "mlp.fc2", b + "mlp.c_proj", w, 4 * w)
    c.norm(t + "final_layer_norm", "text.ln_final", w)
    c.linear(t + "head", "text.text_projection", w, w)
    return c


def conformer_nemo() -> Conversion:
    """Conformer: NeMo to the names of transformers; two feed-forwards, a convolution and relative attention in each block."""
    c, d = Conversion(), 80
    for i in range(4):
        a, b = f"encoder.layers.{i}.", f"encoder.layers.{i}."
        for x, y in (("q_proj", "linear_q"), ("k_proj", "linear_k"), ("v_proj", "linear_v"), ("o_proj", "linear_out")):
            c.linear(f"{a}self_attn.{x}", f"{b}self_attn.{y}", d, d)
        c.linear(a + "self_attn.relative_k_proj", b + "self_attn.linear_pos", d, d, bias=False)
        c.same(a + "self_attn.bias_u", b + "self_attn.pos_bias_u", 4, 20)
        c.same(a + "self_attn.bias_v", b + "self_attn.pos_bias_v", 4, 20)
        for n in (1, 2):
            c.linear(f"{a}feed_forward{n}.linear1", f"{b}feed_forward{n}.linear1", 4 * d, d)
            c.linear(f"{a}feed_forward{n}.linear2", f"{b}feed_forward{n}.linear2", d, 4 * d)
        _conv(c, a + "conv.pointwise_conv1", b + "conv.pointwise_conv1", 2 * d, d, 1)
        _conv(c, a + "conv.depthwise_conv", b + "conv.depthwise_conv", d, 1, 9)
        c.batchnorm(a + "conv.norm", b + "conv.batch_norm", d)
        _conv(c, a + "conv.pointwise_conv2", b + "conv.pointwise_conv2", d, d, 1)
        for x, y in (
            ("norm_feed_forward1", "norm_feed_forward1"),
            ("norm_self_att", "norm_self_att"),
            ("norm_conv", "norm_conv"),
            ("norm_feed_forward2", "norm_feed_forward2"),
            ("norm_out", "norm_out"),
        ):
            c.norm(a + x, b + y, d)
    for n, into in ((0, 1), (2, 1), (5, 1)):
        _conv(c, f"encoder.subsampling.layers.{n}", f"encoder.pre_encode.conv.{n}", 64, into, 3, 3)
    for n in (3, 6):
        _conv(c, f"encoder.subsampling.layers.{n}", f"encoder.pre_encode.conv.{n}", 64, 64, 1, 1)
    c.linear("encoder.subsampling.linear", "encoder.pre_encode.out", d, 640)
    _conv(c, "ctc_head", "decoder.decoder_layers.0", 1025, d, 1)
    return c


def wan_video() -> Conversion:
    """Wan: a video transformer with text cross attention to diffusers; its second norm is called the third."""
    c, d, f = Conversion(), 96, 256
    _conv(c, "patch_embedding", "patch_embedding", d, 16, 1, 2, 2)
    for n in (1, 2):
        c.linear(f"condition_embedder.time_embedder.linear_{n}", f"time_embedding.{2 * n - 2}", d, 256 if n == 1 else d)
        c.linear(f"condition_embedder.text_embedder.linear_{n}", f"text_embedding.{2 * n - 2}", d, 512 if n == 1 else d)
    c.linear("condition_embedder.time_proj", "time_projection.1", 6 * d, d)
    for i in range(4):
        a, b = f"blocks.{i}.", f"blocks.{i}."
        c.same(a + "scale_shift_table", b + "modulation", 1, 6, d)
        for to, own in (("attn1", "self_attn"), ("attn2", "cross_attn")):
            for x, y in (("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "o")):
                c.linear(f"{a}{to}.{x}", f"{b}{own}.{y}", d, d)
            for x in "qk":
                c.same(f"{a}{to}.norm_{x}.weight", f"{b}{own}.norm_{x}.weight", d)
        c.norm(a + "norm2", b + "norm3", d)
        c.linear(a + "ffn.net.0.proj", b + "ffn.0", f, d)
        c.linear(a + "ffn.net.2", b + "ffn.2", d, f)
    c.same("scale_shift_table", "head.modulation", 1, 2, d)
    c.linear("proj_out", "head.head", 64, d)
    return c


def opt_metaseq() -> Conversion:
    """OPT: metaseq's fused projections to transformers."""
    c, d = Conversion(), 64
    c.same("model.decoder.embed_tokens.weight", "decoder.embed_tokens.weight", 3000, d)
    c.same("model.decoder.embed_positions.weight", "decoder.embed_positions.weight", 130, d)
    for i in range(4):
        a, b = f"model.decoder.layers.{i}.", f"decoder.layers.{i}."
        _split(c, [f"{a}self_attn.{x}_proj" for x in "qkv"], b + "self_attn.qkv_proj", [d] * 3, d)
        c.linear(a + "self_attn.out_proj", b + "self_attn.out_proj", d, d)
        c.norm(a + "self_attn_layer_norm", b + "self_attn_layer_norm", d)
        c.linear(a + "fc1", b + "fc1", 4 * d, d)
        c.linear(a + "fc2", b + "fc2", d, 4 * d)
        c.norm(a + "final_layer_norm", b + "final_layer_norm", d)
    c.norm("model.decoder.final_layer_norm", "decoder.layer_norm", d)
    return c


def experts_renamed() -> Conversion:
    """A mixture of experts under the names of OLMoE to those of Mixtral, norms of q and k left behind."""
    c, d, f, e = Conversion(), 64, 48, 6
    c.same("model.embed_tokens.weight", "model.embed_tokens.weight", 2500, d)
    for i in range(3):
        a = f"model.layers.{i}."
        for x in "qkvo":
            c.linear(f"{a}self_attn.{x}_proj", f"{a}self_attn.{x}_proj", d, d, bias=False)
        c.has(a + "self_attn.q_norm.weight", d)
        c.has(a + "self_attn.k_norm.weight", d)
        c.same(a + "block_sparse_moe.gate.weight", a + "mlp.gate.weight", e, d)
        for j in range(e):
            to, own = f"{a}block_sparse_moe.experts.{j}.", f"{a}mlp.experts.{j}."
            c.same(to + "w1.weight", own + "gate_proj.weight", f, d)
            c.same(to + "w2.weight", own + "down_proj.weight", d, f)
            c.same(to + "w3.weight", own + "up_proj.weight", f, d)
        c.norm(a + "input_layernorm", a + "input_layernorm", d, bias=False)
        c.norm(a + "post_attention_layernorm", a + "post_attention_layernorm", d, bias=False)
    c.norm("model.norm", "model.norm", d, bias=False)
    c.linear("lm_head", "lm_head", 2500, d, bias=False)
    return c


def mobilevit_cvnets() -> Conversion:
    """MobileViT: Apple's nested blocks to transformers; inverted residuals, then transformers between convolutions."""
    c = Conversion()

    def block(target: str, source: str, *shape: int) -> None:
        c.same(target + ".convolution.weight", source + ".block.conv.weight", *shape)
        c.batchnorm(target + ".normalization", source + ".block.norm", shape[0])

    def inverted(target: str, source: str, out: int, into: int) -> None:
        mid = 4 * into
        block(target + ".expand_1x1", source + ".block.exp_1x1", mid, into, 1, 1)
        block(target + ".conv_3x3", source + ".block.conv_3x3", mid, 1, 3, 3)
        block(target + ".reduce_1x1", source + ".block.red_1x1", out, mid, 1, 1)

    t = "mobilevit."
    block(t + "conv_stem", "conv_1", 16, 3, 3, 3)
    inverted(t + "encoder.layer.0.layer.0", "layer_1.0", 32, 16)
    for i, into in enumerate((32, 48, 48)):
        inverted(f"{t}encoder.layer.1.layer.{i}", f"layer_2.{i}", 48, into)
    into = 48
    for stage, (out, d, depth) in enumerate(((64, 96, 2), (80, 120, 4), (96, 144, 3)), 2):
        a, b = f"{t}encoder.layer.{stage}.", f"layer_{stage + 1}."
        inverted(a + "downsampling_layer", b + "0", out, into)
        block(a + "conv_kxk", b + "1.local_rep.conv_3x3", out, out, 3, 3)
        c.same(a + "conv_1x1.convolution.weight", b + "1.local_rep.conv_1x1.block.conv.weight", d, out, 1, 1)
        for i in range(depth):
            x, y = f"{a}transformer.layer.{i}.", f"{b}1.global_rep.{i}."
            c.norm(x + "layernorm_before", y + "pre_norm_mha.0", d)
            _split(c, [f"{x}attention.attention.{n}" for n in ("query", "key", "value")], y + "pre_norm_mha.1.qkv_proj", [d] * 3, d)
            c.linear(x + "attention.output.dense", y + "pre_norm_mha.1.out_proj", d, d)
            c.norm(x + "layernorm_after", y + "pre_norm_ffn.0", d)
            c.linear(x + "intermediate.dense", y + "pre_norm_ffn.1", 2 * d, d)
            c.linear(x + "output.dense", y + "pre_norm_ffn.4", d, 2 * d)
        c.norm(a + "layernorm", f"{b}1.global_rep.{depth}", d)
        block(a + "conv_projection", b + "1.conv_proj", out, d, 1, 1)
        block(a + "fusion", b + "1.fusion", out, 2 * out, 3, 3)
        into = out
    block(t + "conv_1x1_exp", "conv_1x1_exp", 384, 96, 1, 1)
    c.linear("classifier", "classifier.fc", 1000, 384)
    return c


def esm_fairseq() -> Conversion:
    """ESM-2: a protein model under fairseq's names to transformers."""
    c, d = Conversion(), 80
    s, t = "encoder.sentence_encoder.", "esm."
    c.same(t + "embeddings.word_embeddings.weight", s + "embed_tokens.weight", 33, d)
    for i in range(5):
        a, b = f"{t}encoder.layer.{i}.", f"{s}layers.{i}."
        for x, y in (("query", "q"), ("key", "k"), ("value", "v")):
            c.linear(f"{a}attention.self.{x}", f"{b}self_attn.{y}_proj", d, d)
        c.linear(a + "attention.output.dense", b + "self_attn.out_proj", d, d)
        c.norm(a + "attention.LayerNorm", b + "self_attn_layer_norm", d)
        c.linear(a + "intermediate.dense", b + "fc1", 4 * d, d)
        c.linear(a + "output.dense", b + "fc2", d, 4 * d)
        c.norm(a + "LayerNorm", b + "final_layer_norm", d)
    c.norm(t + "encoder.emb_layer_norm_after", s + "emb_layer_norm_after", d)
    c.linear("lm_head.dense", "encoder.lm_head.dense", d, d)
    c.norm("lm_head.layer_norm", "encoder.lm_head.layer_norm", d)
    c.same("lm_head.bias", "encoder.lm_head.bias", 33)
    return c


def unet_plain() -> Conversion:
    """A plain U-Net: numbered steps of double convolutions to named ones; the decoder of the target counts down."""
    c, into, widths = Conversion(), 3, (32, 64, 128, 256, 512)

    def double(target: str, stem: str, source: str, out: int, wide: int) -> None:
        for n, (x, w) in enumerate(((0, wide), (3, out)), 1):
            c.same(f"{target}.{stem}conv{n}.weight", f"{source}.double_conv.{x}.weight", out, w, 3, 3)
            c.batchnorm(f"{target}.{stem}norm{n}", f"{source}.double_conv.{x + 1}", out)

    for i, w in enumerate(widths):
        to = ("bottleneck", "bottleneck") if i == 4 else (f"encoder{i + 1}", f"enc{i + 1}")
        double(*to, "inc" if i == 0 else f"down{i}.maxpool_conv.1", w, into)
        into = w
    for i, w in enumerate(widths[3::-1]):
        _conv(c, f"upconv{4 - i}", f"up{i + 1}.up", 2 * w, w, 2, 2)
        c.target[f"upconv{4 - i}.bias"]["shape"] = c.source[f"up{i + 1}.up.bias"]["shape"] = [w]
        double(f"decoder{4 - i}", f"dec{4 - i}", f"up{i + 1}.conv", w, 2 * w)
    _conv(c, "conv", "outc.conv", 1, 32, 1, 1)
    return c


LATER: tuple[Callable[[], Conversion], ...] = (
    dinov2_registers,
    siglip_open_clip,
    conformer_nemo,
    wan_video,
    opt_metaseq,
    experts_renamed,
    mobilevit_cvnets,
    esm_fairseq,
    unet_plain,
)
