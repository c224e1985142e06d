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
plain-file = { $file }  { $bytes } bytes  { $keys } keys
plain-peak = At most { $peak } bytes of tensors are held in memory at once.
plain-computed = Computed ({ $count })
plain-left-out = Left out ({ $count })
