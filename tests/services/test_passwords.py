"""How passwords are kept."""


def test_a_hash_costs_what_is_recommended(own_hasher):
    """64 MB, three rounds, four lanes of argon2id: the tests, which hash with less, must not hide that it became cheaper."""
    assert own_hasher().hash("correct horse battery").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
