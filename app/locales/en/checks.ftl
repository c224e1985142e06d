## Does it load?

check-loads = It loads: torch built the model and took { $tensors } tensors with strict=True{ $fresh ->
    [0] .
    [one] , but for 1 key that starts fresh.
   *[other] , but for { $fresh } keys that start fresh.
  }
check-spared = { $count ->
    [one] Torch misses 1 key more that may be missing: it is tied to one that is loaded, or the model computes it. Load the file with strict=False, or with the loader script.
   *[other] Torch misses { $count } keys more that may be missing: they are tied to ones that are loaded, or the model computes them. Load the file with strict=False, or with the loader script.
  }
check-loads-not = It does not load as it stands: torch built the model and refuses.
check-fits = It fits: a stand-in with the model's keys took { $tensors } tensors with strict=True{ $fresh ->
    [0] .
    [one] , but for 1 key that starts fresh.
   *[other] , but for { $fresh } keys that start fresh.
  }
check-fits-not = It does not fit as it stands: torch refuses, asked with a stand-in that has the model's keys.
check-no-code = There is no code of the target here, only its keys: torch was asked with a stand-in that has them.
check-foretold = The target's keys were told without running its code: torch was asked with a stand-in that has them.
check-code-off = Code is not run here: torch was asked with a stand-in that has the target's keys.
check-not-built = The model could not be built again ({ $why }), so torch was asked with a stand-in that has its keys.
check-torch-says = torch says
check-differs = { $key }: torch says “{ $torch }”, we said “{ $ours }”.

error-check-disagrees = Torch and Keygraft disagree about { $count ->
    [one] { $key }: it says “{ $torch }”, we said “{ $ours }”.
   *[other] { $count } keys, first { $key }: it says “{ $torch }”, we said “{ $ours }”.
  }
    .hint = This is a defect of Keygraft: nothing is handed over until it is mended. Please report it with the plan.
