"""Builds a model behind the walls and describes its state_dict in one pass.

Python >= 3.8, torch >= 1.13, nothing of ours. `main` returns {"model": {...}} in the form that `app.definitions.live` reads, or
{"failure": {...}}. One rung of the build ladder a job: where a constructor has side effects, a second try in the same process would lie.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import inspect
import itertools
import json
import math
import os
import platform
import re
import sys
import traceback
import types

MAX_HYPER = 40
MAX_TEXT = 60
LISTED = 20
PROGRAM = "<keygraft model>"


class Failed(Exception):
    """A failure we can name: code and parameters of the catalogue."""

    def __init__(self, code, retry=False, **params):
        super().__init__(code)
        self.code, self.retry, self.params = code, retry, params


def warm(preload):
    """Import torch and build a little of everything on meta, so that no job pays for it. Starts no thread."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    for name in preload:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    define_vision_operators(torch)
    with meta_device(torch):
        nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 4), nn.LayerNorm(4), nn.Embedding(4, 4), nn.GroupNorm(2, 4), nn.LSTM(2, 2),
            nn.ConvTranspose2d(2, 2, 2), nn.MultiheadAttention(4, 2), nn.TransformerEncoderLayer(4, 2, 8), nn.Conv1d(2, 2, 1),
        )  # fmt: skip
        torch.nn.init.trunc_normal_(torch.empty(2, 2))
        torch.nn.init.normal_(torch.nn.init.xavier_uniform_(torch.empty(2, 2)))
    describe(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))


def define_vision_operators(torch):
    """Let torchvision be imported beside a torch it was not built for: its import needs two operator schemas."""
    with contextlib.suppress(Exception):
        if importlib.util.find_spec("torchvision") is None:
            return
        try:
            import torchvision  # noqa: F401
        except (RuntimeError, ImportError):
            for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
                del sys.modules[name]
            library = torch.library.Library("torchvision", "DEF")
            library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            define_vision_operators.library = library  # its end would take the schemas back


# ------------------------------------------------------------------------------------------------------------------------ the ladder


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
                import weakref

                known = weakref.ref(param), Parameter(param.data.to("meta"), requires_grad=param.requires_grad)
                moved[id(param)] = known
            self._parameters[name] = known[1]

    Module.register_parameter = register
    try:
        yield
    finally:
        Module.register_parameter = original


@contextlib.contextmanager
def uninitialised(torch):
    """Real tensors, but the schemes of torch.nn.init do nothing."""
    names = [name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")]
    saved = {name: getattr(torch.nn.init, name) for name in names}
    for name in names:
        setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)
    try:
        yield
    finally:
        for name, function in saved.items():
            setattr(torch.nn.init, name, function)


RUNGS = {
    "meta": meta_device,
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


class Nothing(dict):
    """What a patched `torch.load` returns: empty, whatever is asked of it."""

    def __missing__(self, key):
        return Nothing()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing()

    def __call__(self, *args, **kwargs):
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


# -------------------------------------------------------------------------------------------------------------------- finding the model


def import_definition(payload, source):
    """Import the module that holds the model; Failed names what stopped it."""
    name, file = payload.get("module", ""), payload.get("file", "")
    stem = os.path.splitext(file)[0] if file else name.replace(".", os.sep)
    for folder in ("src", os.path.dirname(stem), os.path.join("src", os.path.dirname(stem))):
        path = os.path.join(source, folder)
        if folder and path not in sys.path and os.path.isdir(path):
            sys.path.append(path)
    try:
        if file:
            path = os.path.join(source, file)
            name = name or os.path.splitext(os.path.basename(file))[0]
            if name in sys.modules or name in sys.builtin_module_names or not name.isidentifier():
                name = "definition_" + re.sub(r"\W", "_", name)
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
            return module
        return importlib.import_module(name)
    except MemoryError:
        raise
    except BaseException as error:
        raise named(error, source, "import") from error


def place(error, source):
    """File (relative to the project) and line of the innermost frame in the user's own files."""
    found = ("", 0)
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file.startswith(source + os.sep):
            found = os.path.relpath(file, source), line
    if isinstance(error, SyntaxError) and error.filename:
        file = os.path.relpath(error.filename, source) if error.filename.startswith(source) else os.path.basename(error.filename)
        found = file, error.lineno or 0
    return found


NETWORK_ERRORS = frozenset(
    "URLError HTTPError ConnectionError ConnectError NewConnectionError MaxRetryError gaierror LocalEntryNotFoundError "
    "OfflineModeIsEnabled SSLError ProxyError NameResolutionError".split()
)


def chain(error):
    """Return the exception and those it came from."""
    seen = []
    while error is not None and error not in seen and len(seen) < 20:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen


def wants_network(error):
    """Whether something tried to reach the network."""
    for link in chain(error):
        if type(link).__name__ in NETWORK_ERRORS:
            return True
        if isinstance(link, PermissionError) and any(
            frame.f_code.co_filename.endswith("socket.py") for frame, _ in traceback.walk_tb(link.__traceback__)
        ):
            return True
    return False


def wants_cuda(error):
    """Whether something asked for a GPU."""
    text = str(error)
    signs = ("CUDA", "cuda", "NVIDIA", "HIP", "MPS", "XPU")
    kinds = (AssertionError, RuntimeError, AttributeError, ImportError, NotImplementedError, OSError)
    return isinstance(error, kinds) and any(sign in text for sign in signs)


def named(error, source, stage):
    """Give an exception of foreign code its name among our failures."""
    file, line = place(error, source)
    where = {"file": file, "line": line, "detail": first_line(error)}
    if isinstance(error, Failed):
        return error
    if isinstance(error, SystemExit):
        return Failed("build_exits", **where)
    if isinstance(error, KeyboardInterrupt):
        return Failed("build_failed", kind="KeyboardInterrupt", **where)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return Failed("build_missing_package", package=error.name.partition(".")[0], module=error.name, **where)
    if isinstance(error, ImportError) and "relative import" in str(error):
        return Failed("build_relative_import", **where)
    if isinstance(error, SyntaxError):
        return Failed("build_syntax", **where)
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error) or "not enough memory" in str(error):
        return Failed("build_memory", retry=stage != "import", **where)
    if wants_network(error):
        return Failed("build_network", retry=True, want="load", **where)
    if isinstance(error, (FileNotFoundError, IsADirectoryError, NotADirectoryError)):
        return Failed("build_file_missing", retry=True, want="load", path=str(error.filename or "")[:200], **where)
    if isinstance(error, PermissionError):
        return Failed("build_not_allowed", retry=True, want="load", path=str(error.filename or "")[:200], **where)
    if wants_cuda(error):
        return Failed("build_cuda", retry=True, want="cuda", **where)
    return Failed("build_failed", retry=stage != "import", kind=type(error).__name__, **where)


def first_line(error):
    """One line of an exception's text."""
    try:
        text = str(error).strip()
    except Exception:
        text = ""
    return (text.split("\n", 1)[0] or type(error).__name__)[:300]


def find(module, name, torch):
    """Find what is to be called; without a name, the module's own last root class."""
    if name:
        found = module
        for part in name.split("."):
            if not hasattr(found, part):
                raise Failed("build_name", name=name, names=", ".join(offered(module, torch)))
            found = getattr(found, part)
        return found
    names = offered(module, torch)
    if not names:
        raise Failed("build_no_model", names="")
    return getattr(module, names[-1])


def offered(module, torch):
    """Names of modules and classes that are defined here."""
    own = [
        name
        for name, value in list(vars(module).items())
        if (isinstance(value, type) and issubclass(value, torch.nn.Module) and value.__module__ == module.__name__)
        or isinstance(value, torch.nn.Module)
    ]
    return own[:LISTED]


def evaluate(text, namespace, source):
    """Value of an argument: a literal, or an expression in the definition's own words."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError):
        pass
    try:
        return eval(compile(text, "<arguments>", "eval"), namespace)
    except MemoryError:
        raise
    except Exception as error:
        raise Failed("build_argument", text=text[:200], detail=first_line(error), kind=type(error).__name__) from error


def numeric_text(args, kwargs):
    """Name of an argument that is a number in quotation marks; None where there is none."""
    for name, value in [*enumerate(args), *kwargs.items()]:
        if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]+(\.[0-9]*)?\s*", value):
            return str(name)
    return None


def construct(target, args, kwargs, source):
    """Call a class or factory; Failed says which argument is wrong."""
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        signature = None
    if signature is not None:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise Failed("build_arguments", detail=first_line(error), signature=str(signature)[:500], parameters=form(signature)) from error
    try:
        return target(*args, **kwargs)
    except MemoryError:
        raise
    except BaseException as error:
        quoted = numeric_text(args, kwargs) if isinstance(error, (TypeError, ValueError)) else None
        if quoted is not None:
            raise Failed("build_argument_text", name=quoted, detail=first_line(error)) from error
        raise named(error, source, "construct") from error


def form(signature):
    """Parameters as JSON text, for a form."""
    rows = [
        {
            "name": name,
            "kind": parameter.kind.name.lower(),
            "annotation": "" if parameter.annotation is parameter.empty else short(parameter.annotation),
            "default": None if parameter.default is parameter.empty else short(repr(parameter.default)),
        }
        for name, parameter in itertools.islice(signature.parameters.items(), 100)
    ]
    return json.dumps(rows)


def short(value):
    """Text of a type or default."""
    return (value if isinstance(value, str) else getattr(value, "__name__", None) or str(value))[:100]


# ------------------------------------------------------------------------------------------------------------------------- the doors
# Each imports what it needs and returns what makes the model, and the names that arguments and edits may use.


def build_python(payload, source, torch):
    """Import a definition and call it."""
    module = import_definition(payload, source)
    target = find(module, payload.get("name", ""), torch)
    namespace = vars(module)
    if isinstance(target, (torch.nn.Module, dict)):
        return lambda: target, namespace
    if not callable(target):
        raise Failed("build_not_model", kind=type(target).__name__)

    def make():
        args = [evaluate(text, namespace, source) for text in payload.get("args", ())]
        kwargs = {name: evaluate(text, namespace, source) for name, text in payload.get("kwargs", {}).items()}
        return construct(target, args, kwargs, source)

    return make, namespace


def library(name):
    """Import a library of models; Failed where it is not installed."""
    try:
        return importlib.import_module(name)
    except MemoryError:
        raise
    except ModuleNotFoundError as error:
        raise Failed("build_missing_library", library=name, package=error.name or name) from error
    except BaseException as error:
        raise Failed("build_broken_library", library=name, detail=first_line(error)) from error


def literal_call(payload):
    """Arguments of a library model: literals only."""
    return [ast.literal_eval(text) for text in payload.get("args", ())], {
        name: ast.literal_eval(text) for name, text in payload.get("kwargs", {}).items()
    }


def build_timm(payload, source, torch):
    """Make a timm model by name."""
    timm = library("timm")
    name, (args, kwargs) = payload["name"], literal_call(payload)
    if not timm.is_model(name.partition(".")[0]):
        raise Failed("build_unknown_model", library="timm", name=name, close=close(name, timm.list_models()))
    return lambda: guarded(lambda: timm.create_model(name, *args, **kwargs), source), {}


def build_torchvision(payload, source, torch):
    """Make a torchvision model by name."""
    torchvision = library("torchvision")
    name, (args, kwargs) = payload["name"], literal_call(payload)
    models = library("torchvision.models")
    names = models.list_models() if hasattr(models, "list_models") else [key for key, value in vars(models).items() if callable(value)]
    target = getattr(models, name, None)
    for part in ("segmentation", "detection", "video", "quantization"):
        target = target if callable(target) else getattr(getattr(models, part, None), name, None)
    if not callable(target):
        raise Failed("build_unknown_model", library="torchvision " + torchvision.__version__, name=name, close=close(name, names))
    if "weights_backbone" not in kwargs and "weights_backbone" in inspect.signature(target).parameters:
        kwargs["weights_backbone"] = None
    return lambda: construct(target, args, kwargs, source), {}


def build_transformers(payload, source, torch):
    """Make a transformers model of a config.json, or of a class and the fields of its configuration."""
    transformers = library("transformers")
    args, kwargs = literal_call(payload)
    name, config_text = payload.get("name", ""), payload.get("config")
    if config_text is None:
        target = getattr(transformers, name, None)
        if target is None or getattr(target, "config_class", None) is None:
            raise Failed("build_unknown_model", library="transformers", name=name, close=close(name, dir(transformers)))
        return lambda: guarded(lambda: target(target.config_class(*args, **kwargs)), source), {}
    fields = {**json.loads(config_text), **kwargs}
    name = name or (fields.get("architectures") or [""])[0]
    kind = fields.pop("model_type", "")
    target = getattr(transformers, name, None) if name else transformers.AutoModel
    try:
        config = (
            target.config_class.from_dict(fields)
            if getattr(target, "config_class", None)
            else transformers.AutoConfig.for_model(kind, **fields)
        )
    except (KeyError, ValueError, AttributeError) as error:
        raise Failed("build_unknown_architecture", library="transformers", name=name or kind, detail=first_line(error)) from error
    if target is None:
        raise Failed("build_unknown_architecture", library="transformers", name=name or kind, detail=kind)
    if name and not hasattr(target, "from_config"):
        return lambda: guarded(lambda: target(config), source), {}
    return lambda: guarded(lambda: target.from_config(config), source), {}


def build_diffusers(payload, source, torch):
    """Make a diffusers model of a config.json."""
    diffusers = library("diffusers")
    _, kwargs = literal_call(payload)
    fields = json.loads(payload["config"]) if payload.get("config") is not None else {}
    name = payload.get("name") or fields.get("_class_name", "")
    target = getattr(diffusers, name, None) if name else None
    if target is None or not hasattr(target, "from_config"):
        raise Failed("build_unknown_architecture", library="diffusers", name=name, detail="_class_name")
    return lambda: guarded(lambda: target.from_config({**fields, **kwargs}), source), {}


def guarded(build, source):
    """Call library code; its exceptions get our names."""
    try:
        return build()
    except (MemoryError, Failed):
        raise
    except BaseException as error:
        if isinstance(error, TypeError) and "argument" in str(error):
            raise Failed("build_arguments", detail=first_line(error), signature="", parameters="[]") from error
        raise named(error, source, "construct") from error


def close(name, names):
    """Like names, for a hint."""
    import difflib

    return ", ".join(difflib.get_close_matches(name, list(names), 5, 0.5))


DOORS = {
    "python": build_python,
    "timm": build_timm,
    "torchvision": build_torchvision,
    "transformers": build_transformers,
    "diffusers": build_diffusers,
}


def only_model(built, torch):
    """Take the module out of what a factory returned; a state_dict is taken as it is."""
    if isinstance(built, torch.nn.Module):
        return built
    if isinstance(built, dict) and built and all(isinstance(value, torch.Tensor) for value in built.values()):
        return built
    inner = getattr(built, "model", None) or getattr(built, "net", None)
    if isinstance(inner, torch.nn.Module):
        return inner
    if isinstance(built, (tuple, list)):
        modules = [part for part in built if isinstance(part, torch.nn.Module)]
        if len(modules) == 1:
            return modules[0]
    raise Failed("build_not_model", kind=type(built).__name__)


def edit(model, edits, namespace, source, torch):
    """Run one-line edits on the built model, which they call `net` or `model`; returns it, for an edit may replace it."""
    scope = {**namespace, "torch": torch, "nn": torch.nn, "net": model, "model": model}
    for text in edits:
        before = scope["net"], scope["model"]
        try:
            exec(compile(text, "<edit>", "exec"), scope)
        except MemoryError:
            raise
        except BaseException as error:
            raise Failed("build_edit", text=text[:200], kind=type(error).__name__, detail=first_line(error)) from error
        changed = scope["model"] if scope["model"] is not before[1] else scope["net"]
        scope["net"] = scope["model"] = changed
    return scope["net"]


# --------------------------------------------------------------------------------------------------------------------- describing


def describe(model):
    """Describe a module, or a plain dictionary of tensors, as JSON."""
    import torch

    Module, Parameter = torch.nn.Module, torch.nn.Parameter
    modules, other, warnings = {}, {}, []
    if isinstance(model, Module):
        hooks, lazy = [], 0
        for path, module in model.named_modules(remove_duplicate=False):
            modules[path] = describe_module(module, path == "")
            for name in getattr(module, "_non_persistent_buffers_set", ()):
                buffer = module._buffers.get(name)
                if buffer is not None:
                    other[(path + "." if path else "") + name] = "non-persistent " + str(buffer.dtype)[6:] + " " + str(list(buffer.shape))
            if own_loading(module):
                hooks.append(path or type(module).__name__)
        if hooks:
            warnings.append({"code": "build-load-hook", "params": {"count": len(hooks), "module": hooks[0][:200]}})
        state = model.state_dict(keep_vars=True)
        if type(model).state_dict is not Module.state_dict:
            warnings.append({"code": "build-state-dict-custom", "params": {"module": type(model).__name__[:200]}})
    else:
        state, lazy = model, 0
    tensors, objects, views = {}, {}, {}
    for written, value in state.items():
        key = str(written)
        if not isinstance(value, torch.Tensor):
            other[key] = ("extra state: " if key.endswith("_extra_state") else "") + type(value).__name__
            continue
        uninitialised = "Uninitialized" in type(value).__name__
        kind = "parameter" if isinstance(value, Parameter) or (uninitialised and value.requires_grad) else "buffer"
        kind = "extra" if key.endswith("_extra_state") else kind
        entry = {
            "shape": None if uninitialised else list(value.shape),
            "dtype": str(value.dtype),
            "kind": kind,
            "requires_grad": value.requires_grad,
        }
        if uninitialised:
            entry["note"] = "lazy"
            lazy += 1
        first = objects.setdefault(id(value), key)
        if first == key and not uninitialised:
            first = views.setdefault(view_of(value, key), key)
        if first != key:
            entry["alias_of"] = first
        tensors[key] = entry
    if lazy:
        warnings.append({"code": "build-lazy", "params": {"count": lazy}})
    return {
        "format": "keygraft-model",
        "version": 1,
        "tensors": tensors,
        "modules": modules,
        "other": other,
        "versions": versions(modules, torch),
        "warnings": warnings,
    }


def view_of(tensor, key):
    """Identity of a tensor's memory and of how it is seen."""
    try:
        storage = tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor.storage()._storage
        if storage.nbytes() == 0:
            return key
        return storage._cdata, tensor.storage_offset(), tuple(tensor.shape), tuple(tensor.stride()), str(tensor.dtype)
    except Exception:
        return key


def describe_module(module, root):
    """Class, first base of torch.nn, and what scalars it carries."""
    kind = type(module)
    base = ""
    for parent in kind.__mro__:
        if parent.__module__.startswith("torch.nn.") and parent.__name__ != "Module":
            base = parent.__name__
            break
    hyper = scalars(vars(module))
    config = vars(module).get("config") or vars(module).get("cfg") or vars(module).get("args")
    if config is not None and (root or "." not in kind.__module__):
        for name, value in config_scalars(config).items():
            if len(hyper) >= MAX_HYPER:
                break
            hyper.setdefault(name, value)
    return {"class": (kind.__module__ + "." + kind.__qualname__)[:300], "base": base, "hyper": hyper}


def scalars(names):
    """Scalars and short lists of whole numbers among an object's attributes."""
    found = {}
    for name, value in names.items():
        if name.startswith("_") or name in ("training", "dump_patches", "call_super_init"):
            continue
        if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 1 << 53):
            found[name] = value
        elif isinstance(value, float) and math.isfinite(value):
            found[name] = value
        elif isinstance(value, str) and len(value) <= MAX_TEXT:
            found[name] = value
        elif isinstance(value, (tuple, list)) and 0 < len(value) <= 8 and all(type(part) is int and abs(part) < 1 << 53 for part in value):
            found[name] = list(value)
        if len(found) >= MAX_HYPER:
            break
    return found


def config_scalars(config):
    """Numbers of a configuration object: a dictionary, a dataclass, a namespace, or one with `to_dict`."""
    try:
        names = config if isinstance(config, dict) else config.to_diff_dict() if False else vars(config)
        return {name: value for name, value in scalars(dict(names)).items() if not isinstance(value, str)}
    except Exception:
        return {}


def own_loading(module):
    """Whether a module changes keys or tensors when it loads."""
    hooks = getattr(module, "_load_state_dict_pre_hooks", None) or getattr(module, "_state_dict_hooks", None)
    own = type(module)._load_from_state_dict
    return bool(hooks) or not getattr(own, "__module__", "torch.nn").startswith("torch.nn")


def versions(modules, torch):
    """Versions of Python, torch and the libraries whose classes occur."""
    found = {"python": platform.python_version(), "torch": str(torch.__version__)}
    packages = {module["class"].partition(".")[0] for module in modules.values()} - {"torch"}
    for package in sorted(packages)[:LISTED]:
        version = getattr(sys.modules.get(package), "__version__", None)
        if isinstance(version, str):
            found[package] = version[:50]
    return found


# ------------------------------------------------------------------------------------------------------------------------------ main


def main(payload, source):
    """Build on one rung and describe.

    payload -- door, module, file, name, args, kwargs, edits, config, rung, cuda, load, inputs
    """
    import torch

    try:
        return {"model": run(payload, source, torch)}
    except Failed as failure:
        params = {name: value for name, value in failure.params.items() if name not in ("want",)}
        return {
            "failure": {
                "code": failure.code,
                "params": params,
                "retry": failure.retry,
                "want": failure.params.get("want", ""),
                "traceback": own_frames(failure, source),
            }
        }


def run(payload, source, torch):
    """Build and describe; Failed otherwise."""
    patched = []
    if payload.get("cuda"):
        pretend_cuda(torch)
        patched.append("cuda")
    if payload.get("load"):
        pretend_loaded(torch)
        patched.append("load")
    rung = payload.get("rung", "meta")
    try:
        make, namespace = DOORS[payload["door"]](payload, source, torch)  # imports see real tensors: only the constructor builds on meta
        with RUNGS[rung](torch):
            model = edit(only_model(make(), torch), payload.get("edits", ()), namespace, source, torch)
            model = only_model(model, torch)
            if payload.get("inputs"):
                with torch.no_grad():
                    model(*[torch.zeros(shape) for shape in payload["inputs"]])
            described = describe(model)
    except (MemoryError, Failed):
        raise
    except BaseException as error:
        raise named(error, source, "describe") from error
    for what in patched:
        described["warnings"].append({"code": "build-patched", "params": {"what": what}})
    if rung in ("bare", "plain"):
        described["warnings"].append({"code": "build-rung", "params": {"rung": rung}})
    return described


def own_frames(failure, source):
    """Return the traceback of the original exception, paths relative to the project, at most 8,000 characters."""
    error = failure.__cause__
    if error is None:
        return ""
    lines = []
    for part in traceback.format_exception(type(error), error, error.__traceback__, limit=-30):
        if PROGRAM not in part and "<keygraft" not in part:
            lines.append(part.replace(source + os.sep, ""))
    return "".join(lines)[-8000:]
