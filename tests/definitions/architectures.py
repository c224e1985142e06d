"""Single-file definitions in the manner of well-known models: what the static builder is compared on."""

ARCHITECTURES: dict[str, str] = {
    "gpt": """
import math, inspect
from dataclasses import dataclass
import torch
import torch.nn as nn
from torch.nn import functional as F
class LayerNorm(nn.Module):
    def __init__(self, ndim, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(ndim))
        self.bias = nn.Parameter(torch.zeros(ndim)) if bias else None
class CausalSelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        assert config.n_embd % config.n_head == 0
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)
        self.flash = hasattr(torch.nn.functional, 'scaled_dot_product_attention')
        if not self.flash:
            self.register_buffer("bias", torch.tril(torch.ones(config.block_size, config.block_size)).view(1, 1, config.block_size, config.block_size))
class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd, bias=config.bias)
        self.gelu = nn.GELU()
class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = LayerNorm(config.n_embd, bias=config.bias)
        self.attn = CausalSelfAttention(config)
        self.mlp = MLP(config)
@dataclass
class GPTConfig:
    block_size: int = 1024
    vocab_size: int = 50304
    n_layer: int = 3
    n_head: int = 4
    n_embd: int = 64
    bias: bool = True
class GPT(nn.Module):
    def __init__(self, config=GPTConfig()):
        super().__init__()
        self.config = config
        self.transformer = nn.ModuleDict(dict(
            wte = nn.Embedding(config.vocab_size, config.n_embd),
            h = nn.ModuleList([Block(config) for _ in range(config.n_layer)]),
            ln_f = LayerNorm(config.n_embd, bias=config.bias),
        ))
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.transformer.wte.weight = self.lm_head.weight
        self.apply(self._init_weights)
        for pn, p in self.named_parameters():
            if pn.endswith('c_proj.weight'):
                torch.nn.init.normal_(p, mean=0.0, std=0.02/math.sqrt(2 * config.n_layer))
        print("number of parameters: %.2fM" % (self.get_num_params()/1e6,))
    def get_num_params(self):
        return sum(p.numel() for p in self.parameters())
    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            torch.nn.init.normal_(module.weight, mean=0.0, std=0.02)
""",
    "vit": """
import torch
from torch import nn
from functools import partial
def drop_path(x): return x
class DropPath(nn.Module):
    def __init__(self, p=None):
        super(DropPath, self).__init__()
        self.p = p
class Attention(nn.Module):
    def __init__(self, dim, num_heads=8, qkv_bias=False):
        super().__init__()
        head_dim = dim // num_heads
        self.scale = head_dim ** -0.5
        self.qkv = nn.Linear(dim, dim * 3, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
class Block(nn.Module):
    def __init__(self, dim, heads, mlp_ratio=4., qkv_bias=False, drop_path=0., norm_layer=nn.LayerNorm, act=nn.GELU, init_values=None):
        super().__init__()
        self.norm1 = norm_layer(dim)
        self.attn = Attention(dim, heads, qkv_bias)
        self.drop_path = DropPath(drop_path) if drop_path > 0. else nn.Identity()
        self.mlp = nn.Sequential(nn.Linear(dim, int(dim * mlp_ratio)), act(), nn.Linear(int(dim * mlp_ratio), dim))
        if init_values:
            self.gamma = nn.Parameter(init_values * torch.ones(dim), requires_grad=True)
class ViT(nn.Module):
    def __init__(self, img=224, patch=16, dim=96, depth=4, heads=3, drop_path_rate=0.1, num_classes=10, norm_layer=partial(nn.LayerNorm, eps=1e-6), qkv_bias=True):
        super().__init__()
        n = (img // patch) ** 2
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, n + 1, dim))
        self.patch_embed = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)
        dpr = [x.item() for x in torch.linspace(0, drop_path_rate, depth)]
        self.blocks = nn.ModuleList([Block(dim, heads, qkv_bias=qkv_bias, drop_path=dpr[i], norm_layer=norm_layer, init_values=1e-5) for i in range(depth)])
        self.norm = norm_layer(dim)
        self.head = nn.Linear(dim, num_classes) if num_classes > 0 else nn.Identity()
        nn.init.trunc_normal_(self.pos_embed, std=.02)
        self.apply(self._init)
    def _init(self, m):
        if isinstance(m, nn.Linear):
            nn.init.trunc_normal_(m.weight, std=.02)
            if m.bias is not None:
                nn.init.constant_(m.bias, 0)
""",
    "resnet": """
import torch
import torch.nn as nn
def conv3x3(i, o, stride=1, groups=1, dilation=1):
    return nn.Conv2d(i, o, kernel_size=3, stride=stride, padding=dilation, groups=groups, bias=False, dilation=dilation)
class BasicBlock(nn.Module):
    expansion: int = 1
    def __init__(self, inplanes, planes, stride=1, downsample=None, norm_layer=None):
        super().__init__()
        if norm_layer is None:
            norm_layer = nn.BatchNorm2d
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample
class ResNet(nn.Module):
    def __init__(self, block=BasicBlock, layers=(2, 2, 2, 2), num_classes=1000, zero_init_residual=False, replace=None):
        super().__init__()
        self._norm_layer = nn.BatchNorm2d
        self.inplanes = 64
        if replace is None:
            replace = [False, False, False]
        if len(replace) != 3:
            raise ValueError(f"got {replace}")
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = self._norm_layer(64)
        for i, (p, n) in enumerate(zip([64, 128, 256, 512], layers), 1):
            setattr(self, f"layer{i}", self._make_layer(block, p, n, 1 if i == 1 else 2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(m.weight, 1)
        if zero_init_residual:
            for m in self.modules():
                if isinstance(m, BasicBlock):
                    nn.init.constant_(m.bn2.weight, 0)
    def _make_layer(self, block, planes, blocks, stride=1):
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(nn.Conv2d(self.inplanes, planes * block.expansion, 1, stride, bias=False), self._norm_layer(planes * block.expansion))
        layers = []
        layers.append(block(self.inplanes, planes, stride, downsample))
        self.inplanes = planes * block.expansion
        for _ in range(1, blocks):
            layers.append(block(self.inplanes, planes))
        return nn.Sequential(*layers)
""",
    "densenet": """
from collections import OrderedDict
import torch.nn as nn
class _DenseLayer(nn.Sequential):
    def __init__(self, n, g, bn):
        super(_DenseLayer, self).__init__()
        self.add_module('norm1', nn.BatchNorm2d(n)),
        self.add_module('relu1', nn.ReLU(inplace=True)),
        self.add_module('conv1', nn.Conv2d(n, bn * g, kernel_size=1, stride=1, bias=False)),
        self.add_module('norm2', nn.BatchNorm2d(bn * g))
        self.add_module('conv2', nn.Conv2d(bn * g, g, 3, 1, 1, bias=False))
class _Block(nn.ModuleDict):
    def __init__(self, n, i, bn, g):
        super().__init__()
        for k in range(n):
            self.add_module("denselayer%d" % (k + 1), _DenseLayer(i + k * g, g, bn))
class DenseNet(nn.Module):
    def __init__(self, growth_rate=8, block_config=(2, 3), num_init_features=16, bn_size=4, num_classes=10):
        super().__init__()
        self.features = nn.Sequential(OrderedDict([('conv0', nn.Conv2d(3, num_init_features, 7, 2, 3, bias=False)), ('norm0', nn.BatchNorm2d(num_init_features))]))
        n = num_init_features
        for i, k in enumerate(block_config):
            self.features.add_module('denseblock%d' % (i + 1), _Block(k, n, bn_size, growth_rate))
            n = n + k * growth_rate
            if i != len(block_config) - 1:
                self.features.add_module('transition%d' % (i + 1), nn.Sequential(nn.BatchNorm2d(n), nn.Conv2d(n, n // 2, 1)))
                n = n // 2
        self.features.add_module('norm5', nn.BatchNorm2d(n))
        self.classifier = nn.Linear(n, num_classes)
""",
    "vgg": """
import torch.nn as nn
cfg = {'A': [64, 'M', 128, 'M', 256, 256, 'M']}
def make_layers(cfg, batch_norm=False):
    layers = []
    c = 3
    for v in cfg:
        if v == 'M':
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        else:
            conv2d = nn.Conv2d(c, v, kernel_size=3, padding=1)
            layers += [conv2d, nn.BatchNorm2d(v), nn.ReLU(True)] if batch_norm else [conv2d, nn.ReLU(True)]
            c = v
    return nn.Sequential(*layers)
class VGG(nn.Module):
    def __init__(self, features=None, num_classes=10):
        super().__init__()
        self.features = features or make_layers(cfg['A'], True)
        self.classifier = nn.Sequential(nn.Linear(256 * 7 * 7, 32), nn.ReLU(True), nn.Dropout(), nn.Linear(32, num_classes))
        self._initialize_weights()
    def _initialize_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
                m.weight.data.normal_(0, (2. / n) ** .5)
                if m.bias is not None: m.bias.data.zero_()
""",
    "unet": """
import torch
from torch import nn
class Double(nn.Module):
    def __init__(self, i, o, mid=None):
        super().__init__()
        if not mid: mid = o
        self.double_conv = nn.Sequential(nn.Conv2d(i, mid, 3, padding=1, bias=False), nn.BatchNorm2d(mid), nn.ReLU(inplace=True), nn.Conv2d(mid, o, 3, padding=1), nn.GroupNorm(4, o))
class Up(nn.Module):
    def __init__(self, i, o, bilinear=True):
        super().__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True)
            self.conv = Double(i, o, i // 2)
        else:
            self.up = nn.ConvTranspose2d(i, i // 2, kernel_size=2, stride=2)
            self.conv = Double(i, o)
class UNet(nn.Module):
    def __init__(self, n_channels=3, n_classes=2, bilinear=False):
        super().__init__()
        factor = 2 if bilinear else 1
        self.inc = Double(n_channels, 64)
        self.downs = nn.ModuleList()
        for i in (64, 128):
            self.downs.append(nn.Sequential(nn.MaxPool2d(2), Double(i, i * 2)))
        self.up1 = Up(256, 128 // factor, bilinear)
        self.outc = nn.Conv2d(64, n_classes, kernel_size=1)
        self.time = nn.Embedding(10, 4)
        self.register_buffer("betas", torch.linspace(1e-4, 0.02, 100))
        alphas = 1. - self.betas
        self.register_buffer("alphas_cumprod", torch.cumprod(alphas, dim=0))
""",
    "lstm": """
import torch, torch.nn as nn
class M(nn.Module):
    def __init__(self, v=100, e=16, h=8, layers=2, bi=True):
        super().__init__()
        self.e = nn.Embedding(v, e, padding_idx=0)
        self.lstm = nn.LSTM(e, h, layers, batch_first=True, bidirectional=bi, dropout=.1)
        self.gru = nn.GRU(input_size=e, hidden_size=h)
        self.attn = nn.Parameter(torch.randn(h * 2))
        self.cell = nn.LSTMCell(4, 5)
        self.out = nn.Linear(h * (2 if bi else 1), 3)
        self.h = nn.ParameterList([nn.Parameter(torch.randn(i)) for i in range(1, 3)])
        self.t = nn.Transformer(16, 2, 1, 1, 32)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(d_model=16, nhead=2, batch_first=True), num_layers=2)
        self.mha = nn.MultiheadAttention(16, 4, kdim=8, vdim=8, add_bias_kv=True, bias=False)
""",
    "llama": """
import torch
from torch import nn
from typing import Optional
from dataclasses import dataclass
@dataclass
class ModelArgs:
    dim: int = 64
    n_layers: int = 2
    n_heads: int = 4
    n_kv_heads: Optional[int] = None
    vocab_size: int = 100
    multiple_of: int = 16
    ffn_dim_multiplier: Optional[float] = None
    norm_eps: float = 1e-5
    max_seq_len: int = 32
def precompute_freqs_cis(dim: int, end: int, theta: float = 10000.0):
    freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
    t = torch.arange(end, device=freqs.device)
    freqs = torch.outer(t, freqs).float()
    return torch.polar(torch.ones_like(freqs), freqs)
class RMSNorm(torch.nn.Module):
    def __init__(self, dim: int, eps: float = 1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))
class FeedForward(nn.Module):
    def __init__(self, dim, hidden_dim, multiple_of, mult):
        super().__init__()
        hidden_dim = int(2 * hidden_dim / 3)
        if mult is not None:
            hidden_dim = int(mult * hidden_dim)
        hidden_dim = multiple_of * ((hidden_dim + multiple_of - 1) // multiple_of)
        self.w1 = nn.Linear(dim, hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, dim, bias=False)
class TransformerBlock(nn.Module):
    def __init__(self, layer_id: int, args: ModelArgs):
        super().__init__()
        self.n_kv = args.n_heads if args.n_kv_heads is None else args.n_kv_heads
        self.wq = nn.Linear(args.dim, args.n_heads * (args.dim // args.n_heads), bias=False)
        self.wk = nn.Linear(args.dim, self.n_kv * (args.dim // args.n_heads), bias=False)
        self.feed_forward = FeedForward(args.dim, 4 * args.dim, args.multiple_of, args.ffn_dim_multiplier)
        self.layer_id = layer_id
        self.attention_norm = RMSNorm(args.dim, eps=args.norm_eps)
class Transformer(nn.Module):
    def __init__(self, params: ModelArgs = ModelArgs(n_kv_heads=2)):
        super().__init__()
        self.params = params
        self.tok_embeddings = nn.Embedding(params.vocab_size, params.dim)
        self.layers = torch.nn.ModuleList()
        for layer_id in range(params.n_layers):
            self.layers.append(TransformerBlock(layer_id, params))
        self.norm = RMSNorm(params.dim, eps=params.norm_eps)
        self.output = nn.Linear(params.dim, params.vocab_size, bias=False)
        self.freqs_cis = precompute_freqs_cis(self.params.dim // self.params.n_heads, self.params.max_seq_len * 2)
""",
    "mobile": """
from torch import nn
def _make_divisible(v, divisor, min_value=None):
    if min_value is None: min_value = divisor
    new_v = max(min_value, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v: new_v += divisor
    return new_v
class ConvBNReLU(nn.Sequential):
    def __init__(self, i, o, kernel_size=3, stride=1, groups=1):
        padding = (kernel_size - 1) // 2
        super(ConvBNReLU, self).__init__(nn.Conv2d(i, o, kernel_size, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU6(inplace=True))
class Inv(nn.Module):
    def __init__(self, inp, oup, stride, t):
        super().__init__()
        assert stride in [1, 2]
        h = int(round(inp * t))
        self.use = stride == 1 and inp == oup
        layers = []
        if t != 1:
            layers.append(ConvBNReLU(inp, h, kernel_size=1))
        layers.extend([ConvBNReLU(h, h, stride=stride, groups=h), nn.Conv2d(h, oup, 1, 1, 0, bias=False), nn.BatchNorm2d(oup)])
        self.conv = nn.Sequential(*layers)
class MobileNetV2(nn.Module):
    def __init__(self, num_classes=10, width_mult=1.0, setting=None, block=None):
        super().__init__()
        if block is None: block = Inv
        c = 32
        if setting is None:
            setting = [[1, 16, 1, 1], [6, 24, 2, 2]]
        if len(setting) == 0 or len(setting[0]) != 4:
            raise ValueError("x {}".format(setting))
        c = _make_divisible(c * width_mult, 8)
        features = [ConvBNReLU(3, c, stride=2)]
        for t, o, n, s in setting:
            o = _make_divisible(o * width_mult, 8)
            for i in range(n):
                features.append(block(c, o, s if i == 0 else 1, t))
                c = o
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(c, num_classes))
""",
    "vae": """
import torch
import torch.nn as nn
class BaseVAE(nn.Module):
    def __init__(self): super().__init__()
class VAE(BaseVAE):
    def __init__(self, in_channels=3, latent_dim=8, hidden_dims=None, **kwargs):
        super().__init__()
        modules = []
        if hidden_dims is None: hidden_dims = [32, 64]
        for h_dim in hidden_dims:
            modules.append(nn.Sequential(nn.Conv2d(in_channels, out_channels=h_dim, kernel_size=3, stride=2, padding=1), nn.BatchNorm2d(h_dim), nn.LeakyReLU()))
            in_channels = h_dim
        self.encoder = nn.Sequential(*modules)
        self.fc_mu = nn.Linear(hidden_dims[-1]*4, latent_dim)
        hidden_dims.reverse()
        modules = []
        for i in range(len(hidden_dims) - 1):
            modules.append(nn.Sequential(nn.ConvTranspose2d(hidden_dims[i], hidden_dims[i + 1], kernel_size=3, stride=2, padding=1, output_padding=1), nn.BatchNorm2d(hidden_dims[i + 1])))
        self.decoder = nn.Sequential(*modules)
        self.quant = nn.PReLU(4)
        self.in_ = nn.InstanceNorm2d(4, affine=True)
        self.b = nn.Bilinear(2, 3, 4)
""",
    "frozen": """
import copy, torch
from torch import nn
def clones(module, N):
    return nn.ModuleList([copy.deepcopy(module) for _ in range(N)])
class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=50):
        super().__init__()
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(0, max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * -(1.0 / d_model))
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        pe = pe.unsqueeze(0)
        self.register_buffer("pe", pe)
class Net(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.pe = PositionalEncoding(d)
        self.layers = clones(nn.Linear(d, d), 4)
        self.inner = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Conv1d(2, 3, 1)})
        for p in self.inner.parameters():
            p.requires_grad = False
        self.half_ = nn.Linear(2, 2).half()
        self.norm = nn.LayerNorm([4, 4])
        self.x = nn.Linear(2, 2); del self.x
        self.act = {"relu": nn.ReLU, "gelu": nn.GELU}["gelu"]()
        self.head = getattr(nn, "Linear")(3, 4)
        self.seq = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
        self.seq[1] = nn.Linear(3, 5)
        self.cut = self.seq[:1]
""",
    "named parameters": """
from collections import OrderedDict
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.sorted = nn.ParameterDict({"z": nn.Parameter(torch.zeros(1)), "a": nn.Parameter(torch.zeros(2))})
        self.kept = nn.ParameterDict(OrderedDict([("z", nn.Parameter(torch.zeros(3))), ("a", nn.Parameter(torch.zeros(4)))]))
        self.pairs = nn.ParameterDict([("z", nn.Parameter(torch.zeros(5))), ("a", nn.Parameter(torch.zeros(6)))])
        self.heads = nn.ModuleDict({"z": nn.Linear(1, 1), "a b": nn.Linear(1, 2)})
        self.register_buffer("none", None)
        self.register_parameter("later", None)
""",
    "unknown": """
import torch, mystery
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)
        self.b = mystery.Layer(3)
""",
    "swin": """
import torch
from torch import nn
class WindowAttention(nn.Module):
    def __init__(self, dim=8, window_size=(2, 2), num_heads=2):
        super().__init__()
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window_size[0] - 1) * (2 * window_size[1] - 1), num_heads))
        coords_h = torch.arange(window_size[0])
        coords_w = torch.arange(window_size[1])
        coords = torch.stack(torch.meshgrid([coords_h, coords_w]))
        coords_flatten = torch.flatten(coords, 1)
        relative_coords = coords_flatten[:, :, None] - coords_flatten[:, None, :]
        relative_coords = relative_coords.permute(1, 2, 0).contiguous()
        relative_coords[:, :, 0] += window_size[0] - 1
        relative_position_index = relative_coords.sum(-1)
        self.register_buffer("relative_position_index", relative_position_index)
        self.qkv = nn.Linear(dim, dim * 3)
""",
}
