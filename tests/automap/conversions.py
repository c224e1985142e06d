"""Conversions written down by hand from what public models call their parameters: families that the corpus lacks, with their truth."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int, ...]


@dataclass
class Conversion:
    """Two sides and what belongs together, in the shape of a corpus case."""

    source: dict[str, dict[str, Any]] = field(default_factory=dict)
    target: dict[str, dict[str, Any]] = field(default_factory=dict)
    truth: dict[str, dict[str, Any]] = field(default_factory=dict)

    def has(self, key: str, *shape: int) -> None:
        """The source holds a key."""
        self.source[key] = {"shape": list(shape), "dtype": "F32"}

    def fresh(self, key: str, *shape: int) -> None:
        """The target wants a key that no source holds."""
        self.target[key] = {"shape": list(shape), "dtype": "F32"}

    def same(self, target: str, source: str, *shape: int) -> None:
        """One key, moved."""
        self.has(source, *shape)
        self.fresh(target, *shape)
        self.truth[target] = {"source": [source], "op": "identity", "args": {}}

    def linear(self, target: str, source: str, out: int, into: int, *, bias: bool = True) -> None:
        """A linear's weight and bias."""
        self.same(target + ".weight", source + ".weight", out, into)
        if bias:
            self.same(target + ".bias", source + ".bias", out)

    def norm(self, target: str, source: str, size: int, *, bias: bool = True) -> None:
        """A norm's weight and bias."""
        self.same(target + ".weight", source + ".weight", size)
        if bias:
            self.same(target + ".bias", source + ".bias", size)

    def batchnorm(self, target: str, source: str, size: int) -> None:
        """A batch norm's parameters and statistics."""
        for name in ("weight", "bias", "running_mean", "running_var"):
            self.same(f"{target}.{name}", f"{source}.{name}", size)
        self.same(f"{target}.num_batches_tracked", f"{source}.num_batches_tracked")

    def turned(self, target: str, source: str, out: int, into: int) -> None:
        """A weight that the source stores (in, out)."""
        self.has(source, into, out)
        self.fresh(target, out, into)
        self.truth[target] = {"source": [source], "op": "transpose", "args": {"dims": [0, 1]}}

    def kernel(self, target: str, source: str, out: int, into: int, *size: int) -> None:
        """A convolution that the source stores (height, width, in, out)."""
        self.has(source, *size, into, out)
        self.fresh(target, out, into, *size)
        self.truth[target] = {"source": [source], "op": "permute", "args": {"kind": "dims", "dims": [3, 2, 0, 1]}}

    def split(self, targets: list[str], source: str, sizes: list[int], *rest: int) -> None:
        """A fused tensor, cut along its rows."""
        self.has(source, sum(sizes), *rest)
        start = 0
        for target, size in zip(targets, sizes, strict=True):
            self.fresh(target, size, *rest)
            self.truth[target] = {"source": [source], "op": "slice", "args": {"dim": 0, "start": start, "length": size}}
            start += size

    def joined(self, target: str, sources: list[str], sizes: list[int], *rest: int) -> None:
        """Tensors that the target fuses."""
        for source, size in zip(sources, sizes, strict=True):
            self.has(source, size, *rest)
        self.fresh(target, sum(sizes), *rest)
        self.truth[target] = {"source": sources, "op": "concat", "args": {"dim": 0}}


def roberta_fairseq() -> Conversion:
    """RoBERTa: fairseq to transformers."""
    c, d = Conversion(), 64
    s, t = "decoder.sentence_encoder.", "roberta."
    c.same(t + "embeddings.word_embeddings.weight", s + "embed_tokens.weight", 5000, d)
    c.same(t + "embeddings.position_embeddings.weight", s + "embed_positions.weight", 130, d)
    c.fresh(t + "embeddings.token_type_embeddings.weight", 1, d)
    c.norm(t + "embeddings.LayerNorm", s + "emb_layer_norm", d)
    for i in range(4):
        a, b = f"{t}encoder.layer.{i}.", f"{s}layers.{i}."
        for x, y in (("query", "q"), ("key", "k"), ("value", "v")):
            c.linear(f"{a}attention.self.{x}", f"{b}self_attn.{y}_proj", d, d)
        c.linear(a + "attention.output.dense", b + "self_attn.out_proj", d, d)
        c.norm(a + "attention.output.LayerNorm", b + "self_attn_layer_norm", d)
        c.linear(a + "intermediate.dense", b + "fc1", 4 * d, d)
        c.linear(a + "output.dense", b + "fc2", d, 4 * d)
        c.norm(a + "output.LayerNorm", b + "final_layer_norm", d)
    c.linear("lm_head.dense", "decoder.lm_head.dense", d, d)
    c.norm("lm_head.layer_norm", "decoder.lm_head.layer_norm", d)
    c.same("lm_head.decoder.weight", "decoder.lm_head.weight", 5000, d)
    c.same("lm_head.bias", "decoder.lm_head.bias", 5000)
    return c


def wav2vec2_fairseq() -> Conversion:
    """wav2vec 2.0: fairseq to transformers."""
    c, d = Conversion(), 96
    s, t = "w2v_model.", "wav2vec2."
    c.same(t + "masked_spec_embed", s + "mask_emb", d)
    for i in range(7):
        c.same(
            f"{t}feature_extractor.conv_layers.{i}.conv.weight",
            f"{s}feature_extractor.conv_layers.{i}.0.weight",
            64,
            1 if i == 0 else 64,
            10 if i == 0 else 3 if i < 5 else 2,
        )
        if i == 0:
            c.norm(f"{t}feature_extractor.conv_layers.{i}.layer_norm", f"{s}feature_extractor.conv_layers.{i}.2", 64)
    c.norm(t + "feature_projection.layer_norm", s + "layer_norm", 64)
    c.linear(t + "feature_projection.projection", s + "post_extract_proj", d, 64)
    c.same(t + "encoder.pos_conv_embed.conv.bias", s + "encoder.pos_conv.0.bias", d)
    c.same(t + "encoder.pos_conv_embed.conv.parametrizations.weight.original0", s + "encoder.pos_conv.0.weight_g", 1, 1, 16)
    c.same(t + "encoder.pos_conv_embed.conv.parametrizations.weight.original1", s + "encoder.pos_conv.0.weight_v", d, 6, 16)
    c.norm(t + "encoder.layer_norm", s + "encoder.layer_norm", d)
    for i in range(5):
        a, b = f"{t}encoder.layers.{i}.", f"{s}encoder.layers.{i}."
        for x in ("k_proj", "v_proj", "q_proj", "out_proj"):
            c.linear(f"{a}attention.{x}", f"{b}self_attn.{x}", d, d)
        c.norm(a + "layer_norm", b + "self_attn_layer_norm", d)
        c.linear(a + "feed_forward.intermediate_dense", b + "fc1", 4 * d, d)
        c.linear(a + "feed_forward.output_dense", b + "fc2", d, 4 * d)
        c.norm(a + "final_layer_norm", b + "final_layer_norm", d)
    c.linear("lm_head", "proj", 32, d)
    return c


def phi_mixformer() -> Conversion:
    """Phi: the first release numbered embedding and head as layers, so blocks begin at 1."""
    c, d, n = Conversion(), 128, 6
    c.same("model.embed_tokens.weight", "layers.0.wte.weight", 2000, d)
    for i in range(n):
        a, b = f"model.layers.{i}.", f"layers.{i + 1}."
        c.split([f"{a}self_attn.{x}_proj.weight" for x in "qkv"], b + "mixer.Wqkv.weight", [d] * 3, d)
        c.split([f"{a}self_attn.{x}_proj.bias" for x in "qkv"], b + "mixer.Wqkv.bias", [d] * 3)
        c.linear(a + "self_attn.dense", b + "mixer.out_proj", d, d)
        c.linear(a + "mlp.fc1", b + "mlp.fc1", 4 * d, d)
        c.linear(a + "mlp.fc2", b + "mlp.fc2", d, 4 * d)
        c.norm(a + "input_layernorm", b + "ln", d)
    c.norm("model.final_layernorm", f"layers.{n + 1}.ln", d)
    c.linear("lm_head", f"layers.{n + 1}.linear", 2000, d)
    return c


def qwen_one() -> Conversion:
    """Qwen-7B to the names of Qwen2: w2 is the gate, w1 is not."""
    c, d, f = Conversion(), 128, 344
    c.same("model.embed_tokens.weight", "transformer.wte.weight", 3000, d)
    for i in range(4):
        a, b = f"model.layers.{i}.", f"transformer.h.{i}."
        c.split([f"{a}self_attn.{x}_proj.weight" for x in "qkv"], b + "attn.c_attn.weight", [d] * 3, d)
        c.split([f"{a}self_attn.{x}_proj.bias" for x in "qkv"], b + "attn.c_attn.bias", [d] * 3)
        c.linear(a + "self_attn.o_proj", b + "attn.c_proj", d, d, bias=False)
        c.linear(a + "mlp.gate_proj", b + "mlp.w2", f, d, bias=False)
        c.linear(a + "mlp.up_proj", b + "mlp.w1", f, d, bias=False)
        c.linear(a + "mlp.down_proj", b + "mlp.c_proj", d, f, bias=False)
        c.norm(a + "input_layernorm", b + "ln_1", d, bias=False)
        c.norm(a + "post_attention_layernorm", b + "ln_2", d, bias=False)
    c.norm("model.norm", "transformer.ln_f", d, bias=False)
    c.linear("lm_head", "lm_head", 3000, d, bias=False)
    return c


def vit_torchvision() -> Conversion:
    """ViT: torchvision to timm."""
    c, d = Conversion(), 96
    c.same("cls_token", "class_token", 1, 1, d)
    c.same("pos_embed", "encoder.pos_embedding", 1, 50, d)
    c.same("patch_embed.proj.weight", "conv_proj.weight", d, 3, 32, 32)
    c.same("patch_embed.proj.bias", "conv_proj.bias", d)
    for i in range(6):
        a, b = f"blocks.{i}.", f"encoder.layers.encoder_layer_{i}."
        c.norm(a + "norm1", b + "ln_1", d)
        c.same(a + "attn.qkv.weight", b + "self_attention.in_proj_weight", 3 * d, d)
        c.same(a + "attn.qkv.bias", b + "self_attention.in_proj_bias", 3 * d)
        c.linear(a + "attn.proj", b + "self_attention.out_proj", d, d)
        c.norm(a + "norm2", b + "ln_2", d)
        c.linear(a + "mlp.fc1", b + "mlp.0", 4 * d, d)
        c.linear(a + "mlp.fc2", b + "mlp.3", d, 4 * d)
    c.norm("norm", "encoder.ln", d)
    c.linear("head", "heads.head", 1000, d)
    return c


def resnet_transformers() -> Conversion:
    """ResNet-50: timm to transformers."""
    c = Conversion()
    c.same("resnet.embedder.embedder.convolution.weight", "conv1.weight", 64, 3, 7, 7)
    c.batchnorm("resnet.embedder.embedder.normalization", "bn1", 64)
    into = 64
    for stage, (depth, mid) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512))):
        out = 4 * mid
        for i in range(depth):
            a, b = f"resnet.encoder.stages.{stage}.layers.{i}.", f"layer{stage + 1}.{i}."
            if i == 0:
                c.same(a + "shortcut.convolution.weight", b + "downsample.0.weight", out, into, 1, 1)
                c.batchnorm(a + "shortcut.normalization", b + "downsample.1", out)
            for j, (o, n, k) in enumerate(((mid, into, 1), (mid, mid, 3), (out, mid, 1))):
                c.same(f"{a}layer.{j}.convolution.weight", f"{b}conv{j + 1}.weight", o, n, k, k)
                c.batchnorm(f"{a}layer.{j}.normalization", f"{b}bn{j + 1}", o)
            into = out
    c.linear("classifier.1", "fc", 1000, into)
    return c


def convnext_timm() -> Conversion:
    """ConvNeXt: reference code to timm."""
    c, dims = Conversion(), (48, 96, 192, 384)
    c.same("stem.0.weight", "downsample_layers.0.0.weight", 48, 3, 4, 4)
    c.same("stem.0.bias", "downsample_layers.0.0.bias", 48)
    c.norm("stem.1", "downsample_layers.0.1", 48)
    for s, (d, depth) in enumerate(zip(dims, (2, 2, 6, 2), strict=True)):
        if s:
            c.norm(f"stages.{s}.downsample.0", f"downsample_layers.{s}.0", dims[s - 1])
            c.same(f"stages.{s}.downsample.1.weight", f"downsample_layers.{s}.1.weight", d, dims[s - 1], 2, 2)
            c.same(f"stages.{s}.downsample.1.bias", f"downsample_layers.{s}.1.bias", d)
        for i in range(depth):
            a, b = f"stages.{s}.blocks.{i}.", f"stages.{s}.{i}."
            c.same(a + "gamma", b + "gamma", d)
            c.same(a + "conv_dw.weight", b + "dwconv.weight", d, 1, 7, 7)
            c.same(a + "conv_dw.bias", b + "dwconv.bias", d)
            c.norm(a + "norm", b + "norm", d)
            c.linear(a + "mlp.fc1", b + "pwconv1", 4 * d, d)
            c.linear(a + "mlp.fc2", b + "pwconv2", d, 4 * d)
    c.norm("head.norm", "norm", 384)
    c.linear("head.fc", "head", 1000, 384)
    return c


def densenet_old() -> Conversion:
    """DenseNet: the names torchvision's files had before dots were forbidden."""
    c, width = Conversion(), 64
    c.same("features.conv0.weight", "features.conv0.weight", 64, 3, 7, 7)
    c.batchnorm("features.norm0", "features.norm0", 64)
    for block, depth in enumerate((6, 12, 24, 16), 1):
        for i in range(depth):
            a, b = f"features.denseblock{block}.denselayer{i + 1}.", f"module.features.denseblock{block}.denselayer{i + 1}."
            c.batchnorm(a + "norm1", b + "norm.1", width)
            c.same(a + "conv1.weight", b + "conv.1.weight", 128, width, 1, 1)
            c.batchnorm(a + "norm2", b + "norm.2", 128)
            c.same(a + "conv2.weight", b + "conv.2.weight", 32, 128, 3, 3)
            width += 32
        if block < 4:
            c.batchnorm(f"features.transition{block}.norm", f"module.features.transition{block}.norm", width)
            c.same(f"features.transition{block}.conv.weight", f"module.features.transition{block}.conv.weight", width // 2, width, 1, 1)
            width //= 2
    c.batchnorm("features.norm5", "module.features.norm5", width)
    c.linear("classifier", "module.classifier", 1000, width)
    for old in [key for key in c.source if key.startswith("features.")]:
        c.source["module." + old] = c.source.pop(old)
        for truth in c.truth.values():
            truth["source"] = ["module." + old if key == old else key for key in truth["source"]]
    return c


def resnet_keras() -> Conversion:
    """A small residual network: Keras kernels (height, width, in, out) to torch."""
    c, into = Conversion(), 16
    c.kernel("conv1.weight", "stem/conv/kernel", 16, 3, 3, 3)
    keras = (("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_variance"))

    def bn(target: str, source: str, size: int) -> None:
        for ours, theirs in keras:
            c.same(f"{target}.{ours}", f"{source}/{theirs}", size)

    bn("bn1", "stem/bn", 16)
    for s, d in enumerate((16, 32, 64)):
        for i in range(2):
            a, b = f"layer{s + 1}.{i}.", f"stage_{s}/block_{i}/"
            c.kernel(a + "conv1.weight", b + "conv1/kernel", d, into, 3, 3)
            bn(a + "bn1", b + "bn1", d)
            c.kernel(a + "conv2.weight", b + "conv2/kernel", d, d, 3, 3)
            bn(a + "bn2", b + "bn2", d)
            if into != d:
                c.kernel(a + "downsample.0.weight", b + "shortcut/conv/kernel", d, into, 1, 1)
                bn(a + "downsample.1", b + "shortcut/bn", d)
            into = d
    c.turned("fc.weight", "head/kernel", 10, 64)
    c.same("fc.bias", "head/bias", 10)
    return c


def t5_mesh() -> Conversion:
    """T5: Mesh TensorFlow names, every matrix (in, out), to transformers."""
    c, d, f = Conversion(), 64, 256
    c.same("shared.weight", "shared/embedding", 1000, d)
    for side, cross in (("encoder", False), ("decoder", True)):
        c.same(
            f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            f"{side}/block_000/layer_000/SelfAttention/relative_attention_bias",
            32,
            8,
        )
        for i in range(3):
            kinds = ["SelfAttention", *(["EncDecAttention"] if cross else []), "DenseReluDense"]
            for j, kind in enumerate(kinds):
                a, b = f"{side}.block.{i}.layer.{j}.", f"{side}/block_{i:03d}/layer_{j:03d}/"
                if "Attention" in kind:
                    for x in "qkvo":
                        c.turned(f"{a}{kind}.{x}.weight", f"{b}{kind}/{x}", d, d)
                else:
                    c.turned(a + "DenseReluDense.wi.weight", b + "DenseReluDense/wi/kernel", f, d)
                    c.turned(a + "DenseReluDense.wo.weight", b + "DenseReluDense/wo/kernel", d, f)
                c.same(a + "layer_norm.weight", b + "layer_norm/scale", d)
        c.same(f"{side}.final_layer_norm.weight", f"{side}/final_layer_norm/scale", d)
    return c


def gemma_pytorch() -> Conversion:
    """Gemma: the reference code fuses q, k and v; transformers does not."""
    c, d = Conversion(), 128
    c.same("model.embed_tokens.weight", "embedder.weight", 4000, d)
    for i in range(4):
        a, b = f"model.layers.{i}.", f"model.layers.{i}."
        c.split([f"{a}self_attn.{x}_proj.weight" for x in "qkv"], b + "self_attn.qkv_proj.weight", [256, 64, 64], d)
        c.linear(a + "self_attn.o_proj", b + "self_attn.o_proj", d, 256, bias=False)
        for x, (o, n) in {"gate_proj": (512, d), "up_proj": (512, d), "down_proj": (d, 512)}.items():
            c.linear(f"{a}mlp.{x}", f"{b}mlp.{x}", o, n, bias=False)
        for x in ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"):
            c.norm(a + x, b + x, d, bias=False)
    c.norm("model.norm", "model.norm", d, bias=False)
    return c


def experts_stacked() -> Conversion:
    """A mixture of experts with a shared one: single experts to stacked tensors, the first layer dense."""
    c, d, f, e = Conversion(), 64, 32, 6
    c.same("model.embed_tokens.weight", "model.embed_tokens.weight", 2000, d)
    for i in range(4):
        a = f"model.layers.{i}."
        for x in "qkvo":
            c.linear(f"{a}self_attn.{x}_proj", f"{a}self_attn.{x}_proj", d, d, bias=False)
        if i == 0:
            for x, (o, n) in {"gate_proj": (256, d), "up_proj": (256, d), "down_proj": (d, 256)}.items():
                c.linear(f"{a}mlp.{x}", f"{a}mlp.{x}", o, n, bias=False)
        else:
            c.linear(a + "mlp.gate", a + "mlp.gate", e, d, bias=False)
            gate_up, down = [], []
            for j in range(e):
                for x in ("gate_proj", "up_proj"):
                    key = f"{a}mlp.experts.{j}.{x}.weight"
                    c.has(key, f, d)
                    gate_up.append(key)
                key = f"{a}mlp.experts.{j}.down_proj.weight"
                c.has(key, d, f)
                down.append(key)
            c.fresh(a + "mlp.experts.gate_up_proj", e, 2 * f, d)
            c.truth[a + "mlp.experts.gate_up_proj"] = {
                "source": gate_up,
                "op": "stack",
                "args": {"dim": 0, "inner": {"op": "concat", "dim": 0, "count": 2}},
            }
            c.fresh(a + "mlp.experts.down_proj", e, d, f)
            c.truth[a + "mlp.experts.down_proj"] = {"source": down, "op": "stack", "args": {"dim": 0}}
            for x, (o, n) in {"gate_proj": (2 * f, d), "up_proj": (2 * f, d), "down_proj": (d, 2 * f)}.items():
                c.linear(f"{a}mlp.shared_experts.{x}", f"{a}mlp.shared_experts.{x}", o, n, bias=False)
        c.norm(a + "input_layernorm", a + "input_layernorm", d, bias=False)
        c.norm(a + "post_attention_layernorm", a + "post_attention_layernorm", d, bias=False)
    c.norm("model.norm", "model.norm", d, bias=False)
    c.linear("lm_head", "lm_head", 2000, d, bias=False)
    return c


def _unet_attention(c: Conversion, a: str, b: str, d: int, ctx: int) -> None:
    c.norm(a + "norm", b + "norm", d)
    c.same(a + "proj_in.weight", b + "proj_in.weight", d, d, 1, 1)
    c.same(a + "proj_in.bias", b + "proj_in.bias", d)
    p, q = a + "transformer_blocks.0.", b + "transformer_blocks.0."
    for name, into in (("attn1", d), ("attn2", ctx)):
        c.linear(f"{p}{name}.to_q", f"{q}{name}.to_q", d, d, bias=False)
        c.linear(f"{p}{name}.to_k", f"{q}{name}.to_k", d, into, bias=False)
        c.linear(f"{p}{name}.to_v", f"{q}{name}.to_v", d, into, bias=False)
        c.linear(f"{p}{name}.to_out.0", f"{q}{name}.to_out.0", d, d)
    c.linear(p + "ff.net.0.proj", q + "ff.net.0.proj", 8 * d, d)
    c.linear(p + "ff.net.2", q + "ff.net.2", d, 4 * d)
    for i in (1, 2, 3):
        c.norm(f"{p}norm{i}", f"{q}norm{i}", d)
    c.same(a + "proj_out.weight", b + "proj_out.weight", d, d, 1, 1)
    c.same(a + "proj_out.bias", b + "proj_out.bias", d)


def _unet_resnet(c: Conversion, a: str, b: str, into: int, out: int) -> None:
    c.norm(a + "norm1", b + "in_layers.0", into)
    c.same(a + "conv1.weight", b + "in_layers.2.weight", out, into, 3, 3)
    c.same(a + "conv1.bias", b + "in_layers.2.bias", out)
    c.linear(a + "time_emb_proj", b + "emb_layers.1", out, 1280)
    c.norm(a + "norm2", b + "out_layers.0", out)
    c.same(a + "conv2.weight", b + "out_layers.3.weight", out, out, 3, 3)
    c.same(a + "conv2.bias", b + "out_layers.3.bias", out)
    if into != out:
        c.same(a + "conv_shortcut.weight", b + "skip_connection.weight", out, into, 1, 1)
        c.same(a + "conv_shortcut.bias", b + "skip_connection.bias", out)


def unet_ldm() -> Conversion:
    """Stable Diffusion's UNet: latent-diffusion to diffusers; blocks are renumbered over two levels."""
    c, widths, ctx = Conversion(), (320, 640, 1280, 1280), 768
    s = "model.diffusion_model."
    c.same("conv_in.weight", s + "input_blocks.0.0.weight", 320, 4, 3, 3)
    c.same("conv_in.bias", s + "input_blocks.0.0.bias", 320)
    c.linear("time_embedding.linear_1", s + "time_embed.0", 1280, 320)
    c.linear("time_embedding.linear_2", s + "time_embed.2", 1280, 1280)
    at, skips, into = 1, [320], 320
    for level, out in enumerate(widths):
        for j in range(2):
            _unet_resnet(c, f"down_blocks.{level}.resnets.{j}.", f"{s}input_blocks.{at}.0.", into, out)
            if level < 3:
                _unet_attention(c, f"down_blocks.{level}.attentions.{j}.", f"{s}input_blocks.{at}.1.", out, ctx)
            into = out
            skips.append(out)
            at += 1
        if level < 3:
            c.same(f"down_blocks.{level}.downsamplers.0.conv.weight", f"{s}input_blocks.{at}.0.op.weight", out, out, 3, 3)
            c.same(f"down_blocks.{level}.downsamplers.0.conv.bias", f"{s}input_blocks.{at}.0.op.bias", out)
            skips.append(out)
            at += 1
    _unet_resnet(c, "mid_block.resnets.0.", s + "middle_block.0.", 1280, 1280)
    _unet_attention(c, "mid_block.attentions.0.", s + "middle_block.1.", 1280, ctx)
    _unet_resnet(c, "mid_block.resnets.1.", s + "middle_block.2.", 1280, 1280)
    at = 0
    for level, out in enumerate(reversed(widths)):
        for j in range(3):
            _unet_resnet(c, f"up_blocks.{level}.resnets.{j}.", f"{s}output_blocks.{at}.0.", into + skips.pop(), out)
            if level > 0:
                _unet_attention(c, f"up_blocks.{level}.attentions.{j}.", f"{s}output_blocks.{at}.1.", out, ctx)
            if level < 3 and j == 2:
                where = 1 if level == 0 else 2
                c.same(f"up_blocks.{level}.upsamplers.0.conv.weight", f"{s}output_blocks.{at}.{where}.conv.weight", out, out, 3, 3)
                c.same(f"up_blocks.{level}.upsamplers.0.conv.bias", f"{s}output_blocks.{at}.{where}.conv.bias", out)
            into = out
            at += 1
    c.norm("conv_norm_out", s + "out.0", 320)
    c.same("conv_out.weight", s + "out.2.weight", 4, 320, 3, 3)
    c.same("conv_out.bias", s + "out.2.bias", 4)
    return c


def efficientnet_pytorch() -> Conversion:
    """EfficientNet: a flat list of blocks to timm's stages."""
    c, into, at = Conversion(), 32, 0
    c.same("conv_stem.weight", "_conv_stem.weight", 32, 3, 3, 3)
    c.batchnorm("bn1", "_bn0", 32)
    for stage, (grow, depth, out, k) in enumerate(
        ((1, 1, 16, 3), (6, 2, 24, 3), (6, 2, 40, 5), (6, 3, 80, 3), (6, 3, 112, 5), (6, 4, 192, 5), (6, 1, 320, 3))
    ):
        for i in range(depth):
            a, b, mid = f"blocks.{stage}.{i}.", f"_blocks.{at}.", into * grow
            names = ["bn1", "bn2", "bn3"] if grow > 1 else ["bn1", "bn2"]
            if grow > 1:
                c.same(a + "conv_pw.weight", b + "_expand_conv.weight", mid, into, 1, 1)
                c.batchnorm(a + names[0], b + "_bn0", mid)
            c.same(a + "conv_dw.weight", b + "_depthwise_conv.weight", mid, 1, k, k)
            c.batchnorm(a + names[-2], b + "_bn1", mid)
            squeezed = max(1, into // 4)
            for x, y, (o, n) in (("conv_reduce", "_se_reduce", (squeezed, mid)), ("conv_expand", "_se_expand", (mid, squeezed))):
                c.same(f"{a}se.{x}.weight", f"{b}{y}.weight", o, n, 1, 1)
                c.same(f"{a}se.{x}.bias", f"{b}{y}.bias", o)
            c.same(a + ("conv_pwl" if grow > 1 else "conv_pw") + ".weight", b + "_project_conv.weight", out, mid, 1, 1)
            c.batchnorm(a + names[-1], b + "_bn2", out)
            into, at = out, at + 1
    c.same("conv_head.weight", "_conv_head.weight", 1280, 320, 1, 1)
    c.batchnorm("bn2", "_bn1", 1280)
    c.linear("classifier", "_fc", 1000, 1280)
    return c


def whisper_like_bart() -> Conversion:
    """BART: fairseq to transformers; two towers of equal width."""
    c, d = Conversion(), 64
    c.same("model.shared.weight", "shared.weight", 3000, d)
    for side, kinds in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        c.same(f"model.{side}.embed_positions.weight", f"{side}.embed_positions.weight", 130, d)
        for i in range(3):
            a, b = f"model.{side}.layers.{i}.", f"{side}.layers.{i}."
            for kind in kinds:
                for x in ("k_proj", "v_proj", "q_proj", "out_proj"):
                    c.linear(f"{a}{kind}.{x}", f"{b}{kind}.{x}", d, d)
                c.norm(f"{a}{kind}_layer_norm", f"{b}{kind}_layer_norm", d)
            c.linear(a + "fc1", b + "fc1", 4 * d, d)
            c.linear(a + "fc2", b + "fc2", d, 4 * d)
            c.norm(a + "final_layer_norm", b + "final_layer_norm", d)
        c.norm(f"model.{side}.layernorm_embedding", f"{side}.layernorm_embedding", d)
    return c


def bloom_megatron() -> Conversion:
    """BLOOM: the base model's names to those of the language model; fused and by head on both sides."""
    c, d = Conversion(), 64
    c.same("transformer.word_embeddings.weight", "word_embeddings.weight", 2000, d)
    c.norm("transformer.word_embeddings_layernorm", "word_embeddings_layernorm", d)
    for i in range(4):
        a, b = f"transformer.h.{i}.", f"h.{i}."
        c.norm(a + "input_layernorm", b + "input_layernorm", d)
        c.linear(a + "self_attention.query_key_value", b + "self_attention.query_key_value", 3 * d, d)
        c.linear(a + "self_attention.dense", b + "self_attention.dense", d, d)
        c.norm(a + "post_attention_layernorm", b + "post_attention_layernorm", d)
        c.linear(a + "mlp.dense_h_to_4h", b + "mlp.dense_h_to_4h", 4 * d, d)
        c.linear(a + "mlp.dense_4h_to_h", b + "mlp.dense_4h_to_h", d, 4 * d)
    c.norm("transformer.ln_f", "ln_f", d)
    return c


def lora_peft() -> Conversion:
    """LoRA: the names in an adapter's file to those of the wrapped model."""
    c, d = Conversion(), 64
    for i in range(4):
        for x in ("q_proj", "v_proj"):
            for side, shape in (("A", (8, d)), ("B", (d, 8))):
                stem = f"base_model.model.model.layers.{i}.self_attn.{x}.lora_{side}"
                c.same(f"{stem}.default.weight", f"{stem}.weight", *shape)
    return c


def vgg_conv_head() -> Conversion:
    """VGG: torchvision's linears as timm's convolutions."""
    c, into, at = Conversion(), 3, 0
    for width in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
        if isinstance(width, int):
            c.same(f"features.{at}.weight", f"features.{at}.weight", width, into, 3, 3)
            c.same(f"features.{at}.bias", f"features.{at}.bias", width)
            into, at = width, at + 2
        else:
            at += 1
    for target, source, out, into, k in (
        ("pre_logits.fc1", "classifier.0", 4096, 512, 7),
        ("pre_logits.fc2", "classifier.3", 4096, 4096, 1),
    ):
        c.has(source + ".weight", out, into * k * k)
        c.fresh(target + ".weight", out, into, k, k)
        c.truth[target + ".weight"] = {"source": [source + ".weight"], "op": "reshape", "args": {"shape": [out, into, k, k]}}
        c.same(target + ".bias", source + ".bias", out)
    c.linear("head.fc", "classifier.6", 1000, 4096)
    return c


def mamba_reference() -> Conversion:
    """Mamba: reference code to transformers."""
    c, d = Conversion(), 64
    c.same("backbone.embeddings.weight", "backbone.embedding.weight", 3000, d)
    for i in range(5):
        a = f"backbone.layers.{i}."
        c.norm(a + "norm", a + "norm", d, bias=False)
        m = a + "mixer."
        c.same(m + "A_log", m + "A_log", 2 * d, 16)
        c.same(m + "D", m + "D", 2 * d)
        c.linear(m + "in_proj", m + "in_proj", 4 * d, d, bias=False)
        c.same(m + "conv1d.weight", m + "conv1d.weight", 2 * d, 1, 4)
        c.same(m + "conv1d.bias", m + "conv1d.bias", 2 * d)
        c.linear(m + "x_proj", m + "x_proj", 36, 2 * d, bias=False)
        c.linear(m + "dt_proj", m + "dt_proj", 2 * d, 4)
        c.linear(m + "out_proj", m + "out_proj", d, 2 * d, bias=False)
    c.norm("backbone.norm_f", "backbone.norm_f", d, bias=False)
    c.linear("lm_head", "lm_head", 3000, d, bias=False)
    return c


def vit_flax() -> Conversion:
    """ViT: big_vision names with plain kernels to timm."""
    c, d = Conversion(), 64
    c.same("cls_token", "cls", 1, 1, d)
    c.same("pos_embed", "Transformer/posembed_input/pos_embedding", 1, 17, d)
    c.kernel("patch_embed.proj.weight", "embedding/kernel", d, 3, 8, 8)
    c.same("patch_embed.proj.bias", "embedding/bias", d)
    for i in range(4):
        a, b = f"blocks.{i}.", f"Transformer/encoderblock_{i}/"
        for x, y in (("norm1", "LayerNorm_0"), ("norm2", "LayerNorm_2")):
            c.same(f"{a}{x}.weight", f"{b}{y}/scale", d)
            c.same(f"{a}{x}.bias", f"{b}{y}/bias", d)
        c.turned(a + "mlp.fc1.weight", b + "MlpBlock_3/Dense_0/kernel", 4 * d, d)
        c.same(a + "mlp.fc1.bias", b + "MlpBlock_3/Dense_0/bias", 4 * d)
        c.turned(a + "mlp.fc2.weight", b + "MlpBlock_3/Dense_1/kernel", d, 4 * d)
        c.same(a + "mlp.fc2.bias", b + "MlpBlock_3/Dense_1/bias", d)
    c.same("norm.weight", "Transformer/encoder_norm/scale", d)
    c.same("norm.bias", "Transformer/encoder_norm/bias", d)
    c.turned("head.weight", "head/kernel", 100, d)
    c.same("head.bias", "head/bias", 100)
    return c


def mobilenet_mmcls() -> Conversion:
    """MobileNetV2: torchvision's numbered steps to named ones."""
    c = Conversion()
    c.same("backbone.conv1.conv.weight", "features.0.0.weight", 32, 3, 3, 3)
    c.batchnorm("backbone.conv1.bn", "features.0.1", 32)
    into, at = 32, 1
    for layer, (grow, out, depth) in enumerate(((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)), 1):
        for i in range(depth):
            a, b, mid = f"backbone.layer{layer}.{i}.", f"features.{at}.conv.", into * grow
            step = 0
            if grow > 1:
                c.same(a + "expand_conv.conv.weight", b + "0.0.weight", mid, into, 1, 1)
                c.batchnorm(a + "expand_conv.bn", b + "0.1", mid)
                step = 1
            c.same(a + "depthwise_conv.conv.weight", f"{b}{step}.0.weight", mid, 1, 3, 3)
            c.batchnorm(a + "depthwise_conv.bn", f"{b}{step}.1", mid)
            c.same(a + "linear_conv.conv.weight", f"{b}{step + 1}.weight", out, mid, 1, 1)
            c.batchnorm(a + "linear_conv.bn", f"{b}{step + 2}", out)
            into, at = out, at + 1
    c.same("backbone.conv2.conv.weight", "features.18.0.weight", 1280, 320, 1, 1)
    c.batchnorm("backbone.conv2.bn", "features.18.1", 1280)
    c.linear("head.fc", "classifier.1", 1000, 1280)
    return c


def student_and_teacher() -> Conversion:
    """A momentum pair in one file: which of the two a plain backbone wants cannot be known, so nothing may be accepted."""
    c, d = Conversion(), 64
    for i in range(3):
        for x, (o, n) in {"attn.qkv": (3 * d, d), "attn.proj": (d, d), "mlp.fc1": (4 * d, d), "mlp.fc2": (d, 4 * d)}.items():
            c.linear(f"blocks.{i}.{x}", f"teacher.blocks.{i}.{x}", o, n)
            c.has(f"student.blocks.{i}.{x}.weight", o, n)
            c.has(f"student.blocks.{i}.{x}.bias", o)
    return c


def swin_timm_moved() -> Conversion:
    """Swin: older files hold the downsampling at the end of a stage, timm now at the beginning of the next; equal names, other tensors."""
    c, d = Conversion(), 32
    c.same("patch_embed.proj.weight", "patch_embed.proj.weight", d, 3, 4, 4)
    c.norm("patch_embed.norm", "patch_embed.norm", d)
    for s, depth in enumerate((2, 2, 6, 2)):
        w = d * 2**s
        if s:
            c.norm(f"layers.{s}.downsample.norm", f"layers.{s - 1}.downsample.norm", 2 * w)
            c.linear(f"layers.{s}.downsample.reduction", f"layers.{s - 1}.downsample.reduction", w, 2 * w, bias=False)
        for i in range(depth):
            a = f"layers.{s}.blocks.{i}."
            c.norm(a + "norm1", a + "norm1", w)
            c.same(a + "attn.relative_position_bias_table", a + "attn.relative_position_bias_table", 169, 2**s)
            c.linear(a + "attn.qkv", a + "attn.qkv", 3 * w, w)
            c.linear(a + "attn.proj", a + "attn.proj", w, w)
            c.norm(a + "norm2", a + "norm2", w)
            c.linear(a + "mlp.fc1", a + "mlp.fc1", 4 * w, w)
            c.linear(a + "mlp.fc2", a + "mlp.fc2", w, 4 * w)
    c.norm("norm", "norm", 8 * d)
    c.linear("head.fc", "head", 1000, 8 * d)
    return c


def maskrcnn_mmdet() -> Conversion:
    """Mask R-CNN's neck and heads: torchvision to mmdetection."""
    c = Conversion()
    for i, width in enumerate((256, 512, 1024, 2048)):
        for target, source, into, k in (("lateral_convs", "inner_blocks", width, 1), ("fpn_convs", "layer_blocks", 256, 3)):
            c.same(f"neck.{target}.{i}.conv.weight", f"backbone.fpn.{source}.{i}.0.weight", 256, into, k, k)
            c.same(f"neck.{target}.{i}.conv.bias", f"backbone.fpn.{source}.{i}.0.bias", 256)
    for target, source, out, k in (("rpn_conv", "conv.0.0", 256, 3), ("rpn_cls", "cls_logits", 3, 1), ("rpn_reg", "bbox_pred", 12, 1)):
        c.same(f"rpn_head.{target}.weight", f"rpn.head.{source}.weight", out, 256, k, k)
        c.same(f"rpn_head.{target}.bias", f"rpn.head.{source}.bias", out)
    c.linear("roi_head.bbox_head.shared_fcs.0", "roi_heads.box_head.fc6", 1024, 12544)
    c.linear("roi_head.bbox_head.shared_fcs.1", "roi_heads.box_head.fc7", 1024, 1024)
    c.linear("roi_head.bbox_head.fc_cls", "roi_heads.box_predictor.cls_score", 91, 1024)
    c.linear("roi_head.bbox_head.fc_reg", "roi_heads.box_predictor.bbox_pred", 364, 1024)
    for i in range(4):
        c.same(f"roi_head.mask_head.convs.{i}.conv.weight", f"roi_heads.mask_head.{i}.0.weight", 256, 256, 3, 3)
        c.same(f"roi_head.mask_head.convs.{i}.conv.bias", f"roi_heads.mask_head.{i}.0.bias", 256)
    return c


def resnet_mxnet() -> Conversion:
    """A residual network in MXNet's flat names to torchvision's."""
    c, into = Conversion(), 64
    mxnet = (("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_var"))

    def bn(target: str, source: str, size: int) -> None:
        for ours, theirs in mxnet:
            c.same(f"{target}.{ours}", f"{source}_{theirs}", size)

    c.same("conv1.weight", "conv0_weight", 64, 3, 7, 7)
    bn("bn1", "bn0", 64)
    for s, d in enumerate((64, 128, 256)):
        for i in range(2):
            a, b = f"layer{s + 1}.{i}.", f"stage{s + 1}_unit{i + 1}_"
            c.same(a + "conv1.weight", b + "conv1_weight", d, into, 3, 3)
            bn(a + "bn1", b + "bn1", d)
            c.same(a + "conv2.weight", b + "conv2_weight", d, d, 3, 3)
            bn(a + "bn2", b + "bn2", d)
            if into != d:
                c.same(a + "downsample.0.weight", b + "sc_weight", d, into, 1, 1)
                bn(a + "downsample.1", b + "sc_bn", d)
            into = d
    c.linear("fc", "fc1", 1000, 256)
    for key in [key for key in c.source if key.startswith("fc1.")]:
        flat = key.replace(".", "_")
        c.source[flat] = c.source.pop(key)
        c.truth["fc." + key.split(".")[1]]["source"] = [flat]
    return c


def llama_fsdp() -> Conversion:
    """Wrappers in the middle of names: sharded and checkpointed blocks to the plain model."""
    c, d = Conversion(), 64
    w = "_fsdp_wrapped_module."
    c.same("model.embed_tokens.weight", f"{w}model.embed_tokens.weight", 2000, d)
    for i in range(4):
        a, b = f"model.layers.{i}.", f"{w}model.layers.{i}.{w}_checkpoint_wrapped_module."
        for x in "qkvo":
            c.linear(f"{a}self_attn.{x}_proj", f"{b}self_attn.{x}_proj", d, d, bias=False)
        for x, (o, n) in {"gate_proj": (160, d), "up_proj": (160, d), "down_proj": (d, 160)}.items():
            c.linear(f"{a}mlp.{x}", f"{b}mlp.{x}", o, n, bias=False)
        c.norm(a + "input_layernorm", b + "input_layernorm", d, bias=False)
        c.norm(a + "post_attention_layernorm", b + "post_attention_layernorm", d, bias=False)
    c.norm("model.norm", f"{w}model.norm", d, bias=False)
    c.linear("lm_head", f"{w}lm_head", 2000, d, bias=False)
    return c


def encodec_reference() -> Conversion:
    """EnCodec: weight-normed convolutions nested deeper than in transformers."""
    c, into = Conversion(), 1

    def conv(at: str, inner: str, out: int, n: int, k: int) -> None:
        for name, shape in (("weight_g", (out, 1, 1)), ("weight_v", (out, n, k)), ("bias", (out,))):
            c.same(f"encoder.layers.{at}.conv.{name}", f"encoder.model.{inner}.conv.conv.{name}", *shape)

    conv("0", "0", 32, into, 7)
    for i, width in enumerate((32, 64, 128)):
        at = 1 + 3 * i
        for j, (o, n, k) in enumerate(((width // 2, width, 3), (width, width // 2, 1))):
            conv(f"{at}.block.{2 * j + 1}", f"{at}.block.{2 * j + 1}", o, n, k)
        conv(f"{at}.shortcut", f"{at}.shortcut", width, width, 1)
        conv(str(at + 2), str(at + 2), 2 * width, width, 4)
    for n in range(2):
        for name, shape in (("weight_ih", (1024, 256)), ("weight_hh", (1024, 256)), ("bias_ih", (1024,)), ("bias_hh", (1024,))):
            c.same(f"encoder.layers.10.lstm.{name}_l{n}", f"encoder.model.10.lstm.{name}_l{n}", *shape)
    conv("12", "12", 128, 256, 7)
    return c


def blip_vision() -> Conversion:
    """BLIP's image tower, fused on both sides."""
    c, d = Conversion(), 96
    c.same("vision_model.embeddings.class_embedding", "visual_encoder.cls_token", 1, 1, d)
    c.same("vision_model.embeddings.position_embedding", "visual_encoder.pos_embed", 1, 50, d)
    c.same("vision_model.embeddings.patch_embedding.weight", "visual_encoder.patch_embed.proj.weight", d, 3, 16, 16)
    c.same("vision_model.embeddings.patch_embedding.bias", "visual_encoder.patch_embed.proj.bias", d)
    for i in range(5):
        a, b = f"vision_model.encoder.layers.{i}.", f"visual_encoder.blocks.{i}."
        c.linear(a + "self_attn.qkv", b + "attn.qkv", 3 * d, d)
        c.linear(a + "self_attn.projection", b + "attn.proj", d, d)
        c.norm(a + "layer_norm1", b + "norm1", d)
        c.linear(a + "mlp.fc1", b + "mlp.fc1", 4 * d, d)
        c.linear(a + "mlp.fc2", b + "mlp.fc2", d, 4 * d)
        c.norm(a + "layer_norm2", b + "norm2", d)
    c.norm("vision_model.post_layernorm", "visual_encoder.norm", d)
    for i in range(3):
        a, b = f"text_decoder.bert.encoder.layer.{i}.", f"text_decoder.bert.encoder.layer.{i}."
        for kind in ("attention", "crossattention"):
            for x in ("query", "key", "value"):
                c.linear(f"{a}{kind}.self.{x}", f"{b}{kind}.self.{x}", d, d)
            c.linear(f"{a}{kind}.output.dense", f"{b}{kind}.output.dense", d, d)
            c.norm(f"{a}{kind}.output.LayerNorm", f"{b}{kind}.output.LayerNorm", d)
        c.linear(a + "intermediate.dense", b + "intermediate.dense", 4 * d, d)
        c.linear(a + "output.dense", b + "output.dense", d, 4 * d)
        c.norm(a + "output.LayerNorm", b + "output.LayerNorm", d)
    return c


def pvt_stages() -> Conversion:
    """PVT: stages numbered in names to stages in a list, with fused keys and values split."""
    c = Conversion()
    for s, (w, depth, into) in enumerate(((32, 2, 3), (64, 2, 32), (160, 2, 64), (256, 2, 160))):
        k = 4 if s == 0 else 2
        c.same(f"pvt.encoder.patch_embeddings.{s}.projection.weight", f"patch_embed{s + 1}.proj.weight", w, into, k, k)
        c.same(f"pvt.encoder.patch_embeddings.{s}.projection.bias", f"patch_embed{s + 1}.proj.bias", w)
        c.norm(f"pvt.encoder.patch_embeddings.{s}.layer_norm", f"patch_embed{s + 1}.norm", w)
        c.same(f"pvt.encoder.patch_embeddings.{s}.position_embeddings", f"pos_embed{s + 1}", 1, 3136 // 4**s + (s == 3), w)
        for i in range(depth):
            a, b = f"pvt.encoder.block.{s}.{i}.", f"block{s + 1}.{i}."
            c.norm(a + "layer_norm_1", b + "norm1", w)
            c.linear(a + "attention.self.query", b + "attn.q", w, w)
            c.split([a + "attention.self.key.weight", a + "attention.self.value.weight"], b + "attn.kv.weight", [w, w], w)
            c.split([a + "attention.self.key.bias", a + "attention.self.value.bias"], b + "attn.kv.bias", [w, w])
            if s < 3:
                r = (8, 4, 2)[s]
                c.same(a + "attention.self.sequence_reduction.weight", b + "attn.sr.weight", w, w, r, r)
                c.same(a + "attention.self.sequence_reduction.bias", b + "attn.sr.bias", w)
                c.norm(a + "attention.self.layer_norm", b + "attn.norm", w)
            c.linear(a + "attention.output.dense", b + "attn.proj", w, w)
            c.norm(a + "layer_norm_2", b + "norm2", w)
            c.linear(a + "mlp.dense1", b + "mlp.fc1", 4 * w, w)
            c.linear(a + "mlp.dense2", b + "mlp.fc2", w, 4 * w)
    c.same("pvt.encoder.patch_embeddings.3.cls_token", "cls_token", 1, 1, 256)
    c.norm("pvt.encoder.layer_norm", "norm", 256)
    c.linear("classifier", "head", 1000, 256)
    return c


FAMILIES: tuple[Callable[[], Conversion], ...] = (
    roberta_fairseq,
    wav2vec2_fairseq,
    phi_mixformer,
    qwen_one,
    vit_torchvision,
    resnet_transformers,
    convnext_timm,
    densenet_old,
    resnet_keras,
    t5_mesh,
    gemma_pytorch,
    experts_stacked,
    unet_ldm,
    efficientnet_pytorch,
    whisper_like_bart,
    bloom_megatron,
    lora_peft,
    vgg_conv_head,
    mamba_reference,
    vit_flax,
    mobilenet_mmcls,
    swin_timm_moved,
    maskrcnn_mmdet,
    resnet_mxnet,
    llama_fsdp,
    encodec_reference,
    blip_vision,
    pvt_stages,
    student_and_teacher,
)
