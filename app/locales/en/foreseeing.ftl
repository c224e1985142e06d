## The preview of a rule while it is typed

foreseen-gained = +{ $count }
foreseen-lost = −{ $count }
foreseen-failing = { $count ->
    [one] one key would not fit
   *[other] { $count } keys would not fit
  }
foreseen-nothing = No key would change.
foreseen-renamed = { $count ->
    [one] One source key gets another name
   *[other] { $count } source keys get another name
  }
