"""What a script sees of an error."""

import json
import subprocess
import sys


def _run(*arguments):
    return subprocess.run([sys.executable, "-m", "app", *arguments], capture_output=True, text=True, check=False)


def test_the_code_of_an_error_ends_its_line(root, tmp_path):
    """A person reads the sentence, a script the code."""
    broken = tmp_path / "page.pt"
    broken.write_text("<!doctype html><html>404</html>")
    done = _run("tree", str(broken))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith("[unknown_format]")


def test_with_json_the_error_is_a_document(root, tmp_path):
    """One document on standard output, whatever happened."""
    empty = tmp_path / "empty.pt"
    empty.write_bytes(b"")
    done = _run("tree", str(empty), "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "unknown_format"
    assert error["message"]
    assert error["hint"]


def test_a_script_beside_the_parts_of_a_run_makes_it_no_model(root, tmp_path):
    """DeepSpeed leaves one there: what is said is how the parts become a checkpoint."""
    import torch

    torch.save({"optimizer_state_dict": {}}, tmp_path / "zero_pp_rank_0_mp_rank_00_optim_states.pt")
    (tmp_path / "zero_to_fp32.py").write_text("import torch\n")
    error = json.loads(_run("tree", str(tmp_path), "--json").stdout)["error"]
    assert error["code"] == "needs_consolidation"
    assert "zero_to_fp32.py" in error["hint"]
