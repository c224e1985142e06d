"""What terminals, shells, loggers and notebooks put around a text that is pasted: taken away before the text is read."""

import re

from app.definitions.printed import tensors_as_shapes

_COLOUR = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_FENCE = re.compile(r"\A```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_TYPOGRAPHIC = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})
_ASKED = re.compile(r"^(?:>>> |In \[[0-9]+\]: )", re.MULTILINE)
_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |\Z)|In \[[0-9]+\]: |\s{3,}\.\.\.: ?")
_SHOWN = re.compile(r"^Out\[[0-9]+\]:[ \t]*", re.MULTILINE)
_QUOTED = re.compile(r"^>[ \t]?", re.MULTILINE)
_STAMP = r"[\[(]?(?:(?:[0-9]{4}[-/])?[0-9]{2}[-/][0-9]{2}[T ])?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?[\])]?"
_LEVEL = r"[\[(]?(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\b[\])]?"
_PREFIX = re.compile(
    rf"""[ \t]*(?:\[(?:rank)?[0-9]+\]:[ \t]*)?
    (?:[IWEF][0-9]{{4,8}}[ ][0-9:.]+[ ]+[0-9]+[ ]\S{{1,200}}:[0-9]+\][ ]                                  # glog
       |{_STAMP}[ \t:,|-]*(?:[\w.]{{1,80}}[ ]-[ ])?(?:{_LEVEL}(?:[ \t]*\|[ \t]\S{{1,200}}[ ]-[ ]|[ \t]*\[[^\]\n]{{1,200}}\]:?|[ \t:|-]*)[ \t]*)?
       |{_LEVEL}[ \t]+{_STAMP}(?:[ \t]+\[[^\]\n]{{1,200}}\])?:?[ \t]
       |{_LEVEL}(?::[\w.]{{1,80}}:|[ \t]*[\[(][^\])\n]{{1,200}}[\])]:?[ \t]|[ \t]*[:|-][ \t]*)[ \t]*
       |(?<=\]:)[ \t]|(?<=\]:))?
    """,
    re.VERBOSE,
)
_LOGGED = re.compile(rf"^[ \t]*(?:\[(?:rank)?[0-9]+\]:|{_STAMP}[ \t:,|-]|{_LEVEL}[:\s]|[IWEF][0-9]{{4,8}} [0-9:.]+ )", re.MULTILINE)


def tidied(text: str) -> str:
    """Take away colours, a fence, prompts, marks of mail and what loggers write before a line."""
    text = _COLOUR.sub("", text).lstrip("\ufeff").replace("\r\n", "\n").translate(_TYPOGRAPHIC).strip()
    if fenced := _FENCE.match(text):
        text = fenced[1].strip()
    if _ASKED.search(text):
        answers = "\n".join(line for line in text.split("\n") if not _PROMPT.match(line))
        text = answers.strip() or text
    text = _SHOWN.sub("", text)
    lines = text.split("\n")
    if lines and all(line.startswith(">") or not line for line in lines):
        text = _QUOTED.sub("", text)
    text = _without_speaker(text)
    if text[:1] not in "{[" or _LOGGED.match(text):
        text = _without_prefixes(text)
    return text.strip()


def _without_speaker(text: str) -> str:
    """Drop one word and a colon that stand in front of every line: `wandb: `."""
    found = _SPEAKER.match(text)
    lines = text.split("\n")
    if found is None or len(lines) < 2 or not all(line.startswith(found[0]) for line in lines if line.strip()):
        return text
    return "\n".join(line[found.end() :] for line in lines)


_SPEAKER = re.compile(r"(?:\([^()\n]{1,80}\) |\w{1,40}: )")


def _without_prefixes(text: str) -> str:
    """Drop the times, levels, ranks and names that loggers write, where at least one line has them."""
    if not _LOGGED.search(text):
        return text
    return "\n".join(line[found.end() :] if (found := _PREFIX.match(line)) else line for line in text.split("\n"))


_VARIABLE = re.compile(r"<tf\.Variable '([^'\n]{1,4096}?)(?::0)?' shape=(\([0-9, ]*\)) dtype=(\w+)[^>\n]*>")
_KERAS = re.compile(
    r"<(?:Keras)?Variable (?=[^>]{0,5000}?\bpath=([\w./:-]{1,4096}))(?=[^>]{0,5000}?\bshape=(\([0-9, ]*\)))(?:[^>]{0,5000}?\bdtype=(\w+))?[^>]*>"
)
_CLASS = re.compile(r"<class '([\w.]{1,80})'>")
_OLD_TENSOR = re.compile(r"\[?torch\.((?:cuda\.)?\w+Tensor) of size ([0-9]+(?:x[0-9]+)*)\]?")


def in_lines(text: str) -> str:
    """Write values that go over several lines as a shape and a dtype, so that each key stands on a line of its own."""
    text = tensors_as_shapes(text)
    text = _VARIABLE.sub(r"\1 \2 \3", text)
    text = _KERAS.sub(r"\1 \2 \3", text)
    text = _CLASS.sub(r"\1", text)
    return _OLD_TENSOR.sub(r"\1 [\2]", text)
