"""What each route asks for, by the function that answers it. A route that is not here is closed to all but the one person of single-user mode.

Paths would do as well, but routers put their prefixes together only while they run; the function is the same wherever it is mounted.
"""

from typing import Literal

import msgspec

from app.services.visitors import Action


class Rule(msgspec.Struct, frozen=True):
    """What a visitor must be able to do, all of it; `on` is the parameter of the path that says to what.

    `tabs` are several transfers at once, named in the query: those that the visitor may see are answered about, who may see none is refused.
    """

    needs: tuple[Action, ...] = ()
    on: Literal["", "transfer", "side", "job", "tabs"] = ""


OPEN = Rule()
"""For everybody: it shows nothing of the house."""

ENTER, CREATE, ACCOUNT, ADMINISTER = Rule(("enter",)), Rule(("create",)), Rule(("account",)), Rule(("administer",))
SEE, REVIEW, EDIT, OWN = (Rule((action,), "transfer") for action in ("see", "review", "edit", "own"))
COPY = Rule(("see", "create"), "transfer")
TAKE = Rule(("see", "enter"), "transfer")
"""For people alone, not for who was sent a link for reading: taking weights away, learning who else is there."""

FETCH = Rule(("see", "enter"), "job")
"""A job belongs to its transfer; who may take weights away may watch, end and repeat what makes them."""

HEAR = Rule(("see",), "tabs")
"""One connection of a browser, for all that its tabs show."""

LOOK, WORK = Rule(("see",), "side"), Rule(("edit", "create"), "side")

_API: dict[str, dict[str, Rule]] = {
    "api.health": {"live": OPEN, "ready": OPEN, "metrics": ENTER},
    "api.sides": {
        **dict.fromkeys(("understand", "cancel", "upload", "lend", "files"), CREATE),
        **dict.fromkeys(("feed", "build", "preview", "take_preview", "nest"), WORK),
        **dict.fromkeys(("card", "tree", "summary"), LOOK),
        **dict.fromkeys(("installed", "status"), ENTER),
    },
    "api.transfers": {
        **dict.fromkeys(("listed",), ENTER),
        **dict.fromkeys(("create", "example"), CREATE),
        **dict.fromkeys(("get", "evaluation", "plan", "lint", "history"), SEE),
        **dict.fromkeys(("name_version", "change"), EDIT),
        **dict.fromkeys(("delete",), OWN),
        **dict.fromkeys(("reverse", "fork"), COPY),
    },
    "api.edits": {
        **dict.fromkeys(("schema",), ENTER),
        **dict.fromkeys(("foresee", "listed"), SEE),
        **dict.fromkeys(("apply", "import_plan", "import_mapping", "undo", "redo", "jump", "accept", "reject"), EDIT),
        **dict.fromkeys(("draw", "unmap", "start_fresh", "leave_behind"), EDIT),
    },
    "api.exports": dict.fromkeys(("kinds", "preview", "export"), TAKE),
    "api.lending": {"feed": WORK, **dict.fromkeys(("record", "attach"), LOOK), **dict.fromkeys(("prospect", "composition"), TAKE)},
    "api.checks": {"check": TAKE},
    "api.jobs": {"start": TAKE, "listed": ENTER, **dict.fromkeys(("get", "cancel", "retry", "file", "archive", "events"), FETCH)},
    "api.account": {"me": ENTER, **dict.fromkeys(("listed", "make", "revoke", "signed_in", "end"), ACCOUNT)},
    "api.people": dict.fromkeys(
        (
            "listed",
            "change",
            "reset",
            "invited",
            "invite",
            "revoke",
            "all_teams",
            "make_team",
            "change_team",
            "delete_team",
            "join",
            "leave",
        ),
        ADMINISTER,
    ),
    "api.sharing": {"listed": TAKE, **dict.fromkeys(("give_person", "give_team", "links", "share", "revoke"), OWN)},
    "api.audit": {"listed": ADMINISTER, "export": ADMINISTER, "of_transfer": OWN},
    "api.views": {**dict.fromkeys(("facets", "cases", "next_case", "mappings"), SEE), "decide": EDIT},
    "api.values": {"look": SEE, "begin": EDIT, "take": EDIT},
    "api.replacing": {"replace": Rule(("edit", "create"), "transfer")},
    "api.credentials": dict.fromkeys(("listed", "keep", "remove"), ACCOUNT),
    "api.reviews": {
        **dict.fromkeys(("waiting",), ENTER),
        **dict.fromkeys(("review",), SEE),
        **dict.fromkeys(("decide", "say", "change", "erase", "resolve"), REVIEW),
        **dict.fromkeys(("ask", "take"), EDIT),
        **dict.fromkeys(("set_terms",), OWN),
    },
    "api.library": {"listed": ENTER, "forget": ADMINISTER},
}

_PAGE: dict[str, dict[str, Rule]] = {
    "web.signing": {"door": OPEN, "sign_in": OPEN, "welcome": OPEN, "accept": OPEN, "sign_out": ENTER},
    "web.account": dict.fromkeys(
        ("account", "rename", "change_password", "make_token", "revoke_token", "end_session", "end_others"), ACCOUNT
    ),
    "web.people": dict.fromkeys(
        ("people", "invite", "revoke", "reset", "set_admin", "set_closed", "make_team", "change_team", "delete_team", "join", "leave"),
        ADMINISTER,
    ),
    "web.audit": dict.fromkeys(("log", "export"), ADMINISTER),
    "web.sharing": {"opened": OPEN, "fork": COPY, **dict.fromkeys(("dialog", "give", "share", "revoke"), OWN)},
    "web.home": {"home": ENTER, "example": CREATE, "from_plan": CREATE, "rename": EDIT, "archive": OWN, "delete": OWN},
    "web.new": {"new": CREATE, "create": CREATE},
    "web.status": {"status": ENTER},
    "web.intake": {
        **dict.fromkeys(("understand", "progress", "cancel", "upload", "empty", "pick"), CREATE),
        **dict.fromkeys(("nest",), WORK),
        **dict.fromkeys(("card",), LOOK),
    },
    "web.choosing": {"build": WORK, "project": CREATE, "suggestions": CREATE},
    "web.lending": {"lend": CREATE, "feed": WORK, "record": LOOK, "attach": LOOK},
    "web.composing": {"card": TAKE, "composition": TAKE},
    "web.files": {"file": LOOK, "keys": LOOK, "below": LOOK, "nest": WORK},
    "web.workspace": {"workspace": SEE, "look": SEE},
    "web.drawing": {"drawn": EDIT},
    "web.edits": {
        **dict.fromkeys(("unmap", "fresh", "leave", "accept", "reject", "choose", "undo", "redo", "cancel"), EDIT),
        **dict.fromkeys(("now",), SEE),
    },
    "web.memory": {"recall": EDIT, "forget": Rule(("edit", "administer"), "transfer")},
    "web.rules": {"listed": SEE, "add": EDIT, "foresee": SEE, "change": EDIT},
    "web.importing": {"dialog": EDIT, "text": EDIT, "bring": EDIT},
    "web.drawer": {"selected": SEE, "loader": SEE, "script": TAKE},
    "web.history": {"history": SEE, "jump": EDIT, "name": EDIT},
    "web.exports": dict.fromkeys(("export", "report", "write", "download"), TAKE),
    "web.jobs": {"check": TAKE, **dict.fromkeys(("look", "cancel", "retry"), FETCH)},
    "web.reversing": {"reverse": COPY},
    "web.live": {"events": HEAR, "happened": HEAR, "here": TAKE, "gone": TAKE},
    "web.replacing": dict.fromkeys(("ask", "do"), Rule(("edit", "create"), "transfer")),
    "web.credentials": dict.fromkeys(("credentials", "keep", "remove"), ACCOUNT),
    "web.between": {"between": SEE},
    "web.facets": {"facets": SEE},
    "web.triage": {"look": SEE, "decide": EDIT},
    "web.table": {"look": SEE, "suggested": SEE},
    "web.values": {**dict.fromkeys(("look", "state"), SEE), **dict.fromkeys(("begin", "stop", "take"), EDIT)},
    "web.inbox": {"show": ENTER, "count": ENTER},
    "web.review": {
        **dict.fromkeys(("show", "part", "diff"), SEE),
        **dict.fromkeys(("decide", "tick", "say", "change", "erase", "resolve"), REVIEW),
        **dict.fromkeys(("ask", "take"), EDIT),
        **dict.fromkeys(("terms",), OWN),
    },
}

RULES: dict[str, Rule] = {
    f"app.{module}.{name}": rule for table in (_API, _PAGE) for module, rules in table.items() for name, rule in rules.items()
}


def rule_of(endpoint: object) -> Rule | None:
    """The rule of the function that answers; None where nobody has made one."""
    return RULES.get(f"{getattr(endpoint, '__module__', '')}.{getattr(endpoint, '__qualname__', '')}")
