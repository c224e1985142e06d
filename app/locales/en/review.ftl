## Review: comments, verdicts, what an approval takes.

edit-suggestion = A suggestion taken

review-title = Review
review-open = Review
people-here = Who else is here
review-back = Back to the mapping
review-compare = Version { $version } against
review-start = the start
review-approved-one = approved
review-show = Show
review-ticked = { $seen } of { $total } viewed
review-rules = What changed, by rule
review-outcomes = What it does to the keys
review-talk = Conversation
review-standing = Where it stands
review-diff = The plan as text, line by line
review-no-diff = Both plans read the same.
review-no-rules = No rule changed since v{ $version }.
review-no-rules-sides = The rules are the same.
review-no-outcomes = Every key fares as it did.
review-kind-added = added
review-kind-removed = removed
review-kind-changed = changed
review-kind-moved = moved
review-kind-carried = details
review-kind-replaced = replaced
review-keys = { $count ->
    [one] 1 key
   *[other] { $count } keys
  }
review-keys-moved = { $before } → { $after } keys
review-moved = place { $before } → { $after }
review-switched-on = switched on
review-switched-off = switched off
review-seen = viewed
review-origin = comes from elsewhere
review-absent = was not there
review-more = and { $count } more
review-outdated = outdated: what it speaks of is gone
review-resolved = resolved by { $name }
review-resolve = Resolve
review-reopen = Open again
review-reply = Reply
review-send = Send
review-comment = Comment
review-comment-key = Comment on this key
review-comment-rule = Comment on another rule
review-comment-hint = Markdown works; @name tells somebody.
review-edited = edited
review-erased = This comment was taken back.
review-own = Change or delete
review-change = Save the text
review-erase = Delete
review-suggest = Suggest
review-suggest-none = nothing
review-suggest-change = this rule instead
review-suggest-remove = to drop the rule
review-suggests = Suggested change
review-suggests-removal = Suggested: drop this rule
review-take = Take the suggestion
review-applied = taken, v{ $version }
review-about-all = About the whole
review-about-rule = Rule
review-about-key = Key
review-about-family = Family
review-state-open = waits for review
review-state-changes-requested = changes requested
review-state-approved = approved
review-state-stale = approval is stale
review-may-go = This version has all it takes.
review-stale-since = Version { $version } was approved; it was edited since.
review-needs = { $count ->
    [0] No approval is missing, but something else is.
    [one] One approval is missing.
   *[other] { $count } approvals are missing.
  }
review-did-approve = approved
review-did-request-changes = wants changes
review-is-stale = older version
review-own-work = own work: does not count
review-waits = asked
review-unask = No longer ask { $name }
review-decide = Your decision on v{ $version }
review-decide-hint = What you checked, or what should change
review-approve = Approve
review-request = Request changes
review-only-say = Only say
review-ask = Ask somebody to review
review-ask-do = Ask
review-terms = What an approval takes
review-terms-approvals = Approvals
review-take-along = The approval as a file
review-terms-save = Save
review-mention-hint = Name somebody:
js-slower = every 2 s
js-slower-why = This address is plain http: what others do shows every two seconds. Behind https it shows at once.
js-gone = This transfer is no longer there for you: it was deleted, or you may not look at it any more.
js-signed-out = You are no longer signed in here: what comes next is not shown to you.
js-sign-in = Sign in
js-rights-fewer = You may do less here than before: somebody changed your role.
js-rights-more = You may do more here than before: somebody changed your role.
js-show-anew = Show anew
js-newer = Version { $version } is there now.

required-coverage = Coverage
required-coverage-holds = Every target key is loaded, starts fresh or may be missing.
required-coverage-fails = { $count ->
    [one] One target key is neither loaded nor meant to start fresh.
   *[other] { $count } target keys are neither loaded nor meant to start fresh.
  }
required-loads = It loads
required-loads-holds = Torch takes what this plan writes, strictly.
required-loads-fails = Torch refuses what this plan writes.
required-loads-unknown = Not tried on this version yet; the export page tries it.
required-lint = Lint
required-lint-holds = Nothing is odd about the rules.
required-lint-fails = { $count ->
    [one] One finding about the rules is open.
   *[other] { $count } findings about the rules are open.
  }

error-comment-empty = A comment without words.
    .hint = Write what you want to say, then send it.
error-comment-long = The comment is longer than { $most } characters.
    .hint = Shorten it, or split it into several comments.
error-comment-about-nothing = { $what } is not in this transfer, so nothing can be said about it.
    .hint = Reload the page: the rule or key may have changed meanwhile.
error-comment-not-found = That comment is not here, or no longer.
    .hint = Reload the page to see the conversation as it is.
error-comment-of-another = Only who wrote a comment may change it.
    .hint = Answer it instead.
error-suggestion-without-rule = Only a comment on a rule can suggest another wording.
    .hint = Comment on the rule that should change.
error-suggestion-gone = The suggestion no longer fits: its rule was changed, or it was taken already.
    .hint = Look at the rules as they are now, and change the rule by hand where it still should.
error-verdict-without-words = Say what should change.
    .hint = Write a sentence; only an approval may go without one.
error-verdict-on-older = The transfer was edited while you looked at it: version { $version } is the newest.
    .hint = Look at what changed, then decide about the newest version.
error-reviewer-unknown = Nobody of that name may look at this transfer.
    .hint = Share the transfer with them first, then ask.

audit-review-approve = Version { $version } approved
audit-review-request-changes = Changes requested on version { $version }
audit-review-comment = Said something about version { $version }
audit-review-asked = { $name } asked for a review
audit-review-unasked = { $name } no longer asked for a review
audit-review-terms = Approvals that it takes set to { $approvals }
audit-comment-made = Comment written
audit-comment-changed = Comment changed
audit-comment-erased = Comment deleted
audit-comment-resolved = Thread resolved
audit-comment-reopened = Thread opened again
audit-comment-taken = Suggestion taken
error-terms-unknown = { $what } is nothing that an approval can take.
    .hint = Use a number of approvals from nought up, and the checks that the page lists.

inbox-title = What waits for you
inbox-newer = This list has changed meanwhile.
inbox-none = Nothing waits for you.
inbox-none-hint = Reviews you are asked for, comments that name you and changes asked of you come here.
inbox-asked = { $name } asks for your review
inbox-changes-requested = { $name } wants changes
inbox-mention = { $name } named you
inbox-thread = { $name } commented
