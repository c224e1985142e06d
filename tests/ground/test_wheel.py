"""What is built and installed elsewhere is whole: the page with its scripts, without a network."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SERVE = """
import sys
from fastapi.testclient import TestClient
from app import paths
from app.bootstrap import create_app
from app.gate import Entry
from app.settings import Settings
from pathlib import Path

settings = Settings(data=Path(sys.argv[1]), roots=[Path(sys.argv[1])])
entry = Entry(settings)
with TestClient(create_app(settings, entry=entry), base_url=f"http://127.0.0.1:{settings.port}") as client:
    page = client.get(entry.link(settings.port).split(str(settings.port), 1)[1])
    assert page.status_code == 200, page.status_code
    assert "htmx" in page.text
    import re
    found = re.findall(r'(?:src|href)="([^"]+\\.(?:js|css))[^"]*"', page.text)
    assert found
    for address in found:
        assert client.get(address).status_code == 200, address
    print(len(found), paths.assets().name)
"""


@pytest.fixture(scope="module")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked where no checkout is."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(root)]
    subprocess.run(command, check=True)
    (wheel,) = out.glob("keygraft-*.whl")
    place = out / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    return place


def test_the_wheel_serves_the_page_with_its_scripts(installed: Path, tmp_path: Path) -> None:
    """Every script and style that the first page names comes from the package itself."""
    command = [sys.executable, "-W", "ignore", "-c", SERVE, str(tmp_path)]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(installed), "PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[1] == "_assets"


def test_a_machine_without_node_builds_it_too(root: Path, tmp_path: Path) -> None:
    """Where no npm is found, one comes from PyPI and brings the page's scripts."""
    copy = tmp_path / "copy"
    away = shutil.ignore_patterns(".*", "tests", "node_modules", "vendor", "__pycache__")
    shutil.copytree(root, copy, ignore=lambda folder, names: away(folder, names) - {".npmrc"})
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(copy)]
    subprocess.run(command, check=True, env=os.environ | {"PATH": str(Path(sys.executable).parent)})
    (wheel,) = tmp_path.glob("keygraft-*.whl")
    assert "app/_assets/static/vendor/htmx.org/htmx.min.js" in zipfile.ZipFile(wheel).namelist()


def test_the_wheel_holds_no_tests_and_its_licence(installed: Path) -> None:
    """Nothing that only a checkout needs is shipped."""
    assert not (installed / "tests").exists()
    assert list(installed.glob("keygraft-*.dist-info/licenses/LICENSE"))
    assert (installed / "app/_assets/static/vendor/htmx.org/LICENSE").is_file()
