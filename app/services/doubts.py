"""Why a preview is not certain, as sentences."""

from app import messages
from app.keys import Warned


def sentence(reason: Warned) -> str:
    """Say one reason; an error that a reason stands for is said by its own sentence where that needs nothing more."""
    code = str(reason.params.get("code", ""))
    params = {name: "" if value is None else value for name, value in reason.params.items()}
    if reason.code == "definition" and code:
        params["code"] = code.replace("_", " ")
    return messages.text("preview-" + reason.code.replace("_", "-"), messages.DEFAULT_LANGUAGE, None, **params)
