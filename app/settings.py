"""Every setting, from the environment: `KEYGRAFT_<NAME>`. `keygraft settings` lists them with default and meaning."""

import json
import os
import re
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import KeygraftError

MEGABYTE = 1 << 20
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CHECKS = ("coverage", "lint", "loads")
"""What an approval can take besides persons."""

_ADDRESS = re.compile(r"\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]")
"""An address in brackets begins a list of hosts, not one in JSON."""


def _data_folder() -> Path:
    return Path(platformdirs.user_data_dir("keygraft", appauthor=False))


def _parts(value: str, separator: str) -> tuple[str, ...]:
    """A list as it is written in the environment: its parts by a separator, or a JSON list of texts. Raises ValueError."""
    text = value.strip()
    if not text.startswith("[") or _ADDRESS.match(text):
        return tuple(part.strip() for part in text.split(separator) if part.strip())
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"what begins with [ is read as JSON, and this is none: {error.msg} at character {error.colno}") from error
    if not all(isinstance(part, str) for part in found):
        raise ValueError("a list in JSON holds texts alone")
    return tuple(part.strip() for part in found if part.strip())


class Settings(BaseSettings):
    """What can be set from outside; one instance is made at start and handed on."""

    model_config = SettingsConfigDict(env_prefix="KEYGRAFT_", frozen=True, extra="ignore")

    data: Path = Field(
        default_factory=_data_folder, description="Folder for the database, uploads and what is exported; made with mode 0700."
    )
    database_url: str = Field("", description="Database; empty: SQLite in the data folder. A team: postgresql+psycopg://user@host/name.")
    storage_url: str = Field("", description="Where large files are kept; empty: the data folder. Reserved: s3://bucket/prefix.")
    roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        default_factory=lambda: (Path.cwd(),),
        description="Folders whose checkpoints may be opened by path, separated by the system's path separator; default: where it was started.",
    )
    token: SecretStr = Field(
        SecretStr(""),
        description="Token of the link that lets a browser in; empty: a new one at each start. Needed to bind anything but loopback.",
    )
    session_days: int = Field(30, ge=1, le=366, description="Days after which who signed in has to do so again.")
    public_url: str = Field(
        "", description="Address under which people reach it, for links that the command line prints: https://keygraft.example."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8400, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    base_path: str = Field("", description="Path in front of every address, for proxies and notebook servers: /user/ada/keygraft.")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Host names besides loopback under which it may be reached, separated by commas; for proxies and tunnels."
    )
    secure_cookie: bool = Field(default=False, description="Send the cookie over https only; switch on behind a proxy that speaks https.")
    code: bool = Field(
        default=True, description="Whether model code that signed-in people send may be built in the sandbox, where all its walls hold."
    )
    python: Path | None = Field(
        None, description="Interpreter of the environment that models are built in; empty: Keygraft's own. It needs torch."
    )
    pythons: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Interpreters that a person may name for a build, separated by the system's path separator; empty: any, for only this machine is served.",
    )
    build_seconds: float = Field(60.0, gt=0, description="Wall-clock seconds a model may take to build.")
    build_memory: int = Field(2048 * MEGABYTE, gt=0, description="Bytes of memory a model may take to build.")
    read_seconds: float = Field(5.0, gt=0, description="Seconds of processor time that reading one checkpoint's headers may take.")
    read_memory: int = Field(512 * MEGABYTE, gt=0, description="Bytes of memory that reading one checkpoint's headers may take.")
    read_wall_seconds: float = Field(
        15.0, gt=0, description="Seconds from start to end that one reading may take; waiting for a remote or lent file is not counted."
    )
    read_keys: int = Field(300_000, gt=0, description="Tensors in all trees of one checkpoint.")
    read_key_length: int = Field(65_536, gt=0, description="Characters of one part of a key.")
    read_depth: int = Field(512, gt=0, description="Containers inside each other in one checkpoint.")
    read_entries: int = Field(400_000, gt=0, description="Entries of one archive.")
    read_files: int = Field(4_096, gt=0, description="Files of one checkpoint.")
    read_header_bytes: int = Field(
        100_000_000, gt=0, description="Bytes of a safetensors header, of an index, of an ONNX graph without data."
    )
    read_pickle_bytes: int = Field(
        96 * MEGABYTE, gt=0, description="Bytes of a pickle that are walked; array data that is skipped does not count."
    )
    read_opcodes: int = Field(16_000_000, gt=0, description="Opcodes of all pickles of one file together.")
    upload_bytes: int = Field(64 * MEGABYTE, gt=0, description="Largest request body, as sent.")
    lent_bytes: int = Field(512 * MEGABYTE, gt=0, description="Most bytes of one lent file set that are kept, after inflation.")
    text_bytes: int = Field(16 * MEGABYTE, gt=0, description="Longest pasted text.")
    remote: bool = Field(default=True, description="Whether checkpoints at https, s3 and hf addresses may be read.")
    remote_private: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Private networks, hosts and endings of host names that addresses may lead to, separated by commas; none by default.",
    )
    remote_http: bool = Field(default=False, description="Whether addresses may be plain http.")
    remote_bytes: int = Field(4096 * MEGABYTE, gt=0, description="Most bytes that one remote checkpoint may bring in all.")
    remote_proxy: str = Field("", description="Proxy that connections to addresses take: http://host:port.")
    remote_ca_file: str = Field("", description="Certificates to trust besides the system's, a PEM file.")
    cached_workspaces: int = Field(8, ge=1, description="Evaluated transfers that are kept in memory.")
    snapshot_every: int = Field(20, ge=1, description="Edits between two stored plans; history replays from the nearest one.")
    approvals: int = Field(1, ge=0, description="Persons who must approve a transfer, where it says nothing else.")
    approval_checks: Annotated[tuple[str, ...], NoDecode] = Field(
        ("coverage",), description="Checks that must hold before a transfer counts as approved, separated by commas: coverage, lint, loads."
    )
    workers: int = Field(
        1, ge=0, le=1, description="Worker processes that the page starts when there are jobs; 0: `keygraft work` does them elsewhere."
    )
    jobs_at_once: int = Field(2, ge=1, description="Jobs that one worker runs at the same time.")
    log: str = Field("console", pattern="^(console|json)$", description="How the log is written: console or json.")

    @field_validator("python", mode="before")
    @classmethod
    def _maybe_python(cls, value: object) -> object:
        return (Path(value).expanduser() if value.strip() else None) if isinstance(value, str) else value

    @field_validator("roots", "pythons", mode="before")
    @classmethod
    def _split_roots(cls, value: object) -> object:
        return tuple(Path(part).expanduser() for part in _parts(value, os.pathsep)) if isinstance(value, str) else value

    @field_validator("allowed_hosts", "remote_private", "approval_checks", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return tuple(part.lower() for part in _parts(value, ",")) if isinstance(value, str) else value

    @field_validator("approval_checks")
    @classmethod
    def _known_checks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = next((name for name in value if name not in CHECKS), None)
        if unknown is not None:
            raise ValueError(f"{unknown!r} is no check; there are {', '.join(CHECKS)}")
        return value

    @field_validator("base_path")
    @classmethod
    def _clean_base(cls, value: str) -> str:
        trimmed = value.strip().strip("/")
        return f"/{trimmed}" if trimmed else ""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data / 'keygraft.db'}"

    @property
    def engine(self) -> str:
        """The SQLAlchemy URL of the job engine's own tables: a file beside SQLite's, or a schema in the team's database."""
        return f"sqlite:///{self.data / 'jobs.db'}" if self.database.startswith("sqlite") else self.database


class SettingError(KeygraftError):
    """A setting that cannot be what it is set to."""


def load(**overrides: object) -> Settings:
    """Read the environment; `overrides` win (command-line flags). Raises SettingError."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SettingError(
            "setting_invalid", name=f"KEYGRAFT_{str(first['loc'][0]).upper()}", why=first["msg"].removeprefix("Value error, ")
        ) from error
