"""Model definitions as key trees: pasted text, specifications, scanned source, code built in the sandbox."""

from app.definitions.building import build, resolved
from app.definitions.calls import Call, parse_call, parse_edits
from app.definitions.catalogue import LIBRARIES, PRELOAD, Offered, offered, search
from app.definitions.decoding import notebook_source, plain_text, source_bytes, source_text
from app.definitions.definition import Definition, digest
from app.definitions.errors import BuildError, DefinitionError, SpecError, TextError, UploadError
from app.definitions.failures import Load
from app.definitions.loading import from_code, from_config, from_files, from_spec, from_upload
from app.definitions.loads import try_load
from app.definitions.scanning import scan
from app.definitions.scans import Candidate, Import, Parameter, Problem, Scan
from app.definitions.snippet import SNIPPET
from app.definitions.specs import DOORS, Spec, is_spec, parse_spec
from app.definitions.static import Preview, preview
from app.definitions.text import from_text

__all__ = [
    "DOORS",
    "LIBRARIES",
    "PRELOAD",
    "SNIPPET",
    "BuildError",
    "Call",
    "Candidate",
    "Definition",
    "DefinitionError",
    "Import",
    "Load",
    "Offered",
    "Parameter",
    "Preview",
    "Problem",
    "Scan",
    "Spec",
    "SpecError",
    "TextError",
    "UploadError",
    "build",
    "digest",
    "from_code",
    "from_config",
    "from_files",
    "from_spec",
    "from_text",
    "from_upload",
    "is_spec",
    "notebook_source",
    "offered",
    "parse_call",
    "parse_edits",
    "parse_spec",
    "plain_text",
    "preview",
    "resolved",
    "scan",
    "search",
    "source_bytes",
    "source_text",
    "try_load",
]
