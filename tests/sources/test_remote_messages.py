"""Sentences of remote sources."""

import ast

from app import messages


def test_each_code_has_its_words(root):
    """Codes that are put together before they are raised are found as well: every text of the room that looks like one."""
    starts = ("remote_", "url_", "secret_", "range_", "file_", "folder_")
    codes = {
        node.value
        for path in (root / "app" / "sources").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(starts) and node.value.isidentifier()
    }
    assert len(codes) > 25
    assert [code for code in sorted(codes) if not messages.has(messages.error_id(code))] == []
