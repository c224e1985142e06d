"""Names of the models that installed libraries offer."""

from __future__ import annotations

import importlib
import re

MOST = 20_000


def main(payload, source):
    """List names by library; `payload` has the libraries. A library that is not installed, or broken, has an error instead."""
    found = {}
    for name in payload["libraries"]:
        try:
            module = importlib.import_module(name)
            found[name] = {"version": str(getattr(module, "__version__", ""))[:50], "names": sorted(set(LISTS[name](module)))[:MOST]}
        except MemoryError:
            raise
        except Exception as error:
            found[name] = {"error": type(error).__name__}
    return found


def timm_names(timm):
    """Architectures, without the tags of weights."""
    return timm.list_models()


def torchvision_names(torchvision):
    """Builders of all kinds."""
    models = importlib.import_module("torchvision.models")
    return [name.rsplit("/", 1)[-1] for name in models.list_models()]


def transformers_names(transformers):
    """Model classes; which of them have PyTorch code is known without importing them."""
    pattern = re.compile(r"(?:Model|LMHead\w*|For[A-Z]\w+|Encoder|Decoder)$")
    return [name for name in dir(transformers) if pattern.search(name) and not name.startswith(("TF", "Flax", "Auto", "_"))]


def diffusers_names(diffusers):
    """Models and their parts; pipelines are made of several."""
    pattern = re.compile(r"(?:Model|Transformer\w*|ControlNet\w*|Autoencoder\w*|UNet\w*|VAE\w*|Adapter)$")
    return [name for name in dir(diffusers) if pattern.search(name) and "Pipeline" not in name and not name.startswith("_")]


LISTS = {"timm": timm_names, "torchvision": torchvision_names, "transformers": transformers_names, "diffusers": diffusers_names}
