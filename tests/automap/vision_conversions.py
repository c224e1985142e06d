"""Conversions of image, depth, detection and video models that the corpus lacks, written down from what public code calls its parameters."""

from collections.abc import Callable

from tests.automap.conversions import Conversion


def _conv_bn(c: Conversion, target: tuple[str, str], source: tuple[str, str], *shape: int) -> None:
    """A convolution or linear without bias, and the batch norm behind it: (weighted, norm) on each side."""
    c.same(target[0] + ".weight", source[0] + ".weight", *shape)
    c.batchnorm(target[1], source[1], shape[0])


def _conv(c: Conversion, target: str, source: str, *shape: int) -> None:
    """A convolution with bias."""
    c.same(target + ".weight", source + ".weight", *shape)
    c.same(target + ".bias", source + ".bias", shape[0])


def levit_stages() -> Conversion:
    """LeViT: the original's flat list, where attention and feed-forward are blocks of their own, to transformers' stages."""
    c, at = Conversion(), 0
    for i, (into, out) in enumerate(((3, 16), (16, 32), (32, 64), (64, 128))):
        a, b = f"levit.patch_embeddings.embedding_layer_{i + 1}.", f"patch_embed.{2 * i}."
        _conv_bn(c, (a + "convolution", a + "batch_norm"), (b + "c", b + "bn"), out, into, 3, 3)

    def linear(target: str, source: str, out: int, into: int) -> None:
        _conv_bn(c, (target + ".linear", target + ".batch_norm"), (source + ".c", source + ".bn"), out, into)

    for s, (d, depth, heads) in enumerate(((128, 2, 4), (256, 3, 6), (384, 2, 8))):
        place = 0
        for _ in range(depth):
            a, b = f"levit.encoder.stages.{s}.layers.{place}.module.", f"blocks.{at}.m."
            c.same(a + "attention_biases", b + "attention_biases", heads, 196 // 4**s)
            linear(a + "queries_keys_values", b + "qkv", 64 * heads, d)
            linear(a + "projection", b + "proj.1", d, 32 * heads)
            a, b = f"levit.encoder.stages.{s}.layers.{place + 1}.module.", f"blocks.{at + 1}.m."
            linear(a + "linear_up", b + "0", 2 * d, d)
            linear(a + "linear_down", b + "2", d, 2 * d)
            place, at = place + 2, at + 2
        if s < 2:
            n = 256 if s == 0 else 384
            a, b = f"levit.encoder.stages.{s}.layers.{place}.", f"blocks.{at}."
            c.same(a + "attention_biases", b + "attention_biases", 2 * heads, 196 // 4**s)
            linear(a + "keys_values", b + "kv", 160 * heads, d)
            linear(a + "queries", b + "q.1", 32 * heads, d)
            linear(a + "projection", b + "proj.1", n, 128 * heads)
            a, b = f"levit.encoder.stages.{s}.layers.{place + 1}.module.", f"blocks.{at + 1}.m."
            linear(a + "linear_up", b + "0", 2 * n, n)
            linear(a + "linear_down", b + "2", n, 2 * n)
            at += 2
    for target, source in (("classifier", "head"), ("classifier_distill", "head_dist")):
        c.batchnorm(target + ".batch_norm", source + ".bn", 384)
        c.linear(target + ".linear", source + ".l", 1000, 384)
    return c


def hiera_stages() -> Conversion:
    """Hiera: a flat list of blocks, in which the first of a stage widens, to transformers' stages."""
    c, at, widths = Conversion(), 0, (48, 96, 192, 384)
    c.same("hiera.embeddings.position_embeddings", "pos_embed", 1, 3136, 48)
    _conv(c, "hiera.embeddings.patch_embeddings.projection", "patch_embed.proj", 48, 3, 7, 7)
    for s, (w, depth) in enumerate(zip(widths, (1, 2, 5, 2), strict=True)):
        for i in range(depth):
            into = widths[s - 1] if s and not i else w
            a, b = f"hiera.encoder.stages.{s}.layers.{i}.", f"blocks.{at}."
            c.norm(a + "layernorm_before", b + "norm1", into)
            c.linear(a + "attn.qkv", b + "attn.qkv", 3 * w, into)
            c.linear(a + "attn.proj", b + "attn.proj", w, w)
            c.norm(a + "layernorm_after", b + "norm2", w)
            c.linear(a + "mlp.fc1", b + "mlp.fc1", 4 * w, w)
            c.linear(a + "mlp.fc2", b + "mlp.fc2", w, 4 * w)
            if into != w:
                c.linear(a + "proj", b + "proj", w, into)
            at += 1
    c.norm("hiera.pooler.layernorm", "norm", 384)
    c.linear("classifier", "head.projection", 1000, 384)
    return c


def poolformer_network() -> Conversion:
    """PoolFormer: stages and what lies between them in one numbered list; feed-forwards of 1x1 convolutions."""
    c, into = Conversion(), 3
    for s, (w, depth) in enumerate(((64, 2), (128, 2), (320, 4), (512, 2))):
        k = 7 if s == 0 else 3
        _conv(
            c,
            f"poolformer.encoder.patch_embeddings.{s}.projection",
            "patch_embed.proj" if s == 0 else f"network.{2 * s - 1}.proj",
            w,
            into,
            k,
            k,
        )
        for i in range(depth):
            a, b = f"poolformer.encoder.block.{s}.{i}.", f"network.{2 * s}.{i}."
            c.same(a + "layer_scale_1", b + "layer_scale_1", w)
            c.same(a + "layer_scale_2", b + "layer_scale_2", w)
            _conv(c, a + "output.conv1", b + "mlp.fc1", 4 * w, w, 1, 1)
            _conv(c, a + "output.conv2", b + "mlp.fc2", w, 4 * w, 1, 1)
            c.norm(a + "before_norm", b + "norm1", w)
            c.norm(a + "after_norm", b + "norm2", w)
        into = w
    c.norm("poolformer.norm", "norm", 512)
    c.linear("classifier", "head", 1000, 512)
    return c


def convnext_v2() -> Conversion:
    """ConvNeXt V2: the original to transformers; a response norm kept as (1, 1, 1, width) on both sides."""
    c, t = Conversion(), "convnextv2."
    for s, (w, depth) in enumerate(((40, 2), (80, 2), (160, 6), (320, 2))):
        if s == 0:
            _conv(c, t + "embeddings.patch_embeddings", "downsample_layers.0.0", w, 3, 4, 4)
            c.norm(t + "embeddings.layernorm", "downsample_layers.0.1", w)
        else:
            c.norm(f"{t}encoder.stages.{s}.downsampling_layer.0", f"downsample_layers.{s}.0", w // 2)
            _conv(c, f"{t}encoder.stages.{s}.downsampling_layer.1", f"downsample_layers.{s}.1", w, w // 2, 2, 2)
        for i in range(depth):
            a, b = f"{t}encoder.stages.{s}.layers.{i}.", f"stages.{s}.{i}."
            _conv(c, a + "dwconv", b + "dwconv", w, 1, 7, 7)
            c.norm(a + "layernorm", b + "norm", w)
            c.linear(a + "pwconv1", b + "pwconv1", 4 * w, w)
            c.same(a + "grn.weight", b + "grn.gamma", 1, 1, 1, 4 * w)
            c.same(a + "grn.bias", b + "grn.beta", 1, 1, 1, 4 * w)
            c.linear(a + "pwconv2", b + "pwconv2", w, 4 * w)
    c.norm(t + "layernorm", "norm", 320)
    c.linear("classifier", "head", 1000, 320)
    return c


def davit_dual() -> Conversion:
    """DaViT: timm's pairs, numbered, to Florence-2's named window and channel blocks."""
    c, into = Conversion(), 3
    for s, (w, depth) in enumerate(((96, 1), (192, 1), (384, 3), (768, 1))):
        stem = s == 0
        _conv(
            c,
            f"vision_tower.convs.{s}.proj",
            "stem.conv" if stem else f"stages.{s}.downsample.conv",
            w,
            into,
            7 if stem else 3,
            7 if stem else 3,
        )
        c.norm(f"vision_tower.convs.{s}.norm", "stem.norm" if stem else f"stages.{s}.downsample.norm", w if stem else into)
        for i in range(depth):
            for n, (kind, attn) in enumerate((("spatial_block", "window_attn"), ("channel_block", "channel_attn"))):
                a, b = f"vision_tower.blocks.{s}.{i}.{kind}.", f"stages.{s}.blocks.{i}.{n}."
                _conv(c, a + "conv1.fn.dw", b + "cpe1.proj", w, 1, 3, 3)
                c.norm(f"{a}{attn}.norm", b + "norm1", w)
                c.linear(f"{a}{attn}.fn.qkv", b + "attn.qkv", 3 * w, w)
                c.linear(f"{a}{attn}.fn.proj", b + "attn.proj", w, w)
                _conv(c, a + "conv2.fn.dw", b + "cpe2.proj", w, 1, 3, 3)
                c.norm(a + "ffn.norm", b + "norm2", w)
                c.linear(a + "ffn.fn.net.fc1", b + "mlp.fc1", 4 * w, w)
                c.linear(a + "ffn.fn.net.fc2", b + "mlp.fc2", w, 4 * w)
        into = w
    return c


def depth_anything() -> Conversion:
    """Depth Anything: a DINOv2 tower with a DPT head that counts its fusion backwards, to transformers."""
    c, d = Conversion(), 64
    e = "backbone.embeddings."
    c.same(e + "cls_token", "pretrained.cls_token", 1, 1, d)
    c.same(e + "position_embeddings", "pretrained.pos_embed", 1, 1370, d)
    _conv(c, e + "patch_embeddings.projection", "pretrained.patch_embed.proj", d, 3, 14, 14)
    c.same(e + "mask_token", "pretrained.mask_token", 1, d)
    for i in range(4):
        a, b = f"backbone.encoder.layer.{i}.", f"pretrained.blocks.{i}."
        c.norm(a + "norm1", b + "norm1", d)
        for part, shape in (("weight", (d,)), ("bias", ())):
            c.split([f"{a}attention.attention.{x}.{part}" for x in ("query", "key", "value")], f"{b}attn.qkv.{part}", [d] * 3, *shape)
        c.linear(a + "attention.output.dense", b + "attn.proj", d, d)
        c.same(a + "layer_scale1.lambda1", b + "ls1.gamma", d)
        c.norm(a + "norm2", b + "norm2", d)
        c.linear(a + "mlp.fc1", b + "mlp.fc1", 4 * d, d)
        c.linear(a + "mlp.fc2", b + "mlp.fc2", d, 4 * d)
        c.same(a + "layer_scale2.lambda1", b + "ls2.gamma", d)
    c.norm("backbone.layernorm", "pretrained.norm", d)
    widths = (48, 96, 192, 384)
    for i, w in enumerate(widths):
        _conv(c, f"neck.reassemble_stage.layers.{i}.projection", f"depth_head.projects.{i}", w, d, 1, 1)
        if i != 2:
            k = (4, 2, 0, 3)[i]
            _conv(c, f"neck.reassemble_stage.layers.{i}.resize", f"depth_head.resize_layers.{i}", w, w, k, k)
        c.same(f"neck.convs.{i}.weight", f"depth_head.scratch.layer{i + 1}_rn.weight", 64, w, 3, 3)
    for i in range(4):
        a, b = f"neck.fusion_stage.layers.{i}.", f"depth_head.scratch.refinenet{4 - i}."
        _conv(c, a + "projection", b + "out_conv", 64, 64, 1, 1)
        for unit in (1, 2):
            for n in (1, 2):
                _conv(c, f"{a}residual_layer{unit}.convolution{n}", f"{b}resConfUnit{unit}.conv{n}", 64, 64, 3, 3)
    _conv(c, "head.conv1", "depth_head.scratch.output_conv1", 32, 64, 3, 3)
    _conv(c, "head.conv2", "depth_head.scratch.output_conv2.0", 32, 32, 3, 3)
    _conv(c, "head.conv3", "depth_head.scratch.output_conv2.2", 1, 32, 1, 1)
    return c


def deformable_detr() -> Conversion:
    """Deformable DETR: the first norm of the original's decoder follows cross attention, the second self attention."""
    c, d = Conversion(), 64
    c.same("model.query_position_embeddings.weight", "query_embed.weight", 300, 2 * d)
    c.same("model.level_embed", "transformer.level_embed", 4, d)
    c.linear("model.reference_points", "transformer.reference_points", 2, d)
    for level, width in enumerate((512, 1024, 2048, 2048)):
        k = 3 if level == 3 else 1
        _conv(c, f"model.input_proj.{level}.0", f"input_proj.{level}.0", d, width, k, k)
        c.norm(f"model.input_proj.{level}.1", f"input_proj.{level}.1", d)
    for side in ("encoder", "decoder"):
        for i in range(3):
            a, b = f"model.{side}.layers.{i}.", f"transformer.{side}.layers.{i}."
            deformable = ("self_attn", "self_attn") if side == "encoder" else ("encoder_attn", "cross_attn")
            for x, out in (("sampling_offsets", 256), ("attention_weights", 128), ("value_proj", d), ("output_proj", d)):
                c.linear(f"{a}{deformable[0]}.{x}", f"{b}{deformable[1]}.{x}", out, d)
            c.norm(a + ("encoder_attn_layer_norm" if side == "decoder" else "self_attn_layer_norm"), b + "norm1", d)
            if side == "decoder":
                for part, shape in (("weight", (d,)), ("bias", ())):
                    c.split([f"{a}self_attn.{x}_proj.{part}" for x in "qkv"], f"{b}self_attn.in_proj_{part}", [d] * 3, *shape)
                c.linear(a + "self_attn.out_proj", b + "self_attn.out_proj", d, d)
                c.norm(a + "self_attn_layer_norm", b + "norm2", d)
            c.linear(a + "fc1", b + "linear1", 4 * d, d)
            c.linear(a + "fc2", b + "linear2", d, 4 * d)
            c.norm(a + "final_layer_norm", b + ("norm3" if side == "decoder" else "norm2"), d)
    for i in range(3):
        c.linear(f"class_embed.{i}", f"class_embed.{i}", 91, d)
        for n, out in enumerate((d, d, 4)):
            c.linear(f"bbox_embed.{i}.layers.{n}", f"bbox_embed.{i}.layers.{n}", out, d)
    return c


def yolo_numbers() -> Conversion:
    """YOLOv5: one numbered list to MMYOLO's backbone, neck and head."""
    c = Conversion()

    def block(target: str, source: str, out: int, into: int, k: int) -> None:
        _conv_bn(c, (target + ".conv", target + ".bn"), (source + ".conv", source + ".bn"), out, into, k, k)

    def csp(target: str, source: str, out: int, into: int, depth: int) -> None:
        half = out // 2
        block(target + ".main_conv", source + ".cv1", half, into, 1)
        block(target + ".short_conv", source + ".cv2", half, into, 1)
        block(target + ".final_conv", source + ".cv3", out, out, 1)
        for i in range(depth):
            block(f"{target}.blocks.{i}.conv1", f"{source}.m.{i}.cv1", half, half, 1)
            block(f"{target}.blocks.{i}.conv2", f"{source}.m.{i}.cv2", half, half, 3)

    block("backbone.stem", "model.0", 32, 3, 6)
    for stage, (out, depth) in enumerate(((64, 1), (128, 2), (256, 3), (512, 1)), 1):
        block(f"backbone.stage{stage}.0", f"model.{2 * stage - 1}", out, out // 2, 3)
        csp(f"backbone.stage{stage}.1", f"model.{2 * stage}", out, out, depth)
    block("backbone.stage4.2.conv1", "model.9.cv1", 256, 512, 1)
    block("backbone.stage4.2.conv2", "model.9.cv2", 512, 1024, 1)
    block("neck.reduce_layers.2", "model.10", 256, 512, 1)
    csp("neck.top_down_layers.0.0", "model.13", 256, 512, 1)
    block("neck.top_down_layers.0.1", "model.14", 128, 256, 1)
    csp("neck.top_down_layers.1", "model.17", 128, 256, 1)
    block("neck.downsample_layers.0", "model.18", 128, 128, 3)
    csp("neck.bottom_up_layers.0", "model.20", 256, 256, 1)
    block("neck.downsample_layers.1", "model.21", 256, 256, 3)
    csp("neck.bottom_up_layers.1", "model.23", 512, 512, 1)
    for i, width in enumerate((128, 256, 512)):
        _conv(c, f"bbox_head.head_module.convs_pred.{i}", f"model.24.m.{i}", 255, width, 1, 1)
    c.has("model.24.anchors", 3, 3, 2)
    return c


def video_factored() -> Conversion:
    """R(2+1)D: torchvision's space and time convolutions in sequences to MMAction2's named ones."""
    c, into = Conversion(), 64
    _conv_bn(c, ("backbone.conv1.conv.conv_s", "backbone.conv1.conv.bn_s"), ("stem.0", "stem.1"), 45, 3, 1, 7, 7)
    _conv_bn(c, ("backbone.conv1.conv.conv_t", "backbone.conv1.bn"), ("stem.3", "stem.4"), 64, 45, 3, 1, 1)
    for stage, width in enumerate((64, 128, 256, 512), 1):
        for i in range(2):
            a, b = f"backbone.layer{stage}.{i}.", f"layer{stage}.{i}."
            for n, wide in ((1, into), (2, width)):
                mid = (wide * width * 27) // (wide * 9 + 3 * width)
                t, s = f"{a}conv{n}.", f"{b}conv{n}."
                _conv_bn(c, (t + "conv.conv_s", t + "conv.bn_s"), (s + "0.0", s + "0.1"), mid, wide, 1, 3, 3)
                _conv_bn(c, (t + "conv.conv_t", t + "bn"), (s + "0.3", s + "1"), width, mid, 3, 1, 1)
            if into != width:
                _conv_bn(c, (a + "downsample.conv", a + "downsample.bn"), (b + "downsample.0", b + "downsample.1"), width, into, 1, 1, 1)
            into = width
    c.linear("cls_head.fc_cls", "fc", 400, 512)
    return c


VISION: tuple[Callable[[], Conversion], ...] = (
    levit_stages,
    hiera_stages,
    poolformer_network,
    convnext_v2,
    davit_dual,
    depth_anything,
    deformable_detr,
    yolo_numbers,
    video_factored,
)
