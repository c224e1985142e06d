## Why the automatic mapper suggests what it suggests.

reason-same-suffix = The names end alike and the shapes are equal.
reason-decided = Decided by a person.
