"""Queries over people who can sign in."""

from sqlalchemy import Select, func, select

from app.store.database import Transaction
from app.store.people_rows import AccountRow
from app.store.people_tables import accounts
from app.store.tables import people


def _all() -> Select[tuple[object, ...]]:
    return select(
        accounts.c.person, people.c.name, accounts.c.login, accounts.c.password, accounts.c.admin, accounts.c.disabled, people.c.created
    ).join(people, people.c.id == accounts.c.person)


def exist(tx: Transaction) -> bool:
    """Whether anybody has an account."""
    return tx.execute(select(accounts.c.person).limit(1)).first() is not None


def add(tx: Transaction, row: AccountRow) -> None:
    """Keep a new person with their account."""
    tx.execute(people.insert().values(id=row.person, name=row.name, created=row.created))
    tx.execute(accounts.insert().values(person=row.person, login=row.login, password=row.password, admin=row.admin, disabled=row.disabled))


def find(tx: Transaction, person: str) -> AccountRow | None:
    """One account."""
    found = tx.execute(_all().where(accounts.c.person == person)).mappings().first()
    return None if found is None else AccountRow(**found)


def by_login(tx: Transaction, login: str) -> AccountRow | None:
    """The account of a name."""
    found = tx.execute(_all().where(accounts.c.login == login)).mappings().first()
    return None if found is None else AccountRow(**found)


def listed(tx: Transaction) -> list[AccountRow]:
    """Every account, by name."""
    return [AccountRow(**row) for row in tx.execute(_all().order_by(accounts.c.login)).mappings()]


def admins(tx: Transaction) -> int:
    """How many look after the installation and can sign in."""
    return int(tx.execute(select(func.count()).select_from(accounts).where(accounts.c.admin, ~accounts.c.disabled)).scalar_one())


def set_password(tx: Transaction, person: str, password: str) -> None:
    """Write another hash."""
    tx.execute(accounts.update().where(accounts.c.person == person).values(password=password))


def set_admin(tx: Transaction, person: str, admin: bool) -> None:
    """Make somebody look after the installation, or no longer."""
    tx.execute(accounts.update().where(accounts.c.person == person).values(admin=admin))


def set_disabled(tx: Transaction, person: str, disabled: bool) -> None:
    """Keep somebody out, or let them in again."""
    tx.execute(accounts.update().where(accounts.c.person == person).values(disabled=disabled))


def set_name(tx: Transaction, person: str, name: str) -> None:
    """Show somebody under another name."""
    tx.execute(people.update().where(people.c.id == person).values(name=name))
