"""Files on web servers, by ranges: what is read, and what becomes of servers that do not behave."""

import gc
import json
import threading
import time

import msgspec
import pytest

from app import messages
from app.errors import KeygraftError
from app.sources import Credentials, Range, RangesWanted, RemotePolicy, Secret
from app.sources.opening import open_remote
from app.sources.remote import in_rounds

DATA = bytes(range(256)) * 4096  # one MiB


def refusal(act):
    """Return the error that this ends with; it has a sentence and a hint."""
    with pytest.raises(KeygraftError) as caught:
        act()
    assert messages.error_text(caught.value)
    assert messages.error_hint(caught.value)
    return caught.value


def test_only_what_is_needed_is_read(site, policy):
    """Head and tail of a file of one MiB cost two requests and the bytes around them."""
    site.routes["/m.bin"] = DATA
    with open_remote(site.base + "/m.bin", policy) as files:
        file = files.open("m.bin")
        assert (files.names(), file.size) == (("m.bin",), len(DATA))
        assert file.read_at(0, 100) == DATA[:100]
        assert file.read_at(len(DATA) - 22, 100) == DATA[-22:]
        assert file.read_at(len(DATA), 5) == b""
        assert site.ranges() == ["bytes=0-32767", f"bytes={len(DATA) - 22}-{len(DATA) - 1}"]
        assert file.bytes_read == files.received == 32768 + 22
        assert files.waited > 0


def test_announced_ranges_are_joined_and_fetched_at_once(site, policy):
    """Ranges that lie close cost one request, and what was announced costs none when it is read."""
    site.routes["/m.bin"] = DATA
    with open_remote(site.base + "/m.bin", policy) as files:
        file = files.open("m.bin")
        wanted = [(100_000, 10), (120_000, 10), (500_000, 40_000), (900_000, 10)]
        file.want(wanted)
        assert sorted(site.ranges()[1:]) == ["bytes=100000-136383", "bytes=500000-539999", "bytes=900000-916383"]
        for offset, length in wanted:
            assert file.read_at(offset, length) == DATA[offset : offset + length]
        assert len(site.log) == 4


def test_announced_ranges_run_side_by_side(site, policy):
    """Three ranges are under way at the same moment: the server holds each until all have come."""
    meeting = threading.Barrier(3, timeout=5)

    def slow(handler):
        if handler.headers.get("Range") != "bytes=0-32767":
            meeting.wait()
        handler.file(DATA)

    site.routes["/m.bin"] = slow
    with open_remote(site.base + "/m.bin", policy) as files:
        file = files.open("m.bin")
        file.want([(100_000, 10), (500_000, 10), (900_000, 10)])
        assert file.read_at(900_000, 2) == DATA[900_000:900_002]


def test_long_reads_are_cut_into_parts(site, policy, monkeypatch):
    """A whole file is read in parts, and comes out whole."""
    monkeypatch.setattr("app.sources.remote.PART", 100_000)
    site.routes["/m.bin"] = DATA
    with open_remote(site.base + "/m.bin", policy) as files:
        assert files.open("m.bin").read_at(5, len(DATA)) == DATA[5:]
    assert len(site.log) == 12


def test_reading_on_fetches_ahead(site, policy):
    """Who reads a large range piece by piece, as a writer does, costs few requests, and not much more than is read."""
    data = DATA * 16
    site.routes["/m.bin"] = data
    with open_remote(site.base + "/m.bin", policy) as files:
        file, at, step = files.open("m.bin"), 1_000_000, 300_000
        while at < 8_000_000:
            assert file.read_at(at, step) == data[at : at + step]
            at += step
        assert len(site.log) < 10
        assert files.received < 2 * 8_000_000


def test_labels_and_names_keep_no_secrets(site, policy):
    """A query may be a signature: it is sent, and shown nowhere."""
    site.routes["/a%20b.bin"] = DATA
    with open_remote(site.base + "/a%20b.bin?sig=geheim#x", policy) as files:
        assert files.names() == ("a b.bin",)
        files.open("a b.bin")
        assert "geheim" not in files.label + repr(files._ranged["a b.bin"].address)
    assert site.log[0][0] == "/a%20b.bin?sig=geheim"


def test_empty_file(site, policy):
    """No range of an empty file can be satisfied, and that is no error."""
    site.routes["/none"] = b""
    with open_remote(site.base + "/none", policy) as files:
        assert (files.open("none").size, files.open("none").read_at(0, 8)) == (0, b"")


def test_small_files_come_whole_from_servers_without_ranges(site, policy):
    """A server that ignores ranges is asked once."""
    site.routes["/m.bin"] = lambda handler: handler.reply(200, DATA)
    with open_remote(site.base + "/m.bin", policy) as files:
        file = files.open("m.bin")
        assert file.read_at(900_000, 10) == DATA[900_000:900_010]
    assert len(site.log) == 1


def test_large_files_from_servers_without_ranges_are_refused(site, policy):
    """A file that would come whole is refused by its announced length, before it is read."""
    site.routes["/m.bin"] = lambda handler: handler.reply(200, DATA)
    error = refusal(lambda: open_remote(site.base + "/m.bin", msgspec.structs.replace(policy, max_whole=1000)).open("m.bin"))
    assert (error.code, error.status) == ("remote_no_ranges", 413)


def test_endless_bodies_are_cut(site, policy):
    """A body without an announced length ends where it gets too long."""

    def endless(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    site.routes["/m.bin"] = endless
    error = refusal(lambda: open_remote(site.base + "/m.bin", msgspec.structs.replace(policy, max_whole=1 << 20)).open("m.bin"))
    assert error.code == "remote_too_long"


def test_a_changing_file_is_noticed(site, policy):
    """A file that is replaced while it is read is an error of its own, be it by If-Range, by another ETag or by another size."""
    for later in (
        lambda handler: handler.file(DATA[::-1], etag='"two"'),
        lambda handler: handler.reply(206, DATA[100_000:116_384], ETag='"two"', **{"Content-Range": f"bytes 100000-116383/{len(DATA)}"}),
        lambda handler: handler.reply(206, DATA[100_000:116_384], ETag='"one"', **{"Content-Range": "bytes 100000-116383/999999"}),
        lambda handler: handler.reply(416, b"", **{"Content-Range": "bytes */7"}),
        lambda handler: handler.reply(412, b""),
    ):
        site.routes["/m.bin"] = DATA
        with open_remote(site.base + "/m.bin", policy) as files:
            file = files.open("m.bin")
            site.routes["/m.bin"] = later
            error = refusal(lambda file=file: file.read_at(100_000, 10))
            assert (error.code, error.status) == ("remote_changed", 409)
    assert any(headers.get("if-range") == '"one"' for _, headers in site.log)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda handler: handler.reply(206, b"xx", **{"Content-Range": "bytes 5-6/100"}), "remote_wrong_range"),
        (lambda handler: handler.reply(206, b"xx", **{"Content-Range": "bytes 0-1/*"}), "remote_wrong_range"),
        (lambda handler: handler.reply(206, b"xx"), "remote_wrong_range"),
        (lambda handler: handler.reply(206, b"xx", **{"Content-Range": f"bytes 0-{10**30}/{10**31}"}), "remote_wrong_range"),
        (lambda handler: handler.reply(206, b"xxxx", **{"Content-Range": "bytes 0-1/2"}), "remote_too_long"),
        (lambda handler: handler.reply(200, b"xx", **{"Content-Length": "1000"}) or handler.connection.shutdown(2), "remote_broken"),
        (lambda handler: handler.reply(200, b"xx", **{"Content-Encoding": "gzip"}), "remote_encoded"),
        (lambda handler: handler.reply(200, b"<html>", **{"Content-Type": "text/html; charset=utf-8"}), "remote_web_page"),
        (lambda handler: handler.reply(403, b""), "remote_denied"),
        (lambda handler: handler.reply(404, b""), "remote_not_found"),
        (lambda handler: handler.reply(500, b""), "remote_failing"),
        (lambda handler: handler.reply(429, b""), "remote_busy"),
        (lambda handler: handler.reply(302, b""), "remote_status"),
        (lambda handler: handler.wfile.write(b"HTTP/1.1 \xff nonsense\r\n\r\n"), "remote_broken"),
        (lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n"), "remote_broken"),
        (lambda handler: handler.connection.shutdown(2), "remote_broken"),
    ],
)
def test_servers_that_do_not_behave(site, policy, answer, code):
    """Each ends in one error by name, within moments."""

    def closing(handler):
        handler.close_connection = True
        answer(handler)

    site.routes["/m.bin"] = closing
    assert refusal(lambda: open_remote(site.base + "/m.bin", policy).open("m.bin")).code == code


def test_failing_servers_are_asked_again(site, policy):
    """Two failures and then an answer is an answer."""
    left = [503, 500]

    def failing(handler):
        handler.reply(left.pop(), b"") if left else handler.file(DATA)

    site.routes["/m.bin"] = failing
    with open_remote(site.base + "/m.bin", policy) as files:
        assert files.open("m.bin").size == len(DATA)
    assert len(site.log) == 3


def test_refusals_are_not_asked_again(site, policy):
    """What is not there is asked for once."""
    refusal(lambda: open_remote(site.base + "/nothing", policy).open("nothing"))
    assert len(site.log) == 1


def test_a_slow_drip_ends_at_the_deadline(site, policy):
    """A byte now and then keeps a connection alive, and not longer than the whole request may take."""
    site.routes["/m.bin"] = lambda handler: handler.drip(DATA, 0.05)
    started = time.monotonic()
    slow = msgspec.structs.replace(policy, total_timeout=0.5)
    assert refusal(lambda: open_remote(site.base + "/m.bin", slow).open("m.bin")).code == "remote_timeout"
    assert time.monotonic() - started < 3


def test_silence_ends(site, policy):
    """A server that says nothing is left."""
    site.routes["/m.bin"] = lambda handler: time.sleep(1)
    quick = msgspec.structs.replace(policy, read_timeout=0.1, attempts=2)
    assert refusal(lambda: open_remote(site.base + "/m.bin", quick).open("m.bin")).code == "remote_timeout"


def test_cancelling_wakes_who_waits(site, policy):
    """A read that waits ends when another thread cancels, and so does each later one."""
    arrived = threading.Event()

    def hanging(handler):
        arrived.set()
        time.sleep(1)

    site.routes["/m.bin"] = hanging
    files = open_remote(site.base + "/m.bin", msgspec.structs.replace(policy, read_timeout=8))
    started = time.monotonic()
    threading.Thread(target=lambda: (arrived.wait(5), files.cancel())).start()
    assert refusal(lambda: files.open("m.bin")).code == "remote_cancelled"
    assert time.monotonic() - started < 4
    assert refusal(lambda: files.open("m.bin")).code == "remote_cancelled"
    files.close()


def test_bytes_have_a_budget(site, policy):
    """All files of a set together may cost so much and no more."""
    site.routes["/m.bin"] = DATA
    with open_remote(site.base + "/m.bin", msgspec.structs.replace(policy, max_bytes=100_000)) as files:
        file = files.open("m.bin")
        error = refusal(lambda: file.read_at(0, len(DATA)))
        assert (error.code, error.status) == ("remote_budget", 413)


def test_redirects_are_followed_and_remembered(site, other_site, policy):
    """The place that a redirect leads to is asked directly from then on; when it has run out, the first one is asked again."""
    other_site.routes["/cdn"] = DATA
    site.routes["/m.bin"] = lambda handler: handler.redirect(f"{other_site.base}/cdn?sig=1")
    with open_remote(site.base + "/m.bin", policy) as files:
        file = files.open("m.bin")
        file.read_at(100_000, 10)
        assert (len(site.log), len(other_site.log)) == (1, 2)
        expired = [True]
        other_site.routes["/cdn"] = lambda handler: handler.reply(403, b"") if expired and expired.pop() else handler.file(DATA)
        assert file.read_at(500_000, 3) == DATA[500_000:500_003]
        assert len(site.log) == 2


def test_redirects_are_checked_anew(site, policy):
    """A public address may not lead to a private one, to another scheme, to a password, nor on for ever."""
    for location, code in (
        ("http://127.0.0.2/x", "url_private"),
        ("http://169.254.169.254/latest/meta-data", "url_private"),
        ("http://[::ffff:169.254.169.254]/", "url_private"),
        ("//10.0.0.1/x", "url_private"),
        ("file:///etc/passwd", "url_scheme"),
        ("http://0x7f.1/", "url_invalid"),
        ("http://user:pass@127.0.0.1/", "url_with_password"),
        ("/m.bin", "remote_redirects"),
    ):
        site.routes["/m.bin"] = lambda handler, location=location: handler.redirect(location)
        assert refusal(lambda: open_remote(site.base + "/m.bin", policy).open("m.bin")).code == code, location


def test_tokens_stay_with_their_host(site, other_site, policy):
    """A token is sent to the host it belongs to and not to where that redirects; over plain http it is not sent at all."""
    listing = {"sha": "a" * 40, "siblings": [{"rfilename": "m.bin", "size": len(DATA)}]}
    site.routes["/api/models/org/repo/revision/main"] = json.dumps(listing).encode()
    site.routes["/org/repo/resolve/" + "a" * 40 + "/m.bin"] = lambda handler: handler.redirect(other_site.base + "/cdn")
    other_site.routes["/cdn"] = DATA
    credentials = Credentials(hub=Secret("hf_geheim"), hub_endpoint=site.base, bearer={"127.0.0.1": Secret("web_geheim")})
    with open_remote("hf://org/repo/m.bin", policy, credentials) as files:
        assert files.open("m.bin").read_at(7, 3) == DATA[7:10]
    assert {headers["authorization"] for _, headers in site.log} == {"Bearer hf_geheim"}
    assert all("authorization" not in headers for _, headers in other_site.log)
    with open_remote(other_site.base + "/cdn", policy, credentials) as files:
        files.open("cdn")
    assert all("authorization" not in headers for _, headers in other_site.log)


def test_environment_proxies_are_not_used(site, policy, monkeypatch):
    """A proxy is a setting, never a variable that happens to be there."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.routes["/m.bin"] = DATA
    with open_remote(site.base + "/m.bin", policy) as files:
        assert files.open("m.bin").size == len(DATA)


def test_a_proxy_of_the_policy_is_used(site):
    """With a proxy the name is left to it; addresses written as such are checked all the same."""
    site.routes["http://files.example:80/m.bin"] = DATA
    policy = RemotePolicy(allow_http=True, proxy=site.base, attempts=1)
    with open_remote("http://files.example/m.bin", policy) as files:
        assert files.open("m.bin").size == len(DATA)
    assert refusal(lambda: open_remote("http://10.0.0.1/m.bin", policy).open("m.bin")).code == "url_private"


def test_an_index_brings_its_shards_by_base_name(site, policy):
    """Shards lie beside the index whatever it says, and one that is missing is left out of the names, as in a folder."""
    names = ["model-1.safetensors", "../../etc/model-2.safetensors", "https://evil.example/model-3.safetensors", "gone.safetensors"]
    index = json.dumps({"metadata": {}, "weight_map": {str(i): name for i, name in enumerate(names)}}).encode()
    site.routes["/d/model.safetensors.index.json"] = index
    for number in (1, 2, 3):
        site.routes[f"/d/model-{number}.safetensors"] = bytes([number]) * 100
    with open_remote(site.base + "/d/model.safetensors.index.json", policy) as files:
        assert files.names() == ("model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors", "model-3.safetensors")
        asked = len(site.log)
        assert files.open(files.names()[0]).read_at(0, len(index)) == index
        assert files.open("model-3.safetensors").read_at(0, 2) == b"\3\3"
        assert len(site.log) == asked == 5


def test_what_is_no_index_is_said(site, policy):
    """An index that is none, or too large, is refused by name."""
    site.routes["/x.index.json"] = b"<html>"
    assert refusal(lambda: open_remote(site.base + "/x.index.json", policy)).code == "remote_index_invalid"
    site.routes["/x.index.json"] = lambda handler: handler.reply(206, bytes(32768), **{"Content-Range": f"bytes 0-32767/{1 << 40}"})
    assert refusal(lambda: open_remote(site.base + "/x.index.json", policy)).code == "remote_index_too_large"


def test_folders_of_web_servers_are_refused(policy):
    """Web servers do not list folders."""
    assert refusal(lambda: open_remote("https://127.0.0.1/", policy)).code == "url_is_folder"


def test_many_files_in_rounds(site, policy):
    """What is lacking of all shards is fetched together: two rounds for any number of them."""
    count = 12
    index = json.dumps({"weight_map": {str(i): f"s{i}" for i in range(count)}}).encode()
    site.routes["/x.index.json"] = index
    for i in range(count):
        site.routes[f"/s{i}"] = bytes([i]) * 300_000
    calls = []

    def act(files):
        from app.sources import together

        calls.append(1)
        return together(lambda name: files.open(name).read_at(200_000, 2), [f"s{i}" for i in range(count)])

    with open_remote(site.base + "/x.index.json", policy) as files:
        assert in_rounds(files, act) == [bytes([i]) * 2 for i in range(count)]
        assert len(calls) == 2
        assert files.sizes()["s3"] == 300_000


def test_a_reader_that_never_has_enough_is_stopped(site, policy):
    """It asks for the next bytes again and again: after so many rounds that is an error, and none of ours."""
    site.routes["/m.bin"] = DATA

    def act(_files):
        raise RangesWanted([Range("m.bin", 0, 5000)])

    with open_remote(site.base + "/m.bin", policy) as files:
        endless = refusal(lambda: in_rounds(files, act))
    assert endless.code == "lent_rounds"
    assert endless.params["file"] == "m.bin"


def test_ranges_of_many_files_are_fetched_together(site, policy):
    """Small ranges that lie close are one request, large ones are read in parts, and all come back in order."""
    site.routes["/m.bin"] = DATA
    wanted = [Range("m.bin", 200_010, 5), Range("m.bin", 200_000, 5), Range("m.bin", 300_000, 500_000), Range("m.bin", 0, 7)]
    with open_remote(site.base + "/m.bin", policy) as files:
        assert files.fetch(wanted) == [DATA[each.offset : each.offset + each.length] for each in wanted]
        assert len(site.log) == 3
        assert refusal(lambda: files.open("other")).code == "file_not_found"


def test_nothing_is_left_open(site, policy):
    """Files that are just forgotten close their connections: an unclosed socket would be a warning, and warnings are errors here."""
    site.routes["/m.bin"] = DATA
    open_remote(site.base + "/m.bin", policy).open("m.bin").read_at(0, 1)
    gc.collect()
