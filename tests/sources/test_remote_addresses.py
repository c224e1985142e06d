"""Addresses: what is read out of them, and the spellings that are refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import messages
from app.errors import KeygraftError
from app.sources import is_remote, parse_address
from app.sources.addresses import HubAddress, S3Address, WebAddress, parse_web


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("https://example.com/a/b.bin", "https://example.com/a/b.bin"),
        (" HTTPS://EXAMPLE.com:443/a%20b?token=x#frag ", "https://example.com/a%20b"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
        ("https://[2606:4700:0:0::1111]/x", "https://[2606:4700::1111]/x"),
        ("https://\uff11.1.1.\uff11/x", "https://1.1.1.1/x"),
        ("s3://my-bucket/path/to/w.safetensors", "s3://my-bucket/path/to/w.safetensors"),
        ("s3://my-bucket", "s3://my-bucket/"),
        ("hf://org/repo/w.safetensors", "hf://org/repo/w.safetensors"),
        ("hf://org/repo", "hf://org/repo/"),
        ("hf://org/repo@v1.0/sub//w.bin", "hf://org/repo@v1.0/sub/w.bin"),
        ("hf://org/repo@refs/pr/3/w.bin", "hf://org/repo@refs/pr/3/w.bin"),
        ("https://huggingface.co/org/repo/blob/main/w.bin?download=true", "hf://org/repo/w.bin"),
        ("https://huggingface.co/org/repo/resolve/refs%2Fpr%2F1/a%20b.bin", "hf://org/repo@refs/pr/1/a b.bin"),
        ("https://huggingface.co/org/repo", "hf://org/repo/"),
        ("https://huggingface.co/datasets/org/x.bin", "https://huggingface.co/datasets/org/x.bin"),
    ],
)
def test_addresses_and_their_labels(text, label):
    """One spelling each, with no query, no fragment and no port that goes without saying."""
    assert parse_address(text).label == label
    assert is_remote(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ftp://example.com/x", "url_scheme"),
        ("file:///etc/passwd", "url_scheme"),
        ("gopher://x/", "url_scheme"),
        ("/etc/passwd", "url_scheme"),
        ("https:/example.com", "url_scheme"),
        ("https:///x", "url_invalid"),
        ("https://user:geheim@example.com/x", "url_with_password"),
        ("https://example.com@evil.example/x", "url_with_password"),
        ("https://example.com:geheim@127.0.0.1:80/", "url_with_password"),
        ("https://@example.com/", "url_with_password"),
        ("https://example.com\\@evil.example/", "url_invalid"),
        ("https://exa mple.com/", "url_invalid"),
        ("https://example.com/a\nHost: x", "url_invalid"),
        ("https://example.com/\x00", "url_invalid"),
        ("https://exam\tple.com/", "url_invalid"),
        ("https://0x7f.1/", "url_invalid"),
        ("https://2130706433/", "url_invalid"),
        ("https://127.1/", "url_invalid"),
        ("https://0177.0.0.1/", "url_invalid"),
        ("https://127.0.0.1.2/", "url_invalid"),
        ("https://0x7f000001/", "url_invalid"),
        ("https://①②⑦.0.0.1.5/", "url_invalid"),
        ("https://[fe80::1%25eth0]/", "url_invalid"),
        ("https://[::1/", "url_invalid"),
        ("https://[v1.x]/", "url_invalid"),
        ("https://example.com:0/", "url_invalid"),
        ("https://example.com:99999/", "url_invalid"),
        ("https://example.com:8x/", "url_invalid"),
        ("https://a..b/", "url_invalid"),
        ("https://-a.example/", "url_invalid"),
        ("https://xn--/", "url_invalid"),
        ("https://%31.example/", "url_invalid"),
        ("https://" + "a" * 64 + ".example/", "url_invalid"),
        ("https://example.com/" + "a" * 9000, "url_invalid"),
        ("https://example.com/\ud800", "url_invalid"),
        ("s3://Bucket/x", "url_invalid"),
        ("s3://127.0.0.1/x", "url_invalid"),
        ("s3://evil.example#/x", "url_invalid"),
        ("s3:///x", "url_invalid"),
        ("s3://bucket/a\nb", "url_invalid"),
        ("hf://repo", "url_invalid"),
        ("hf://org/../x", "url_invalid"),
        ("hf://org/repo/../../api/x", "url_invalid"),
        ("hf://org/repo@../x", "url_invalid"),
        ("hf://o@evil.example/r/x", "url_invalid"),
    ],
)
def test_addresses_that_are_refused(text, code):
    """Each by name, in a sentence that repeats no secret."""
    with pytest.raises(KeygraftError) as caught:
        parse_address(text)
    assert caught.value.code == code
    said = messages.error_text(caught.value) + messages.error_hint(caught.value)
    assert "geheim" not in said + str(caught.value)


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["https://", "http://", "s3://", "hf://", "https://a.b/", "https://[", "hf://a/b@", ""]))
def test_any_text_is_an_address_or_an_error_of_ours(text, start):
    """Whatever is typed: an address whose label reads back as itself, or a refusal."""
    try:
        address = parse_address(start + text)
    except KeygraftError as caught:
        refused = caught
        address = None
    if address is None:
        assert messages.error_text(refused)
        return
    assert isinstance(address, WebAddress | S3Address | HubAddress)
    if isinstance(address, WebAddress):
        assert address.label.isascii()
        assert parse_address(address.label).label == address.label


@settings(deadline=None)
@given(st.text(max_size=60))
def test_redirects_lead_to_an_address_or_an_error_of_ours(location):
    """A Location header is as hostile as what a person types."""
    try:
        found = parse_web("https://a.example/x/y").redirected(location)
    except KeygraftError:
        return
    assert found.host
    assert found.target.startswith("/")
    assert found.target.isascii()


def test_redirects_are_relative_to_where_they_come_from():
    """Paths, hosts and queries, as browsers read them; blanks that some servers send are encoded."""
    start = parse_web("https://a.example:8443/x/y?q=1")
    assert start.redirected("z w").label == "https://a.example:8443/x/z%20w"
    assert start.redirected("//b.example/z").label == "https://b.example/z"
    assert start.redirected("/z?sig=a%2Fb").target == "/z?sig=a%2Fb"


def test_files_beside():
    """A sibling's name is encoded: it cannot leave the folder."""
    start = parse_web("https://a.example/d/x.index.json?sig=1")
    assert start.beside("a/../b?c").target == "/d/a%2F..%2Fb%3Fc?sig=1"


def test_repr_shows_no_query():
    """Values of ours end up in logs."""
    assert "geheim" not in repr(parse_web("https://a.example/x?sig=geheim"))
