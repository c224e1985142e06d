"""What people write in comments: Markdown without raw HTML and without pictures, sanitised once more after rendering."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.viewing.plain import safe

_TAGS = {"p", "br", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "h4", "h5", "h6"}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
_SCHEMES = {"https", "http", "mailto"}


@lru_cache(maxsize=1)
def _renderer() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable(["table", "strikethrough"])
    made.disable(["image", "html_block", "html_inline"])
    return made


@lru_cache(maxsize=512)
def rendered(text: str) -> Markup:
    """Markup of a comment; headings are small ones, so that they do not break the page's outline."""
    html = _renderer().render("\n".join(safe(line) for line in text.expandtabs(4).splitlines()))
    for level in (1, 2, 3):
        html = html.replace(f"<h{level}>", "<h4>").replace(f"</h{level}>", "</h4>")
    clean = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow")
    return Markup(clean)  # noqa: S704  # sanitised in the line above
