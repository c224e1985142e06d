"""Archives and folders: what is kept, and what is refused."""

import io
import stat
import zipfile

import pytest

from app.definitions import Definition, UploadError, digest, from_code, from_files, from_upload
from app.definitions.uploads import MAX_FILE, unzip


def _zip(files, *, link="", password=False):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        if link:
            entry = zipfile.ZipInfo(link)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
    raw = data.getvalue()
    return raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00") if password else raw


def _refused(data):
    with pytest.raises(UploadError) as caught:
        unzip(data)
    return caught.value.code


def test_what_is_kept():
    """Sources and small configuration; no weights, no caches; one folder around everything is dropped."""
    files = {
        "repo-main/net.py": "x = 1",
        "repo-main/c.yaml": "a: 1",
        "repo-main/w.pth": "x",
        "repo-main/.git/config.txt": "x",
        "repo-main/__pycache__/a.py": "",
    }
    assert set(unzip(_zip(files))) == {"net.py", "c.yaml"}
    assert set(unzip(_zip({"pkg/__init__.py": "", "pkg/net.py": ""}))) == {"pkg/__init__.py", "pkg/net.py"}
    assert set(unzip(_zip({"pkg/a.py": "import pkg.b", "pkg/b.py": ""}))) == {"pkg/a.py", "pkg/b.py"}


@pytest.mark.parametrize("name", ["../x.py", "/x.py", "a/../../x.py", "..\\x.py", "C:x.py", "a\x01b.py", "x" * 300 + ".py"])
def test_names_that_leave(name):
    """Names that leave the folder, or that no file system takes, are refused whatever the file is."""
    assert _refused(_zip({"net.py": "x", name: "x"})) == "upload_path"
    with pytest.raises(UploadError):
        from_files({"net.py": b"x", name: b"x"})


def test_other_refusals():
    """Links, doubles, files that are folders, bombs, damage, encryption, nothing."""
    assert _refused(_zip({"net.py": "x"}, link="a.py")) == "upload_link"
    assert _refused(_zip({"a.py": "", "a.py/b.py": ""})) == "upload_twice"
    assert _refused(_zip({"a.py/b.py": "", "a.py": ""})) == "upload_twice"
    assert _refused(_zip({"big.py": bytes(MAX_FILE + 1)})) == "upload_file_large"
    assert _refused(_zip({f"f{number}.py": bytes(MAX_FILE) for number in range(9)})) == "upload_large"
    assert _refused(_zip({f"f{number}.py": "" for number in range(5001)})) == "upload_many_files"
    assert _refused(_zip({"net.py": "x = 1"})[:-30]) == "upload_damaged"
    assert _refused(_zip({"net.py": "x = 1"}, password=True)) == "upload_damaged"
    assert _refused(_zip({"readme.rst": "x"})) == "upload_without_code"


def test_a_single_file():
    """A file keeps its base name; whatever else it is called, it is a definition."""
    assert from_upload("/tmp/a b/net.py", b"x").file == "net.py"  # noqa: S108  a name, not a path
    assert from_upload("..\\evil.txt", b"x").file == "definition.py"


def test_digests():
    """Equal for equal inputs; any input changes it; neighbours do not run together."""
    base = from_code("x = 1", name="Net")
    versions = {"torch": "2.13"}
    assert digest(base, versions) == digest(from_code("x = 1", name="Net"), dict(versions))
    others = [
        digest(from_code("x = 2", name="Net"), versions),
        digest(from_code("x = 1", name="Other"), versions),
        digest(base, {"torch": "2.14"}),
        digest(Definition(files={"a": b"bc"}), versions),
        digest(Definition(files={"ab": b"c"}), versions),
    ]
    assert len({digest(base, versions), *others}) == 6
