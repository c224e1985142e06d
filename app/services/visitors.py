"""Who asks, and what they may do. This is the one place that decides; the gate finds out who it is, a guard in front of every route asks here."""

from typing import Literal, get_args

import msgspec

from app.store.people import LOCAL

Role = Literal["viewer", "reviewer", "editor", "owner"]
"""What somebody is to a transfer; each may do what the one before may, and more."""

Action = Literal["see", "review", "edit", "own", "enter", "create", "account", "administer"]
"""see, review (comment, decide), edit (the plan, the name), own (put away, delete, share) are done to a transfer; the others in the house:
enter (look around), create (give sides, begin transfers), account (one's own), administer (people, teams, the log)."""

ROLES: tuple[Role, ...] = get_args(Role)
ACTIONS: frozenset[Action] = frozenset(get_args(Action))
BY_ROLE: dict[Role, frozenset[Action]] = {
    "viewer": frozenset({"see"}),
    "reviewer": frozenset({"see", "review"}),
    "editor": frozenset({"see", "review", "edit"}),
    "owner": frozenset({"see", "review", "edit", "own"}),
}
IN_HOUSE: frozenset[Action] = frozenset({"enter", "create", "account"})

Scope = Literal["read", "edit", "review", "admin"]
"""What a token is for."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
BY_SCOPE: dict[Scope, frozenset[Action]] = {
    "read": frozenset({"see", "enter"}),
    "edit": frozenset({"see", "enter", "edit", "create"}),
    "review": frozenset({"see", "enter", "review"}),
    "admin": ACTIONS,
}


class Visitor(msgspec.Struct, frozen=True):
    """Who asks, as the gate knows them.

    person  -- id in `people`: what services take as `by`; empty: nobody who is known
    admin   -- looks after the installation: owner of every transfer, and may administer
    allowed -- what the way in allows at most: a session everything, a token what its scopes say, a share link to see
    shared  -- transfers that share links in this browser open for reading
    session -- id of the session, where it is one
    """

    person: str
    name: str
    admin: bool = False
    allowed: frozenset[Action] = ACTIONS
    shared: frozenset[str] = frozenset()
    session: str = ""

    @property
    def known(self) -> bool:
        """Whether it is a person, and not somebody with a link at most."""
        return bool(self.person)


NOBODY = Visitor("", "", allowed=frozenset())
"""Somebody in front of the door."""


def local(name: str) -> Visitor:
    """The one person of single-user mode, who may do everything."""
    return Visitor(LOCAL, name, admin=True)


def rights(visitor: Visitor, role: Role | None) -> frozenset[Action]:
    """What a visitor may do to a transfer that they have a role in, and in the house."""
    held = IN_HOUSE if visitor.known else frozenset[Action]()
    if visitor.admin:
        held = ACTIONS
    elif role is not None:
        held |= BY_ROLE[role]
    return visitor.allowed & held


def may(visitor: Visitor, action: Action, role: Role | None = None) -> bool:
    """Whether a visitor may do this, with the role that they have in the transfer it is done to."""
    return action in rights(visitor, role)
