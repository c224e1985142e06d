"""Other people's mappings read as rules: pair lists, `re.sub` lists, transformers' conversion lists. Parsed, never run."""

from app.mapping.importing.imported import Imported, Skipped
from app.mapping.importing.pairs import import_pairs
from app.mapping.importing.recognising import Recognised, kind_of, recognise
from app.mapping.importing.substitutions import import_substitutions
from app.mapping.importing.transformers import import_transformers

__all__ = ["Imported", "Recognised", "Skipped", "import_pairs", "import_substitutions", "import_transformers", "kind_of", "recognise"]
