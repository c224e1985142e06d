"""The ways to build: on meta, by registration, without initialisation, plainly; and what code may be let believe."""

from __future__ import annotations

import contextlib
import gc
import sys
import types
import weakref


def meta_device(torch):
    """Make tensors on meta by default; torch 1.13 cannot, and builds by registration instead."""
    try:
        return torch.device("meta").__enter__ and torch.device("meta")
    except AttributeError:
        return registering(torch)


@contextlib.contextmanager
def registering(torch):
    """Parameters go to meta when a module takes them; all else stays real. A shared parameter stays shared."""
    Module, Parameter = torch.nn.Module, torch.nn.Parameter
    original = Module.register_parameter
    moved = {}

    def register(self, name, param):
        original(self, name, param)
        if param is not None and type(param) is Parameter and param.device.type != "meta":
            known = moved.get(id(param))
            if known is None or known[0]() is not param:
                known = weakref.ref(param), Parameter(param.data.to("meta"), requires_grad=param.requires_grad)
                moved[id(param)] = known
            self._parameters[name] = known[1]

    Module.register_parameter = register
    try:
        yield
    finally:
        Module.register_parameter = original


@contextlib.contextmanager
def uninitialised(torch, only_meta=False):
    """The schemes of torch.nn.init do nothing; with `only_meta` nothing to tensors that have no numbers anyway."""
    names = [name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")]
    saved = {name: getattr(torch.nn.init, name) for name in names}

    def replaced(function):
        def scheme(tensor, *args, **kwargs):
            return function(tensor, *args, **kwargs) if only_meta and tensor.device.type != "meta" else tensor

        return scheme

    for name, function in saved.items():
        setattr(torch.nn.init, name, replaced(function))
    try:
        yield
    finally:
        for name, function in saved.items():
            setattr(torch.nn.init, name, function)


@contextlib.contextmanager
def without_data(torch):
    """All on meta, and no pauses to look for garbage: the process is short."""
    gc.disable()
    with meta_device(torch), uninitialised(torch, only_meta=True):
        yield
    gc.enable()


RUNGS = {
    "meta": without_data,
    "register": registering,
    "bare": uninitialised,
    "plain": lambda torch: contextlib.nullcontext(),
}


def pretend_cuda(torch):
    """Let code believe in a GPU: what is sent there stays where it is."""
    Tensor, Module = torch.Tensor, torch.nn.Module
    to_tensor, to_module = Tensor.to, Module.to

    def elsewhere(device):
        return (isinstance(device, int) and not isinstance(device, bool)) or str(device).startswith(("cuda", "xpu", "mps", "npu"))

    def strip(args, kwargs):
        kept = {name: value for name, value in kwargs.items() if name != "device" or not elsewhere(value)}
        return [arg for arg in args if not (isinstance(arg, (str, torch.device, int)) and elsewhere(arg))], kept

    def to(original):
        def moved(self, *args, **kwargs):
            args, kwargs = strip(args, kwargs)
            return original(self, *args, **kwargs) if args or kwargs else self

        return moved

    Tensor.to, Module.to = to(to_tensor), to(to_module)
    Tensor.cuda = Module.cuda = lambda self, *args, **kwargs: self
    cuda = torch.cuda
    cuda.is_available = lambda: True
    cuda.device_count = lambda: 1
    cuda.current_device = lambda: 0
    cuda.set_device = cuda.synchronize = cuda.empty_cache = cuda.manual_seed = cuda.manual_seed_all = lambda *args, **kwargs: None
    cuda.get_device_name = lambda *args: "none"
    cuda.get_device_capability = lambda *args: (8, 0)
    for name in ("empty", "zeros", "ones", "full", "rand", "randn", "arange", "linspace", "tensor", "as_tensor", "eye", "randint"):
        function = getattr(torch, name)

        def without(*args, _function=function, **kwargs):
            return _function(*args, **strip((), kwargs)[1])

        setattr(torch, name, without)


def pretend_alone(torch):
    """Let code that asks for its process group believe that it is the only process of one."""
    distributed = torch.distributed
    group = object()
    distributed.get_rank = lambda *args, **kwargs: 0
    distributed.get_world_size = lambda *args, **kwargs: 1
    distributed.init_process_group = distributed.barrier = lambda *args, **kwargs: None
    distributed.new_group = lambda *args, **kwargs: group


class Nothing(dict):
    """What a patched `torch.load` returns: empty, whatever is asked of it."""

    def __missing__(self, key):
        return Nothing()

    def __getattr__(self, name):
        """Attributes are nothing as well."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __call__(self, *args, **kwargs):
        """So is what comes of calling it."""
        return Nothing()


def pretend_loaded(torch):
    """Let constructors that load weights believe that they did."""
    loaded = lambda *args, **kwargs: Nothing()  # noqa: E731
    torch.load = loaded
    torch.hub.load_state_dict_from_url = loaded
    torch.hub.download_url_to_file = lambda *args, **kwargs: None
    result = types.SimpleNamespace(missing_keys=[], unexpected_keys=[])
    torch.nn.Module.load_state_dict = lambda self, *args, **kwargs: result
    for name, attributes in (
        ("safetensors.torch", ("load_file", "load_model", "load")),
        ("torch.utils.model_zoo", ("load_url",)),
        ("torchvision._internally_replaced_utils", ("load_state_dict_from_url",)),
        ("timm.models._builder", ("load_pretrained",)),
        ("timm.models._helpers", ("load_checkpoint", "load_state_dict")),
    ):
        module = sys.modules.get(name)
        for attribute in attributes if module is not None else ():
            setattr(module, attribute, loaded)
    for module in list(sys.modules.values()):  # names that were imported by `from torch.hub import ...`
        names = getattr(module, "__dict__", None)
        if isinstance(names, dict) and callable(names.get("load_state_dict_from_url")):
            names["load_state_dict_from_url"] = loaded
