"""`petrichor stale` on real mounts: what lies in another filesystem is not the store's."""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema

from petrichor.report import stale
from tests.root.harness.hostile import NAMES
from tests.root.harness.program import REPO
from tests.root.test_diff import mount, umount

SCHEMA = json.loads(Path(stale.__file__).with_name("stale.schema.json").read_text())


def run(config: Path, *words: str, code: int) -> str:
    command = [REPO / ".venv/bin/python", "-m", "petrichor", "--config", config, "stale", *words]
    done = subprocess.run(
        command, cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done
    return done.stdout + done.stderr


def test_names_of_any_bytes_mounts_inside_and_a_store_that_is_not_mounted(tmp_path: Path) -> None:
    carrier = tmp_path / "carrier"
    store, config = carrier / "store", tmp_path / "petrichor.toml"
    config.write_text(
        f'[volumes."/v"]\nbackend = "tmpfs"\n[filesystems."{carrier}"]\ntype = "tmpfs"\n'
        f'device = "tmpfs"\n[persistence."{store}"]\ndirectories = ["/v/kept"]\n'
    )
    carrier.mkdir()
    assert f"nothing is mounted at {carrier}" in run(config, code=7)
    mount("-t", "tmpfs", "tmpfs", carrier)
    try:
        (store / "v/kept").mkdir(parents=True)
        (store / "v/kept/file").touch()
        (store / ".petrichor").mkdir(mode=0o700)
        (store / ".petrichor/journal.json").touch()
        assert run(config, code=0) == f"{store}: all that it holds is declared\n"
        (store / "within").mkdir()
        mount("-t", "tmpfs", "tmpfs", store / "within")
        (store / "within/another filesystem's").touch()
        wanted = {bytes(store / "within"): 1}
        for name in NAMES.values():
            os.makedirs(bytes(store) + b"/v/" + name + b"/" + name)
            wanted[bytes(store) + b"/v/" + name] = 2
        document = json.loads(run(config, "--json", code=1))
        jsonschema.validate(document, SCHEMA)
        (found,) = document["stores"]
        told = {
            unquote_to_bytes(item["path"]) if "encoding" in item else item["path"].encode(): item
            for item in found["stale"]
        }
        assert {path: item["entries"] for path, item in told.items()} == wanted
        lines = run(config, code=1).splitlines()
        assert len(lines) == 3 + len(wanted)  # the last: the store has no record
        assert all(line.isprintable() for line in lines)
    finally:
        umount(carrier)
