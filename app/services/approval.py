"""The approval as it travels: who approved which version, and what was checked; a document beside what is taken out, or inside it."""

import json

from app import exporting, messages
from app.exporting import Check
from app.services import reviewing
from app.services.house import House
from app.services.reviewing import Standing
from app.services.workspaces import Workspace


def document(house: House, workspace: Workspace) -> str:
    """JSON of where the transfer stands, tied to its plan by the hash that `keygraft.plan` of a file's provenance has too."""
    standing = reviewing.of(house, workspace)
    origin = exporting.provenance(workspace.plan, workspace.sources, workspace.target)
    verdicts = [
        {"by": each.name, "verdict": each.verdict, "version": each.version, "at": each.at.isoformat(), "said": each.body}
        for each in standing.verdicts
    ]
    told = {
        "transfer": workspace.title,
        "version": workspace.version,
        "plan": origin["keygraft.plan"],
        "state": standing.state,
        "approved_version": standing.approved,
        "verdicts": verdicts,
        "checks": [{"name": each.name, "holds": each.holds} for each in standing.checks],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def lines(house: House, workspace: Workspace) -> tuple[Check, ...]:
    """The approval as checks of a report."""
    standing = reviewing.of(house, workspace)
    return (Check(messages.text("review-title"), standing.may_go, _summary(standing)),)


def _summary(standing: Standing) -> str:
    state = messages.text(f"review-state-{standing.state.replace('_', '-')}")
    names = ", ".join(f"{each.name} (v{each.version}, {each.at:%Y-%m-%d})" for each in standing.verdicts if each.verdict == "approve")
    return f"{state}: {names}" if names else state
