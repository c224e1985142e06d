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
