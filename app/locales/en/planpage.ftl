### The plan on the page: taken over from elsewhere, turned round, looked over.

# --- import
act-import = Import
palette-import = Import rules: a plan, pairs, re.sub, transformers
import-title = Import rules
import-kinds = A plan (text or JSON), a JSON list of pairs, a list of re.sub calls, or transformers' WeightRenaming and WeightConverter. It is read, never run.
import-text = What to import
import-placeholder = [["conv1.weight", "backbone.conv.weight"]]
import-file = Or a file
import-do = Import
import-replace = { $count ->
    [one] Put them in the place of the rule that is there
   *[other] Put them in the place of the { $count } rules that are there
}
import-is-plan = A plan.
import-is-pairs = A list of pairs.
import-is-substitutions = A list of substitutions.
import-is-transformers = A conversion list of transformers.
import-brings = { $count ->
    [0] Nothing of it can be taken over.
    [one] It brings one rule.
   *[other] It brings { $count } rules.
}
import-more = … and { $count } more
import-skipped = { $count ->
    [one] 1 entry is left out
   *[other] { $count } entries are left out
}
edit-taken = { $count ->
    [one] One rule imported
   *[other] { $count } rules imported
}
cli-imported = Read as { $kind }: { $rules } rules, { $skipped } entries left out.

# --- reverse
act-reverse = Reverse this transfer
palette-reverse = Reverse this transfer
reverse-title = The way back
reverse-open = Open it
reverse-whole = A transfer with the sides swapped is made. Nothing is lost: every source key comes back bit for bit.
reverse-lost = { $count ->
    [one] A transfer with the sides swapped is made. One key does not come back as it was: { $keys }.
   *[other] A transfer with the sides swapped is made. { $count } keys do not come back as they were: { $keys }.
}
reverse-lost-more = A transfer with the sides swapped is made. { $count } keys do not come back as they were: { $keys } and { $more } more.
error-reverse-several-sources = This transfer has { $count } sources; only a transfer with one can be reversed.
    .hint = On the command line, “keygraft plan invert --name” leads back to one source of several.

# --- lint
lint-error = wrong
lint-warning = odd
lint-notice = check
lint-count = { $count ->
    [one] One thing is odd about this plan
   *[other] { $count } things are odd about this plan
}

# --- the plan as text
act-plan-text = Edit as text
palette-plan-text = Edit the plan as text
plan-text-title = The plan as text
plan-text-hint = The whole plan takes the place of the one that is there, as one edit. Mistakes are said with line and column.
plan-text-do = Save the plan
