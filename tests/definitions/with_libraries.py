"""Builds varied models of timm, transformers and diffusers in the sandbox and compares them with the live ones: `make test-libraries`.

Each model is made once here, with real tensors, and once behind the walls, by its specification or its config.json: keys in order, shapes,
dtypes, kinds and ties must agree. Says which library ran at which version; exits with 1 where one disagrees.
"""

import gc
import importlib
import importlib.metadata
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from app.definitions import build, from_config, from_spec, parse_spec
from app.errors import KeygraftError
from app.keys import KeyTree, dtypes
from app.sandbox import Limits, Sandbox
from tests.dialects.with_libraries import declare_vision_operators

SECONDS = 180.0
"""A job may take that long: what is compared are keys, on a machine that may be busy."""
TIMM = """
resnet18(num_classes=10, in_chans=1) | resnet26d | resnext26ts | seresnet33ts | wide_resnet50_2(num_classes=0) | densenet121 | vgg11_bn
mobilenetv2_050 | mobilenetv3_small_050 | mobilenetv4_conv_small | efficientnet_b0(drop_rate=0.2) | efficientnetv2_rw_t | tf_efficientnet_lite0
mixnet_s | mnasnet_small | ghostnet_050 | regnetx_002 | regnety_002 | rexnet_100 | hardcorenas_a | fbnetc_100 | spnasnet_100 | lcnet_050
vit_tiny_patch16_224 | vit_tiny_patch16_224(img_size=96, num_classes=3) | vit_small_patch14_dinov2(img_size=98) | vit_base_patch16_clip_224
deit_tiny_distilled_patch16_224 | deit3_small_patch16_224 | beit_base_patch16_224 | eva02_tiny_patch14_224 | swin_tiny_patch4_window7_224
swin_tiny_patch4_window7_224(img_size=192, window_size=6) | swinv2_tiny_window8_256 | swinv2_cr_tiny_224 | convnext_atto | convnextv2_atto
convmixer_768_32 | mixer_s16_224 | resmlp_12_224 | gmlp_s16_224 | poolformer_s12 | poolformerv2_s12 | cait_xxs24_224 | xcit_nano_12_p16_224
crossvit_tiny_240 | coat_lite_tiny | levit_128s | efficientformer_l1 | efficientformerv2_s0 | edgenext_xx_small | mobilevit_xxs
mobilevitv2_050 | maxvit_rmlp_pico_rw_256 | coatnet_pico_rw_224 | pit_ti_224 | tnt_s_patch16_224 | twins_svt_small | visformer_tiny
volo_d1_224 | focalnet_tiny_srf | davit_tiny | nest_tiny | pvt_v2_b0 | repvgg_a0 | repghostnet_050 | repvit_m0_9 | fastvit_t8
inception_v3(aux_logits=False) | xception41 | dpn48b | dla34 | hrnet_w18_small | res2net50_14w_8s | skresnet18 | resnest14d
nfnet_l0 | dm_nfnet_f0 | halonet26t | botnet26t_256 | lambda_resnet26t | gcresnet33ts | cspresnet50 | darknet53 | selecsls42 | vovnet39a
ese_vovnet19b_dw | tresnet_m | inception_next_tiny | hiera_tiny_224 | hgnet_tiny | starnet_s1 | tiny_vit_5m_224 | sequencer2d_s
vit_base_patch16_siglip_224 | resnet18(features_only=True) | convnext_atto(features_only=True, out_indices=(1, 2)) | vit_wee_patch16_reg1_gap_256
"""
_SMALL = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
_GROUPED = {**_SMALL, "num_key_value_heads": 2}
_VISION = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 32, "patch_size": 8}
TRANSFORMERS: list[tuple[str, str, dict[str, Any]]] = [
    ("BertModel", "bert", _SMALL),
    ("BertForMaskedLM", "bert", _SMALL),
    ("BertForSequenceClassification", "bert", {**_SMALL, "num_labels": 7}),
    ("RobertaForMaskedLM", "roberta", _SMALL),
    ("XLMRobertaModel", "xlm-roberta", _SMALL),
    ("DistilBertForMaskedLM", "distilbert", {"vocab_size": 64, "dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4}),
    ("AlbertForMaskedLM", "albert", {**_SMALL, "embedding_size": 16}),
    ("ElectraForPreTraining", "electra", {**_SMALL, "embedding_size": 16}),
    ("DebertaV2Model", "deberta-v2", {**_SMALL, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]}),
    (
        "ModernBertForMaskedLM",
        "modernbert",
        {**_SMALL, "pad_token_id": 0, "cls_token_id": 1, "sep_token_id": 2, "bos_token_id": 1, "eos_token_id": 2},
    ),
    ("GPT2LMHeadModel", "gpt2", {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 16}),
    ("GPTNeoXForCausalLM", "gpt_neox", _SMALL),
    ("GPTJForCausalLM", "gptj", {"vocab_size": 64, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4}),
    ("OPTForCausalLM", "opt", {**_SMALL, "ffn_dim": 48, "word_embed_proj_dim": 16, "max_position_embeddings": 16}),
    ("BloomForCausalLM", "bloom", {"vocab_size": 64, "hidden_size": 32, "n_layer": 2, "n_head": 4}),
    ("FalconForCausalLM", "falcon", {**_SMALL, "new_decoder_architecture": True, "num_kv_heads": 2}),
    ("LlamaForCausalLM", "llama", _GROUPED),
    ("LlamaForCausalLM", "llama", {**_GROUPED, "tie_word_embeddings": True, "attention_bias": True}),
    ("MistralForCausalLM", "mistral", _GROUPED),
    ("MixtralForCausalLM", "mixtral", {**_GROUPED, "num_local_experts": 4}),
    ("Qwen2ForCausalLM", "qwen2", {**_GROUPED, "tie_word_embeddings": True}),
    ("Qwen3ForCausalLM", "qwen3", {**_GROUPED, "head_dim": 8}),
    (
        "Qwen2MoeForCausalLM",
        "qwen2_moe",
        {**_GROUPED, "num_experts": 4, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16},
    ),
    ("GemmaForCausalLM", "gemma", {**_GROUPED, "head_dim": 8}),
    ("Gemma2ForCausalLM", "gemma2", {**_GROUPED, "head_dim": 8}),
    ("PhiForCausalLM", "phi", _SMALL),
    ("Phi3ForCausalLM", "phi3", {**_GROUPED, "pad_token_id": 0}),
    (
        "DeepseekV3ForCausalLM",
        "deepseek_v3",
        {
            **_GROUPED,
            "num_key_value_heads": 4,
            "n_routed_experts": 4,
            "n_group": 2,
            "topk_group": 1,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 16,
            "first_k_dense_replace": 1,
            "q_lora_rank": 16,
            "kv_lora_rank": 8,
            "qk_rope_head_dim": 4,
            "qk_nope_head_dim": 4,
            "v_head_dim": 8,
        },
    ),
    ("MambaForCausalLM", "mamba", {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}),
    ("T5ForConditionalGeneration", "t5", {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}),
    ("T5EncoderModel", "t5", {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}),
    (
        "BartForConditionalGeneration",
        "bart",
        {
            "vocab_size": 64,
            "d_model": 32,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_ffn_dim": 48,
            "decoder_ffn_dim": 48,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
        },
    ),
    (
        "WhisperForConditionalGeneration",
        "whisper",
        {
            "vocab_size": 64,
            "d_model": 32,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_ffn_dim": 48,
            "decoder_ffn_dim": 48,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "pad_token_id": 0,
        },
    ),
    ("ViTForImageClassification", "vit", {**_VISION, "num_labels": 5}),
    (
        "ViTMAEForPreTraining",
        "vit_mae",
        {**_VISION, "decoder_hidden_size": 16, "decoder_num_hidden_layers": 1, "decoder_num_attention_heads": 2},
    ),
    ("DeiTForImageClassificationWithTeacher", "deit", _VISION),
    ("BeitForImageClassification", "beit", {**_VISION, "use_relative_position_bias": True}),
    ("Dinov2Model", "dinov2", _VISION),
    (
        "SwinForImageClassification",
        "swin",
        {"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4},
    ),
    ("ConvNextForImageClassification", "convnext", {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2}),
    ("ResNetForImageClassification", "resnet", {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}),
    ("SegformerForSemanticSegmentation", "segformer", {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1], "decoder_hidden_size": 16}),
    ("CLIPModel", "clip", {"projection_dim": 16, "text_config": {**_SMALL, "max_position_embeddings": 16}, "vision_config": _VISION}),
    ("CLIPVisionModelWithProjection", "clip_vision_model", {**_VISION, "projection_dim": 16}),
    ("SiglipModel", "siglip", {"text_config": {**_SMALL, "max_position_embeddings": 16}, "vision_config": _VISION}),
    (
        "Wav2Vec2ForCTC",
        "wav2vec2",
        {
            **_SMALL,
            "conv_dim": [16, 16],
            "conv_stride": [2, 2],
            "conv_kernel": [4, 4],
            "num_feat_extract_layers": 2,
            "num_conv_pos_embeddings": 8,
            "num_conv_pos_embedding_groups": 4,
        },
    ),
    (
        "LlavaForConditionalGeneration",
        "llava",
        {"text_config": {**_GROUPED, "model_type": "llama"}, "vision_config": {**_VISION, "model_type": "clip_vision_model"}},
    ),
]
_BLOCKS = {"block_out_channels": [8, 16], "norm_num_groups": 4}
DIFFUSERS: list[tuple[str, dict[str, Any]]] = [
    ("AutoencoderKL", {**_BLOCKS, "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2}),
    (
        "VQModel",
        {**_BLOCKS, "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2, "num_vq_embeddings": 16},
    ),
    ("AutoencoderTiny", {"encoder_block_out_channels": [8, 8, 8, 8], "decoder_block_out_channels": [8, 8, 8, 8]}),
    (
        "UNet2DModel",
        {
            **_BLOCKS,
            "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
            "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
            "attention_head_dim": 4,
        },
    ),
    (
        "UNet2DConditionModel",
        {
            **_BLOCKS,
            "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
            "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
            "cross_attention_dim": 16,
            "attention_head_dim": 4,
        },
    ),
    (
        "UNet2DConditionModel",
        {
            **_BLOCKS,
            "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
            "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
            "cross_attention_dim": 16,
            "attention_head_dim": [2, 4],
            "transformer_layers_per_block": [1, 2],
            "use_linear_projection": True,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 40,
        },
    ),
    (
        "ControlNetModel",
        {
            **_BLOCKS,
            "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
            "cross_attention_dim": 16,
            "attention_head_dim": 4,
            "conditioning_embedding_out_channels": [8, 8],
        },
    ),
    ("DiTTransformer2DModel", {"num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 2, "sample_size": 8, "norm_num_groups": 4}),
    (
        "PixArtTransformer2DModel",
        {
            "num_attention_heads": 2,
            "attention_head_dim": 8,
            "num_layers": 2,
            "sample_size": 8,
            "cross_attention_dim": 16,
            "caption_channels": 16,
        },
    ),
    (
        "SD3Transformer2DModel",
        {
            "sample_size": 8,
            "num_layers": 2,
            "attention_head_dim": 8,
            "num_attention_heads": 2,
            "joint_attention_dim": 16,
            "caption_projection_dim": 16,
            "pooled_projection_dim": 16,
            "pos_embed_max_size": 8,
        },
    ),
    (
        "FluxTransformer2DModel",
        {
            "num_layers": 1,
            "num_single_layers": 1,
            "attention_head_dim": 16,
            "num_attention_heads": 2,
            "joint_attention_dim": 16,
            "pooled_projection_dim": 16,
            "axes_dims_rope": [4, 4, 8],
        },
    ),
    (
        "MotionAdapter",
        {"block_out_channels": [8, 16], "motion_layers_per_block": 1, "motion_num_attention_heads": 2, "motion_norm_num_groups": 4},
    ),
    ("PriorTransformer", {"num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 2, "embedding_dim": 16, "num_embeddings": 4}),
]


def live(model: nn.Module) -> dict[str, tuple[tuple[int, ...], str, str, str | None]]:
    """Key -> shape, dtype, kind and the first key of the same tensor, as the model itself says."""
    first: dict[object, str] = {}
    out: dict[str, tuple[tuple[int, ...], str, str, str | None]] = {}
    for key, value in model.state_dict(keep_vars=True).items():
        owner = first.setdefault((value.data_ptr(), tuple(value.shape), value.stride()) if value.numel() else id(value), key)
        kind = "parameter" if isinstance(value, nn.Parameter) else "buffer"
        out[key] = (tuple(value.shape), str(value.dtype).removeprefix("torch."), kind, owner if owner != key else None)
    return out


def told(tree: KeyTree) -> dict[str, tuple[tuple[int, ...], str, str, str | None]]:
    """Tell the same of a tree."""
    return {key: (info.shape or (), dtypes.TORCH[info.dtype], info.kind or "", info.alias) for key, info in tree.tensors.items()}


Case = tuple[str, Callable[[], nn.Module], Callable[[Path], Any]]


def cases() -> Iterator[Case]:
    """Name, the live model, and the definition."""
    if there("timm"):
        import timm

        for name in filter(None, (each.strip() for line in TIMM.splitlines() for each in line.split("|"))):
            spec = parse_spec(f"timm:{name}")
            plain = {key: eval(value) for key, value in spec.call.kwargs.items()}  # noqa: S307 -- literals of the list above
            yield f"timm:{name}", lambda spec=spec, plain=plain: timm.create_model(spec.name, **plain), lambda _, spec=spec: from_spec(spec)
    if there("transformers"):
        import transformers

        for cls, kind, fields in TRANSFORMERS:
            made = getattr(transformers, cls)
            yield f"transformers:{cls}", lambda made=made, fields=fields: made(made.config_class(**fields)), by_spec(cls, fields)
            text = json.dumps({"architectures": [cls], "model_type": kind, **fields})
            yield (
                f"transformers config.json of {cls}",
                lambda made=made, fields=fields: made(made.config_class(**fields)),
                lambda _, text=text: from_config(text),
            )
    if there("diffusers"):
        import diffusers

        for cls, fields in DIFFUSERS:
            text = json.dumps({"_class_name": cls, "_diffusers_version": diffusers.__version__, **fields})
            made = getattr(diffusers, cls)
            yield (
                f"diffusers config.json of {cls}",
                lambda made=made, fields=fields: made.from_config(dict(fields)),
                lambda _, text=text: from_config(text),
            )


def by_spec(cls: str, fields: dict[str, Any]) -> Callable[[Path], Any]:
    """The definition of a class with its arguments on one line."""
    written = ", ".join(f"{name}={value!r}" for name, value in fields.items())
    return lambda _: from_spec(parse_spec(f"transformers:{cls}({written})"))


def there(library: str) -> bool:
    """Whether a library is installed; says so."""
    try:
        importlib.import_module(library)
    except ImportError:
        print(f"{library}: not installed")
        return False
    print(f"{library} {importlib.metadata.version(library)}")
    return True


def compared(sandbox: Sandbox, case: Case, folder: Path) -> str:
    """What disagrees; nothing where all agrees."""
    _, make, definition = case
    try:
        expected = live(make())
    except (RuntimeError, TypeError, ValueError, KeyError, AttributeError, ImportError, OSError) as error:
        return f"- the library itself: {type(error).__name__} {str(error)[:90]}"
    try:
        found = told(build(definition(folder), sandbox=sandbox))
    except KeygraftError as error:
        return f"{error.code} {error.params}"[:400]
    if list(found) != list(expected):
        return f"keys: {[key for key in expected if key not in found][:4]} missing, {[key for key in found if key not in expected][:4]} too many"
    other = [(key, found[key], expected[key]) for key in expected if found[key] != expected[key]]
    return f"{len(other)} differ: {other[:3]}" if other else ""


def _vision() -> bool:
    """Whether torchvision can be imported as it is; what a failed try left behind is put out."""
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        return False
    return True


def main() -> int:
    """Compare all, count, tell; arguments choose by parts of names."""
    wanted = sys.argv[1:]
    good = bad = skipped = 0
    _kept = declare_vision_operators() if not _vision() else None
    with tempfile.TemporaryDirectory() as made, Sandbox(limits=Limits(seconds=SECONDS)) as sandbox:
        sandbox.start()
        for case in cases():
            if wanted and not any(each in case[0] for each in wanted):
                continue
            start = time.perf_counter()
            wrong = compared(sandbox, case, Path(made))
            gc.collect()
            skipped += wrong.startswith("-")
            bad += bool(wrong) and not wrong.startswith("-")
            good += not wrong
            if wrong:
                print(f"{case[0]}: {wrong} ({time.perf_counter() - start:.1f} s)", flush=True)
    print(f"{good} agree, {bad} do not, {skipped} could not be made by the library itself (torch {torch.__version__})")
    return 1 if bad or not good else 0


if __name__ == "__main__":
    sys.exit(main())
