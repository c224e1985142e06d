## Plans that were approved here, and values that were found again.

memory-looks = This looks like { $title }
memory-used = { $used ->
    [one] used once
   *[other] used { $used } times
  }, fits { $percent } %
memory-take = Take it
memory-forget = Forget
memory-forget-hint = No longer offer this plan for these two models. Transfers that used it stay as they are.
memory-forgotten = Forgotten: it is no longer offered.
edit-recalled = Plan of “{ $title }” taken
error-library-entry-not-found = That plan is not remembered here, or no longer.
    .hint = Look at the list of remembered plans again; export a finished transfer to have it remembered.
