"""Models of installed libraries, by name or by config.json. Each door returns what makes the model, and the names that edits may use."""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
import json

from keygraft_definition import construct
from keygraft_failing import Failed, first_line, named


def library(name):
    """Import a library of models; Failed where it is not installed."""
    try:
        return importlib.import_module(name)
    except MemoryError:
        raise
    except ModuleNotFoundError as error:
        lacking = error.name or name
        code = "build_missing_library" if lacking.split(".")[0] == name else "build_library_lacks"
        raise Failed(code, library=name, package=lacking) from error
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
            raise Failed("build_unknown_model", library="transformers", name=name, close=like_classes(name, dir(transformers)))
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


def like_classes(name, names):
    """Model classes for a hint: of an architecture's or a checkpoint's name (`bert`, `bert-base-uncased`) those of that architecture."""
    classes = [each for each in names if each[:1].isupper() and ("Model" in each or "For" in each)]
    word = name.replace("_", "-").split("-")[0].lower()
    own = [each for each in classes if each.lower().startswith(word + "model") or each.lower().startswith(word + "for")]
    return (
        ", ".join(sorted(own, key=lambda each: ("Model" not in each, len(each)))[:5])
        if word and own
        else close(name, set(classes) - {name})
    )


def close(name, names):
    """Like names, for a hint."""
    return ", ".join(difflib.get_close_matches(name, list(names), 5, 0.5)) or "none"
