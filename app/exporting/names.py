"""Keys as they are called, not as they are spelt."""

from app.keys import parse_token


def plain_name(key: str) -> str:
    """Return the string that a spelt key stands for; keys that are no strings stay spelt."""
    if not key.startswith("~"):
        return key
    token = parse_token(key)
    return token if isinstance(token, str) else key
