## The report as plain text, and what is in a remapped file

plain-totals = { $keys } keys { $parameters } parameters { $bytes } bytes
plain-passes = strict=True will pass
plain-fails = strict=True will not pass
plain-rules = Rules
plain-no-rules = none: equal names only
plain-of = { $state } of { $source }
plain-more = { $count ->
    [one] one more family
   *[other] { $count } more families
  }
plain-takes = { $computed ->
    [0] A remapped file has { $output } bytes of tensors, all of them copied as they are.
   *[other] A remapped file has { $output } bytes of tensors; computing { $key } needs the most memory, { $peak } bytes.
  }
plain-takes-unread = { $count ->
    [one] No file can be written yet: one key is
   *[other] No file can be written yet: { NUMBER($count) } keys are
  } kept in quantized blocks whose numbers cannot be told.
plain-file = { $file }  { $bytes } bytes  { $keys } keys
plain-peak = At most { $peak } bytes of tensors are held in memory at once.
plain-computed = Computed ({ $count })
plain-left-out = Left out ({ $count })
