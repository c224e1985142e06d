# The ways to look at a transfer: filters and facets, triage, the table of mappings.

mode-triage = Triage
mode-table = Table
mode-aligned-hint = The model in its order, what fills each row beside it
mode-free-hint = Both trees, links between them
mode-triage-hint = One open family at a time
mode-table-hint = All mappings as a table

row-to = goes to { $name }. A click, or g, goes there.
row-weight = parameters · { $bytes }

facet-open-s = Narrow the source by state, shape, dtype, class, rule
facet-open-t = Narrow the model by state, shape, dtype, class, rule
facet-is = State
facet-dtype = Type
facet-shape = Shape
facet-class = Module class
facet-rule = Rule
facet-needs = needs me
facet-no-rule = no rule: equal names, or nothing
facet-more = { $count ->
    [one] One more: type { $name }: and its value.
   *[other] { $count } more: type { $name }: and the value.
  }
facet-help = The filter takes text, * and ?, /regular expressions/, and these terms: is: dtype: shape: class: rule:

act-needs = Only what needs me
pane-none = No key is what the filter asks for.
pane-none-hint = Words may stand anywhere in a key, all must be there. Terms narrow further: is:needs, dtype:F32, shape:768x*.
pane-clear = Show all again

threshold-open = Accept by confidence
threshold-label = Take every proposal from this confidence on
threshold-take = { $count ->
    [one] Accept one, { $least } and above
   *[other] Accept { $count }, { $least } and above
  }
palette-threshold = Accept proposals by confidence

triage-wait = { $count ->
    [one] key waits for you
   *[other] keys wait for you
  }
triage-place = { $place } of { $open }
triage-back = Back
triage-skip = Skip
triage-take-certain = Accept { $count } certain
triage-asks-proposed = Is this what fills it?
triage-asks-missing = Nothing fills it yet
triage-asks-mismatched = The shape differs: what makes it fit?
triage-asks-conflicting = Two sources reach it: which one?
triage-keys = { $count ->
    [one] one tensor
   *[other] { $count } tensors
  }
triage-ways = Ways to fill it, best first
triage-fresh = Start fresh
triage-fresh-hint = the model's own initialisation
triage-as-it-is = as it is
triage-confidence = Confidence { $value }
triage-take = { $count ->
    [one] Take this
   *[other] Take this for all { $count }
  }
triage-show = Show it among the others
triage-context = What speaks for it
triage-beside = What stands beside it
triage-end = { $count ->
    [one] One key is loaded, and none waits for you.
   *[other] { $count } keys are loaded, and none waits for you.
  }
triage-other-ways = Other ways out: files, the plan, a report

table-label = Mappings
table-source = Weights from
table-op = On the way
table-target = Into model
table-shape = Shape
table-keys = Keys
table-state = State
table-rule = Rule
table-acts = What can be done
table-nothing = nothing
table-as-it-is = as it is
table-change-source = Change what fills it
table-change-op = Change what is done on the way
table-source-field = Name of a source row
table-source-list = Rows of the source, those that fit first
table-none = No mapping is what the filters ask for.
table-state-loaded = loaded
table-state-used = used
table-state-proposed = proposed
table-state-missing = missing
table-state-mismatched = shape differs
table-state-conflicting = conflict
table-state-initialised = starts fresh
table-state-benign = no harm
table-state-unexpected = not used
table-state-ignored = left behind

palette-triage = Decide one family at a time (triage)
palette-table = Show all mappings as a table
palette-partner = Go to the partner of the row
palette-needs = Show only what needs me, or everything again
palette-filter-s = Filter the source
palette-filter-t = Filter the model

keys-needs = Only what needs me
keys-partner = To the partner
keys-range = Select a range
keys-triage = In triage: skip, back

js-no-partner = Nothing is on the other side of it.

error-case-gone = This case is no longer open as it was shown.
    .hint = What is open now is shown.
