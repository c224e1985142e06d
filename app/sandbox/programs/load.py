"""Loads a state_dict of given shapes into a freshly built model and tells what torch says. No data is involved: everything lies on meta."""

from __future__ import annotations

from keygraft_failing import Failed
from keygraft_model import construct_model, failure_of

LISTED = 200_000


def main(payload, source):
    """Build `payload["model"]` and load `payload["state"]`, rows of (key, dtype of torch, shape).

    Answers {"load": {missing, unexpected, mismatched, message, loaded}}: the keys that `load_state_dict` names and, where it raises, its text.
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
    report = {"loaded": True, "message": "", "missing": [], "unexpected": [], "mismatched": []}
    try:
        model.load_state_dict(state, strict=True)
    except RuntimeError as error:
        message = str(error)
        mismatched = [key for key in state if "size mismatch for " + key + ": copying" in message] if "size mismatch" in message else []
        odd = set(mismatched)
        result = model.load_state_dict({key: tensor for key, tensor in state.items() if key not in odd}, strict=False)
        report["loaded"], report["message"] = False, message[:1_000_000]
        report["missing"] = [key for key in result.missing_keys if key not in odd][:LISTED]
        report["unexpected"], report["mismatched"] = list(result.unexpected_keys)[:LISTED], mismatched[:LISTED]
    return {"load": report}
