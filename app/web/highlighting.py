"""Code in colour: pygments' classes, our own colours."""

from markupsafe import Markup
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer

LONGEST = 200_000
"""Characters that are shown; what is longer is for a download."""


def _lexer(filename: str) -> Lexer:
    if filename.endswith((".py", ".kg", ".plan")):
        return PythonLexer()
    return JsonLexer() if filename.endswith(".json") else TextLexer()


def coloured(code: str, filename: str) -> Markup:
    """Return code as markup, escaped; the formatter writes nothing but spans with classes."""
    formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
    return Markup(highlight(code[:LONGEST], _lexer(filename), formatter))  # noqa: S704  # pygments escapes the text
