## Why the automatic mapper suggests what it suggests.

reason-decided = Decided by a person.
reason-follows-decision = Follows from a decision about one of its kind.
reason-replayed = Approved before, for the same two models.
reason-same-role = Both are what models call by many names, here: { $attention ->
    [self] self attention,{" "}
    [cross] cross attention,{" "}
   *[one] {""}
}{ $role ->
    [q] the query
    [k] the key
    [v] the value
    [qkv] query, key and value in one
    [kv] key and value in one
    [qconv] the convolution of the query
    [kconv] the convolution of the key
    [vconv] the convolution of the value
    [qkvconv] the convolution of query, key and value in one
    [gqkv] gate, query, key and value in one
    [ogate] the gate of what the attention gives out
    [out] the output of the attention
    [gate] the gate of the feed-forward
    [up] the first layer of the feed-forward
    [down] the last layer of the feed-forward
    [gate_up] gate and first layer in one
    [up_gate] first layer and gate in one
    [qnorm] the norm of the query
    [knorm] the norm of the key
    [norm-attn] the norm of the attention
    [norm-cross] the norm of the cross attention
    [norm-mlp] the norm of the feed-forward
    [norm-half1] the norm of the first feed-forward
    [norm-half2] the norm of the second feed-forward
    [norm-only] the norm of the block
    [norm-inner] a norm inside the attention
    [scale-attn] the scale of the attention's layer
    [scale-mlp] the scale of the feed-forward's layer
    [scale-only] the scale of the layer
    [mod] shift and scale of the norms
    [router] what sends to the experts
    [stem] the first convolution
    [stem-norm] the norm of the first convolution
    [pos] the positions
    [wordembed] the table of words
    [typeembed] the table of token types
    [cls_token] the class token
    [dist_token] the distillation token
    [mask_token] the mask token
    [registers] the registers
    [relpos_table] the table of relative positions
    [relpos_index] the index of relative positions
    [lm_head] the output layer over words
    [head] the classifier
    [logit_scale] the scale of the logits
    [finalnorm] the last norm
    [prenorm] the norm behind the embeddings
    [poolnorm] the norm of what is pooled
    [pooler] the pooler
    [mlm] the layer before the output over words
    [timeproj] the projection of the time
    [query_embed] the object queries
    [shortcut] the shortcut
    [shortcut-norm] the norm of the shortcut
    [merge] what joins patches
    [merge-norm] the norm before patches are joined
    [mb-expand] the widening convolution
    [mb-dw] the convolution of each channel
    [mb-project] the narrowing convolution
    [mb-expand-norm] the norm of the widening convolution
    [mb-dw-norm] the norm of the convolution of each channel
    [mb-project-norm] the norm of the narrowing convolution
    [conv1] the first convolution of the block
    [conv2] the second convolution of the block
    [conv3] the third convolution of the block
    [after-conv1] the norm of the first convolution
    [after-conv2] the norm of the second convolution
    [after-conv3] the norm of the third convolution
   *[other] step { $role }
}.
reason-same-name = The names are the same.
reason-similar-names = The names have most words in common.
reason-only-shape = Nothing else on either side has this shape: { $shape }.
reason-only-shape-in-block = In its block, nothing else has this shape: { $shape }.
reason-same-surroundings = { $share } % of what stands around the one is mapped to what stands around the other.
reason-same-index = Its number follows the same rule as its neighbours' numbers.
reason-same-count = Counted by their names, it is the same of those like it: { $place } of { $of }.
reason-same-place = It stands at the same place among its like: { $place } of { $of }.
reason-learnt-name = Elsewhere in these two models, the one name becomes the other.
reason-same-values = The values are the same.
reason-same-values-reordered = The values are the same, in another order.
reason-second-copy = A second copy of these weights is in the file; which of the two is meant, nothing says.
reason-which-of-several = Several of this size stand in the block, and no word says which is which.
reason-rival = Taken by itself, another one would fit as well.
reason-names-say-little = The two sides have few words in common, so names prove little here.
reason-doubt-square = The matrix is square, so nothing tells whether it has to be transposed.
reason-doubt-heads = Rows have to be reordered by head, and the number of heads is not known.
reason-doubt-rotary = The two sides may store the rows of rotary attention in different orders.
reason-doubt-fused-layout = The fused tensor may keep query, key and value of each head together.
reason-doubt-nested = More than one step is needed; look at the recipe.
reason-doubt-resize = The sizes differ, so values have to be made up or given up.
reason-doubt-tied = Another key of the model takes the same tensor; this one may be tied to it.
reason-doubt-halves = One side may keep shift and scale the other way round.
reason-doubt-remaining = It is what is left over on both sides and fits nothing else; its name does not say it.
reason-doubt-direction = The two sides may count these blocks in opposite directions.

error-automap-too-large = There are { $units } modules on the two sides after folding; at most { $limit } are compared.
    .hint = Choose the part of the file that holds the weights, or map it with rules.
reason-doubt-turned = This matrix would have to be transposed, while others of its kind need not.
