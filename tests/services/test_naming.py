"""What an export is called: a loader is imported by its file's name."""

import ast

from app.services import exports, transfers


def test_a_loader_can_be_imported_by_its_name(house, example):
    """Whatever the title is, the file's name is an identifier, and the script's own heading uses it."""
    transfers.rename(house, example.id, "ViT-B/16 (timm) → my.Model!")
    made = exports.export(house, example.id, "script")
    module = made.filename.removesuffix(".py")
    assert module.isidentifier()
    assert module.startswith("load_vit_b")
    heading = ast.get_docstring(ast.parse(made.data.decode()))
    assert f"from {module} import load_into" in heading
