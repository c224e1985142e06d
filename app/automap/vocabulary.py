"""What the field calls things: words that mean the same, and the names by which modules of one role go.

Only words, no key lists: a name that stands here votes, one that does not is silent. Collected from the public model code of
torchvision, timm, transformers, diffusers, fairseq, Megatron-LM, mmsegmentation, detectron2, llama.cpp (GGUF), Flax and Keras examples.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SYNONYMS: Mapping[str, str] = {
    word: meaning
    for meaning, group in {
        "attn": "attention attn attentions att mha multihead selfattention selfattn sattn",
        "cross": "cross crossattention encdec multiheadattn encoderattn crossattn",
        "mlp": "mlp ffn ff feedforward ffw mlpblock densereludense feed forward fcn",
        "norm": "norm layernorm ln bn batchnorm groupnorm gn rmsnorm lnorm normalization layrnorm batch layernormalization",
        "conv": "conv cv convolution conv2d conv1d conv3d convs cnn",
        "linear": "linear dense lin",
        "embed": "embed embedding embeddings emb embeds embedder embd",
        "pos": "pos position positions positional posemb",
        "token": "token tok tokens word vocab",
        "proj": "proj projection projector project",
        "query": "query q queries",
        "key": "key k keys",
        "value": "value v values",
        "vision": "vision visual image img vit",
        "text": "text language lang txt",
        "cls": "cls class",
        "head": "head classifier heads cls_head",
        "out": "out output",
        "encoder": "encoder enc",
        "decoder": "decoder dec",
        "down": "down downsample downsampling downsampler downsamplers reduction reduce downscaling",
        "up": "up upsample upsampling upsampler upsamplers upscale upscaling upscaled",
        "mid": "mid middle midblock",
        "backbone": "backbone trunk body",
        "time": "time timestep temb t",
        "shortcut": "shortcut skip nin",
        "dw": "dw depthwise dwconv convdw",
        "pw": "pw pointwise pwconv",
        "gate": "gate router",
        "rel": "rel relative",
        "temporal": "temporal motion",
        "final": "final last",
        "pool": "pool pooler pooling",
        "pred": "pred prediction predictor predictions logits",
        "bbox": "bbox box boxes",
        "channel": "channel channels",
        "distillation": "distillation dist distill distilled",
        "speaker": "speaker spk",
        "mix": "mix mixer mixing",
        "semantic": "semantic sem",
        "instance": "instance ins inst",
        "actor": "actor policynet pinet",
        "critic": "critic valuenet vfnet",
    }.items()
    for word in group.split()
}

COMPOUNDS: Mapping[str, tuple[str, ...]] = {
    "sa": ("attn",),
    "ca": ("cross", "attn"),
    "msa": ("attn",),
    "qcontent": ("query", "content"),
    "kcontent": ("key", "content"),
    "qpos": ("query", "pos"),
    "kpos": ("key", "pos"),
}
"""Words that are written as one and say several things."""

SILENT = frozenset(
    [
        "model",
        "models",
        "module",
        "modules",
        "net",
        "network",
        "layer",
        "layers",
        "block",
        "blocks",
        "resblock",
        "resblocks",
        "h",
        "stage",
        "stages",
        "base",
        "the",
        "self",
        "orig",
        "mod",
        "state",
        "dict",
        "params",
        "param",
        "parameter",
        "parameters",
        "sub",
        "fsdp",
        "wrapped",
        "checkpoint",
        "fpw",
        "core",
        "weight",
        "weights",
        "transformer",
        "list",
        "seq",
        "main",
        "features",
    ]
)
"""Words that stand everywhere and so tell nothing."""

PROJECTIONS = frozenset({"q", "k", "v", "qkv", "kv"})
"""Roles of what goes into an attention."""

WRAPPERS = frozenset({"_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_orig_mod", "_forward_module", "_fpw_module", "module"})
"""Modules that training puts around others: FSDP, activation checkpoints, torch.compile, DataParallel, DeepSpeed."""

STEPS = frozenset({"attn", "mlp", "norm", "conv", "linear", "embed", "query", "key", "value", "head"})
"""Words of modules that are steps of one block: `attn1` and `attn2` are no repetition."""

ALONE: Mapping[str, str] = {
    name: role
    for role, group in {
        "q": "q query qproj toq wq qlin queryproj linearq queries qlinear qnet queryconv convq",
        "k": "k key kproj tok wk klin keyproj linearkey keys klinear knet keyconv convk",
        "v": "v value vproj tov wv vlin valueproj linearv values vlinear vnet valueconv convv",
        "qkv": "qkv inproj cattn querykeyvalue wqkv qkvproj toqkv wqkvproj inprojqkv qkvlinear qkvlin packedproj",
        "kv": "kv tokv kvproj keyvalue wkv kvlinear",
        "gate_up": "gateup gateupproj w12 wi12 gateandup w13",
        "up_gate": "upgate upgateproj",
        "qnorm": "qnorm querynorm qlayernorm normq qln lnq normquery",
        "knorm": "knorm keynorm klayernorm normk kln lnk normkey",
        "pos": "posembed posembedding positionembeddings positionembedding positionalembedding embedpositions wpe posemb positionembed "
        "positionembeddingtable positionembd positionalembeddings embedposition positionalencoding",
        "wordembed": "wordembeddings embedtokens wte tokembeddings tokenembedding embedin wordembedding tokenembeddings tokemb tokenembed "
        "tokenembeddingtable tokembedding tokenembd wordemb inputembeddings shared embedtoken wordembed",
        "typeembed": "tokentypes tokentypeembeddings segmentembeddings typeembeddings tokentypeembedding segmentembedding",
        "cls_token": "cls clstoken classembedding classtoken clsembed clstokens",
        "dist_token": "disttoken distillationtoken",
        "mask_token": "masktoken maskembed",
        "registers": "regtoken registertokens registers storagetokens",
        "stem": "patchembedding convproj patchembeddingconv",
        "relpos_table": "relativeattentionbias relativepositionbiastable relposbiastable relativebiastable",
        "relpos_index": "relativepositionindex relposindex",
        "lm_head": "lmhead embedout",
        "logit_scale": "logitscale logitscaleexp",
        "finalnorm": "lnf finallayernorm lnfinal postlayernorm lnpost encodernorm normf finalnorm lastlayernorm lnout outputnorm posttransformernorm posttrunknorm",
        "prenorm": "tokenembdnorm lnpre prelayrnorm prelayernorm normpre embnorm layernormembedding embln lnembed embedlayernorm wordembeddingslayernorm normembed",
        "poolnorm": "fcnorm",
        "shortcut": "shortcut ninshortcut convshortcut skipconnection downsample identityconv projshortcut",
        "timeproj": "timeembproj tembproj",
        "pooler": "pooler poolerdense",
        "mlm": "transformdense vocabtransform lmheaddense",
        "query_embed": "queryembed queryembeddings querypositionembeddings queryfeat",
    }.items()
    for name in group.split()
}
"""A module's last name -> its role, wherever it stands."""

ATTENTION_OUT = frozenset(
    [
        "proj",
        "outproj",
        "oproj",
        "dense",
        "toout",
        "cproj",
        "wo",
        "outlin",
        "out",
        "o",
        "projout",
        "outputproj",
        "linearout",
        "outputdense",
        "projection",
        "output",
        "fcout",
        "linearo",
    ]
)
"""Names of the output projection, inside an attention."""

GATED: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"w1": "gate", "w2": "down", "w3": "up"}, "Llama reference code: w2(silu(w1(x)) * w3(x))"),
    ({"w1": "gate", "v1": "up", "w2": "down"}, "DBRX model code: silu(w1) * v1, then w2"),
    ({"w1": "up", "w2": "gate", "cproj": "down"}, "Qwen-7B model code: a1 * silu(a2) with a1 = w1, a2 = w2"),
    ({"fc11": "up", "fc12": "gate", "fc2": "down"}, "flash-attn, GatedMlp: y, gate = fc1(x).chunk(2)"),
    ({"fc1": "gate", "fc2": "up", "proj": "down"}, "LitGPT, LLaMAMLP: silu(fc_1) * fc_2"),
    ({"cfc0": "gate", "cfc1": "up", "cproj": "down"}, "EXAONE 3 model code: act(c_fc_0) * c_fc_1"),
    ({"gateproj": "gate", "upproj": "up", "downproj": "down"}, "transformers, LlamaMLP"),
    ({"wi0": "gate", "wi1": "up", "wo": "down"}, "T5 v1.1: gelu(wi_0) * wi_1"),
    ({"linear1": "gate", "linear2": "down", "linear3": "up"}, "same order as w1, w2, w3"),
    ({"gate": "gate", "up": "up", "down": "down"}, "plain words"),
    ({"gatinglinear": "gate", "upproj": "up", "downproj": "down"}, "plain words"),
    ({"w1": "gate", "w2": "up", "w3": "down"}, "EVA-02 and xFormers, SwiGLU: w3(silu(w1(x)) * w2(x))"),
    ({"fc1g": "gate", "fc1x": "up", "fc2": "down"}, "timm, SwiGLU: act(fc1_g) * fc1_x"),
    ({"fc1": "gate", "fc2": "down", "fc3": "up"}, "AIMv2: fc2(silu(fc1(x)) * fc3(x))"),
    ({"cfc1": "gate", "cfc2": "up", "cproj": "down"}, "AuraFlow: c_proj(silu(c_fc1(x)) * c_fc2(x))"),
    ({"linear1": "gate", "linear2": "up", "outprojection": "down"}, "AuraFlow in diffusers, the same"),
    ({"fc1": "gate", "fc2": "up", "fc3": "down"}, "same order as EVA-02's w1, w2, w3"),
    ({"w12": "gate_up", "w3": "down"}, "DINOv2, SwiGLUFFN: w12 splits into gate and up"),
    ({"weightsin": "gate_up", "weightsout": "down"}, "DINOv2 in transformers"),
    ({"gateupproj": "gate_up", "downproj": "down"}, "Phi-3"),
    ({"w13": "gate_up", "w2": "down"}, "vLLM, FusedMoE: w1 and w3 of each expert in one"),
    ({"gatedense": "gate", "intermediatedense": "up", "outputdense": "down"}, "KerasHub: silu(gate) * intermediate, then output"),
    ({"fc": "gate", "gate": "up", "proj": "down"}, "TensorRT-LLM, GatedMLP: act(fc(x)) * gate(x)"),
)
"""Names of a gated feed-forward's members, where all of them stand side by side; each with the code that says so."""

PLAIN_UP = frozenset(
    [
        "fc1",
        "cfc",
        "w1",
        "densehto4h",
        "lin1",
        "linear1",
        "fcin",
        "wi",
        "intermediate",
        "expand",
        "dense1",
        "fc",
        "pwconv1",
        "pointwiseconv1",
        "intermediatedense",
        "upproj",
        "linearfc1",
        "projmlp",
        "dense0",
    ]
)
PLAIN_DOWN = frozenset(
    [
        "fc2",
        "cproj",
        "w2",
        "dense4htoh",
        "lin2",
        "linear2",
        "fcout",
        "wo",
        "output",
        "contract",
        "dense2",
        "proj",
        "pwconv2",
        "pointwiseconv2",
        "outputdense",
        "downproj",
        "linearfc2",
    ]
)
"""Names of an ungated feed-forward's two linears, inside a feed-forward or directly in a block."""

STAGED: Mapping[str, str] = {
    "inlayers": "conv1",
    "outlayers": "conv2",
    "emblayers": "timeproj",
}
"""Sequences of a diffusion residual block (guided-diffusion, unet.py: ResBlock) -> what their convolution or linear is."""

SHORTCUTS = frozenset(
    [
        "shortcut",
        "downsample",
        "skip",
        "skipconnection",
        "ninshortcut",
        "convshortcut",
        "identityconv",
        "projshortcut",
        "residual",
        "branch1",
        "short",
    ]
)
"""Names of what bridges a residual block."""

HEADS = frozenset(["head", "classifier", "fc", "lastlinear", "classhead", "clshead", "logits", "linearhead", "heads"])
"""Names of the last linear of a classifier."""

DESCENDING: Mapping[str, str] = {
    "refinenet": "MiDaS and DPT: refinenet4 is applied first",
}
"""Numbered containers that count against the order of computation, with the code that says so."""

OPPOSITES: tuple[frozenset[str], ...] = tuple(
    frozenset(pair.split())
    for pair in (
        "encoder decoder",
        "vision text",
        "up down",
        "up mid",
        "down mid",
        "query key",
        "query value",
        "key value",
        "student teacher",
        "online target",
        "generator discriminator",
        "actor critic",
        "left right",
        "forward backward",
        "weight bias",
        "cls bbox",
        "spatial temporal",
        "in out",
        "h w",
        "first final",
        "pre post",
        "before after",
        "mean var",
        "dw pw",
        "self cross",
    )
)
"""Words of which a module has one or the other."""


@dataclass(frozen=True)
class Vocabulary:
    """The tables that the mapper reads; empty ones make it do without."""

    synonyms: Mapping[str, str] = field(default_factory=lambda: SYNONYMS)
    silent: frozenset[str] = SILENT
    alone: Mapping[str, str] = field(default_factory=lambda: ALONE)
    compounds: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: COMPOUNDS)
    roles: bool = True


VOCABULARY = Vocabulary()
NO_WORDS = Vocabulary({}, frozenset(), {}, {}, roles=False)
