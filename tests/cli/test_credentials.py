"""`keygraft credentials`."""

import io
import json

from app.cli.main import run

TOKEN = "geheim-f00ba4"


def _run(arguments, capsys, monkeypatch, given=""):
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    code = run(["credentials", *arguments])
    told = capsys.readouterr()
    assert TOKEN not in told.out + told.err
    return code, told.out, told.err


def test_set_list_remove(tmp_path, capsys, monkeypatch):
    """The secret comes on standard input and is printed nowhere; what is not there ends with exit code 2 and one line."""
    data = ["--data", str(tmp_path)]
    assert _run(["set", "hf", *data], capsys, monkeypatch, TOKEN + "\n")[:2] == (0, "Kept for hf.\n")
    assert _run(["set", "s3", "--key-id", "AKIA", "--session", *data], capsys, monkeypatch, f"{TOKEN}\nhour\n")[0] == 0
    listed = json.loads(_run(["list", "--json", *data], capsys, monkeypatch)[1])
    assert [(each["place"], each["key_id"]) for each in listed] == [("hf", ""), ("s3", "AKIA")]
    first, second = _run(["list", *data], capsys, monkeypatch)[1].splitlines()
    assert (first.split()[0], second.split()[:2]) == ("hf", ["s3", "AKIA"])
    assert _run(["remove", "hf", *data], capsys, monkeypatch)[0] == 0
    code, _, said = _run(["remove", "hf", *data], capsys, monkeypatch)
    assert (code, said.count("\n")) == (2, 1)
    assert "[credential_not_found]" in said
