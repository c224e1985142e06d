## Why the automatic mapper suggests what it suggests.

reason-decided = Decided by a person.
reason-follows-decision = Follows from a decision about one of its kind.
reason-replayed = Approved before, for the same two models.
reason-same-role = Both are what models call by many names, here: { $role }.
reason-same-name = The names are the same.
reason-similar-names = The names have most words in common.
reason-only-shape = Nothing else on either side has this shape: { $shape }.
reason-only-shape-in-block = In its block, nothing else has this shape: { $shape }.
reason-same-surroundings = { $share } % of what stands around the one is mapped to what stands around the other.
reason-same-index = Its number follows the same rule as its neighbours' numbers.
reason-same-place = It stands at the same place among its like: { $place } of { $of }.
reason-learnt-name = Elsewhere in these two models, the one name becomes the other.
reason-same-values = The values are the same.
reason-same-values-reordered = The values are the same, in another order.
reason-doubt-square = The matrix is square, so nothing tells whether it has to be transposed.
reason-doubt-heads = Rows have to be reordered by head, and the number of heads is not known.
reason-doubt-rotary = The two sides may store the rows of rotary attention in different orders.
reason-doubt-fused-layout = The fused tensor may keep query, key and value of each head together.
reason-doubt-nested = More than one step is needed; look at the recipe.
reason-doubt-stacked = One part is taken from a stack; look at the recipe.
reason-doubt-resize = The sizes differ, so values have to be made up or given up.
reason-doubt-tied = Another key of the model takes the same tensor; this one may be tied to it.
reason-doubt-direction = The two sides may count these blocks in opposite directions.

error-automap-too-large = There are { $units } modules on the two sides after folding; at most { $limit } are compared.
    .hint = Choose the part of the file that holds the weights, or map it with rules.
reason-doubt-turned = This matrix would have to be transposed, while others of its kind need not.
