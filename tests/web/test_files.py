"""FILE: what the page says of one checkpoint."""

from pathlib import Path

from fastapi.testclient import TestClient

from tests.web.lending import lend


def given(visitor: TestClient, path: Path) -> str:
    """Lend a checkpoint; its side."""
    last, _ = lend(visitor, {path.name: path.read_bytes()})
    side: str = last.json()["id"]
    return side


def test_the_page_of_a_training_checkpoint(visitor: TestClient, shared: Path) -> None:
    """Verdict, trees, tied keys, types and the part that was sent; the chosen tree is another page."""
    side = given(visitor, shared / "checkpoints/generated/training_ckpt.pth")
    markup = visitor.get(f"/files/{side}").text
    for said in ("Nothing was executed", "averaged weights (EMA)", "One tensor under several keys", "were sent", '<svg class="treemap"'):
        assert said in markup
    other = visitor.post(f"/files/{side}/nest", data={"nesting": ["ema"]})
    assert other.status_code == 200
    assert str(other.url).rsplit("/", 1)[1] != side
    assert 'aria-pressed="true"><code>ema</code>' in other.text


def test_the_map_by_parameters_of_one_module(visitor: TestClient, shared: Path) -> None:
    """The address says it all, so that it can be sent on."""
    side = given(visitor, shared / "checkpoints/generated/training_ckpt.pth")
    markup = visitor.get(f"/files/{side}?by=parameters&at=blocks").text
    assert "emb.weight</bdi>" not in markup.split('id="keys"')[1].split("<aside>")[0]
    assert visitor.get(f"/files/{side}?at=nowhere").status_code == 404


def test_the_card_leads_to_it(visitor: TestClient, shared: Path) -> None:
    """A link; what only holds data is not worded as an alarm."""
    side = given(visitor, shared / "checkpoints/generated/zip_tied.pt")
    markup = visitor.get(f"/sides/{side}?side=s").text
    assert f'href="/files/{side}"' in markup
    assert "point at code" not in markup
    assert "points at code" not in markup


def test_the_summary_of_the_api(visitor: TestClient, shared: Path) -> None:
    """Typed, and the same as the page."""
    side = given(visitor, shared / "checkpoints/generated/zip_tied.pt")
    document = visitor.get(f"/api/v1/sides/{side}/summary").json()
    assert document["tensors"] == visitor.get(f"/api/v1/sides/{side}").json()["tensors"]
    assert document["aliases"]
    assert document["verdict"] == "file-verdict-known"
    assert sum(share["tensors"] for share in document["dtypes"]) == document["tensors"]


def test_a_file_without_tensors_says_so(visitor: TestClient, tmp_path: Path) -> None:
    """Nothing to draw, nothing to list."""
    import torch

    torch.save({"epoch": 3}, tmp_path / "log.pt")
    markup = visitor.get(f"/files/{given(visitor, tmp_path / 'log.pt')}").text
    assert "There are no tensors in this file." in markup
    assert "Modules by size" not in markup
    assert "Find keys" not in markup


def test_views_strides_and_what_is_too_small_to_draw_are_named(visitor: TestClient, tmp_path: Path) -> None:
    """Three parts of one block of memory, one that lies across, and hundreds of modules in one rectangle."""
    import torch

    fused = torch.ones(60, 20)
    odd = {"q": fused[:20], "k": fused[20:40], "v": fused[40:], "across": torch.ones(4, 5).t()}
    torch.save(odd, tmp_path / "odd.pt")
    markup = visitor.get(f"/files/{given(visitor, tmp_path / 'odd.pt')}").text
    for said in ("One block of memory that several keys view", "strides 1, 5"):
        assert said in markup
    torch.save({f"layers.{number}.w": torch.ones(1) for number in range(1_000)}, tmp_path / "many.pt")
    markup = visitor.get(f"/files/{given(visitor, tmp_path / 'many.pt')}").text
    assert ">1,000 small ones</text>" in markup
