"""What the one who asks may show to remote hosts. Secrets go in, and never come out."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field, SecretStr

from app.api.bodies import Asked
from app.api.house import House, Visitor
from app.api.models import Given
from app.services import keyring
from app.sources.credentials import Secret

router = APIRouter(prefix="/credentials", tags=["credentials"])


class CredentialOut(Given):
    """A place that something is kept for."""

    place: str
    kept: datetime
    key_id: str
    region: str
    endpoint: str


class CredentialIn(Asked):
    """A token, or the keys of an object store."""

    secret: SecretStr = Field(description="Token, or the secret key of an object store")
    key_id: str = ""
    session: SecretStr = SecretStr("")
    region: str = ""
    endpoint: str = ""


@router.get("", response_model=list[CredentialOut])
def listed(house: House, visitor: Visitor) -> object:
    """List the places, without the secrets."""
    return keyring.listed(house.settings, visitor.person)


@router.put("/{place}", response_model=CredentialOut)
def keep(house: House, visitor: Visitor, place: str, asked: CredentialIn) -> object:
    """Keep a credential for `hf`, `s3` or a host, in the place of the one before."""
    given = keyring.Given(
        secret=Secret(asked.secret.get_secret_value()),
        key_id=asked.key_id,
        session=Secret(asked.session.get_secret_value()),
        region=asked.region,
        endpoint=asked.endpoint,
    )
    return keyring.keep(house.settings, place, given, at=house.clock(), by=visitor.person)


@router.delete("/{place}", status_code=204)
def remove(house: House, visitor: Visitor, place: str) -> None:
    """Forget a credential."""
    keyring.remove(house.settings, place, by=visitor.person)
