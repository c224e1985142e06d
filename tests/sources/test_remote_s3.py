"""Object stores: signatures against the vectors of the specification and another implementation, listings against a small store."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import msgspec
import pytest

from app.errors import KeygraftError
from app.sources import Credentials, S3Access, Secret, from_environment
from app.sources.addresses import parse_web
from app.sources.opening import open_remote
from app.sources.signing import Signer

KEY = S3Access(key_id=Secret("AKIAIOSFODNN7EXAMPLE"), key=Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))


def test_signatures_are_those_of_the_specification():
    """The two GET requests among the examples of the API reference that our client makes: a range of an object, and a listing."""
    base = parse_web("https://examplebucket.s3.amazonaws.com/")
    signer = Signer(KEY, base.origin, lambda: datetime(2013, 5, 24, tzinfo=UTC))
    range_headers = signer(msgspec.structs.replace(base, path="/test.txt"), {"Range": "bytes=0-9", "Accept": "*/*"})
    assert range_headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
    listing = signer(msgspec.structs.replace(base, query="max-keys=2&prefix=J"), {})
    assert listing["Authorization"].endswith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")


def test_nothing_is_signed_for_others():
    """Another host, another port, another scheme, or no keys: no header at all."""
    base = parse_web("https://store.example/")
    signer = Signer(KEY, base.origin)
    assert signer(base, {})
    for url in ("https://evil.example/", "https://store.example:8443/", "http://store.example/"):
        assert signer(parse_web(url), {}) == {}
    assert Signer(S3Access(), base.origin)(base, {}) == {}


OBJECTS = {
    "a.bin": b"a" * 100_000,
    "run/model.safetensors.index.json": b"{}",
    "run/model-1.safetensors": b"1" * 50,
    "run/model-2.safetensors": b"2" * 50,
    "run/deep/x y+z&.bin": b"3" * 50,
    "run/deep/er/none.bin": b"",
    "run/": b"",
}


@pytest.fixture
def store(site):
    """An object store of one bucket that lists two objects a page."""

    def answer(handler):
        path, _, query = handler.path.partition("?")
        if query:
            fields = {name: text[0] for name, text in parse_qs(query, keep_blank_values=True).items()}
            keys = sorted(key for key in OBJECTS if key.startswith(fields["prefix"]))
            start = int(fields.get("continuation-token", "0"))
            more = start + 2 < len(keys)
            rows = "".join(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(OBJECTS[key])}</Size></Contents>" for key in keys[start : start + 2]
            )
            token = f"<NextContinuationToken>{start + 2}</NextContinuationToken>" if more else ""
            head = '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            handler.reply(200, f"{head}{rows}<IsTruncated>{str(more).lower()}</IsTruncated>{token}</ListBucketResult>".encode())
        else:
            found = OBJECTS.get(unquote(path.removeprefix("/bucket/")))
            handler.reply(404, b"") if found is None else handler.file(found)

    for key in OBJECTS:
        site.routes["/bucket/" + key] = answer
    site.routes["/bucket/run/deep/x%20y%2Bz%26.bin"] = answer
    site.routes["/bucket/"] = answer
    return site


def opened(store, policy, url, **access):
    """The files at an address of the store."""
    return open_remote(url, policy, Credentials(s3=msgspec.structs.replace(KEY, endpoint=store.base, **access)))


def test_an_object(store, policy):
    """One object is one file; nothing is listed; requests are signed with the region and the session token."""
    with opened(store, policy, "s3://bucket/a.bin", region="eu-central-1", session=Secret("token")) as files:
        assert files.open("a.bin").read_at(99_990, 100) == b"a" * 10
        assert (files.label, files.names()) == ("s3://bucket/a.bin", ("a.bin",))
    for _, headers in store.log:
        assert re.search(r"/eu-central-1/s3/aws4_request,SignedHeaders=host;range;.*x-amz-security-token,", headers["authorization"])
        assert headers["x-amz-security-token"] == "token"


def test_a_folder(store, policy):
    """A folder is listed page by page, one level deep, with sizes that need no further request."""
    with opened(store, policy, "s3://bucket/run/") as files:
        assert set(files.names()) == {
            "model.safetensors.index.json",
            "model-1.safetensors",
            "model-2.safetensors",
            "deep/x y+z&.bin",
        }
        asked = len(store.log)
        assert files.sizes()["model-2.safetensors"] == 50
        assert len(store.log) == asked
        assert files.open("deep/x y+z&.bin").read_at(0, 3) == b"333"


def test_an_index_and_its_neighbours(store, policy):
    """The index comes first, then the objects beside it."""
    with opened(store, policy, "s3://bucket/run/model.safetensors.index.json") as files:
        assert files.names() == ("model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors")


def test_what_is_not_there(store, policy):
    """An object or folder that does not exist is said to be missing."""
    for url in ("s3://bucket/none.bin", "s3://bucket/none/", "s3://bucket/run/none.index.json"):
        with pytest.raises(KeygraftError, match="remote_not_found"):
            opened(store, policy, url).open("none.bin")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ListBucketResult>&a;</ListBucketResult>',
        b"<ListBucketResult><Contents><Key>other/x</Key><Size>1</Size></Contents></ListBucketResult>",
        b"<ListBucketResult><Contents><Key>run/x</Key><Size>-1</Size></Contents></ListBucketResult>",
    ],
)
def test_hostile_listings(site, policy, body):
    """A listing that is none, declares entities or names what was not asked for is refused."""
    site.routes["/bucket/"] = body
    with pytest.raises(KeygraftError, match="remote_listing"):
        opened(site, policy, "s3://bucket/run/")


def test_endless_listings_end(site, policy):
    """A store that promises one more page for ever is left."""
    site.routes["/bucket/"] = b"<L><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></L>"
    with pytest.raises(KeygraftError, match="remote_listing"):
        opened(site, policy, "s3://bucket/run/")


def test_the_right_region_is_named(site, policy):
    """A bucket of another region answers with its own: the error says which."""
    site.routes["/bucket/a"] = lambda handler: handler.reply(301, b"", **{"x-amz-bucket-region": "eu-west-1"})
    with pytest.raises(KeygraftError) as caught:
        opened(site, policy, "s3://bucket/a").open("a")
    assert (caught.value.code, caught.value.params["region"]) == ("remote_region", "eu-west-1")


def test_endpoints_are_guarded_too(policy):
    """An endpoint that a person gave is as private or public as any address."""
    closed = msgspec.structs.replace(policy, allow_private=())
    credentials = Credentials(s3=S3Access(endpoint="http://127.0.0.1:9000"))
    with pytest.raises(KeygraftError, match="url_private"):
        open_remote("s3://bucket/a", closed, credentials).open("a")
    with pytest.raises(KeygraftError, match="url_invalid"):
        open_remote("s3://bucket/a", closed, Credentials(s3=S3Access(region="x.evil.example/"))).open("a")


def test_secrets_that_no_header_takes():
    """A secret with a line break is refused when it is made, before anybody can repeat it in an error."""
    assert Secret(" abc\n").reveal() == "abc"
    for text in ("a\nb", "a\0", "ä"):
        with pytest.raises(KeygraftError) as caught:
            Secret(text)
        assert str(caught.value) == "secret_invalid()"


def test_secrets_show_themselves_nowhere():
    """Not in repr, not in text, not in JSON, not in pickles."""
    import pickle

    credentials = from_environment(
        {"HF_TOKEN": "geheim", "AWS_ACCESS_KEY_ID": "geheim", "AWS_SECRET_ACCESS_KEY": "geheim", "AWS_SESSION_TOKEN": "geheim"}
    )
    assert credentials.s3.key.reveal() == credentials.hub.reveal() == "geheim"
    assert credentials.s3.region == "us-east-1"
    assert "geheim" not in repr(credentials) + str(credentials) + f"{credentials.hub}"
    with pytest.raises(TypeError):
        pickle.dumps(credentials.hub)
    with pytest.raises(TypeError):
        msgspec.json.encode(credentials)
