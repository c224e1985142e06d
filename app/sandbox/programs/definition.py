"""The user's own code: import it, find the class or factory, call it."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import itertools
import json
import os
import re
import sys

from keygraft_failing import Failed, first_line, named, place

LISTED = 20


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
            executed(spec, module, payload.get("name", ""), source)
            return module
        return importlib.import_module(name)
    except MemoryError:
        raise
    except BaseException as error:
        raise named(error, source, "import") from error


def executed(spec, module, wanted, source):
    """Run a file. Where it breaks off after the class that is wanted (a training loop, data that is not here), what it made is enough."""
    try:
        spec.loader.exec_module(module)
    except (MemoryError, ImportError, SyntaxError):
        raise
    except BaseException as error:
        made = vars(module).get(wanted.partition(".")[0])
        if not wanted or getattr(made, "__module__", None) != module.__name__:
            raise
        CUT.append((error, *place(error, source)))


CUT = []
"""What broke a file off, with file and line."""


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
