## Remapped files: what may be chosen about them

error-dtype-unsuited = Floats cannot be cast to { $dtype }.
    .hint = Choose keep, target, or one of { $known }. Integers and flags are never cast.
error-shards-both-ways = A number of shards and their largest size were both given.
    .hint = Give one of them.
error-disk-filled = The disk has no room for { $file }.
    .hint = Free some space or choose another folder. Nothing half-written was left.
