"""Loads a state_dict of given shapes into a freshly built model and tells what torch says. No data is involved: everything lies on meta."""

from __future__ import annotations

from keygraft_failing import Failed
from keygraft_model import construct_model, failure_of

LISTED = 1_000


def main(payload, source):
    """Build `payload["model"]` and load `payload["state"]`, rows of (key, dtype of torch, shape).

    Answers {"load": {missing, unexpected, message, loaded}}: what `load_state_dict` returns and, where it raises, its text.
    """
    import torch

    try:
        model, _ = construct_model(payload["model"], source, torch)
    except Failed as failed:
        return failure_of(failed, source)
    if not isinstance(model, torch.nn.Module):
        return {"failure": {"code": "build_not_model", "params": {"kind": type(model).__name__}}}
    state = {key: torch.empty(shape, dtype=getattr(torch, dtype), device="meta") for key, dtype, shape in payload["state"]}
    model.to("meta")
    report = {"loaded": True, "message": "", "missing": [], "unexpected": []}
    try:
        result = model.load_state_dict(state, strict=False)
        report["missing"], report["unexpected"] = list(result.missing_keys)[:LISTED], list(result.unexpected_keys)[:LISTED]
        model.load_state_dict(state, strict=True)
    except RuntimeError as error:
        report["loaded"], report["message"] = False, str(error)[:1_000_000]
    return {"load": report}
