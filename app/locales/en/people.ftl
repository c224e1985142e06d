## Doors

error-sign-in-needed = Sign in to see this.
    .hint = Programs send an API token as Authorization: Bearer; one is made on the page of your account.
error-sign-in-refused = Name and password do not belong together.
    .hint = Try again; who looks after this installation can send you a link for a new password.
error-sign-in-throttled = Too many attempts did not succeed.
    .hint = Wait { $minutes } minutes; a link for a new password works at once.
error-right-missing = You may look at this, but not do that.
    .hint = Ask an owner of the transfer for another role, or whoever looks after this installation.
error-scope-missing = This token was not made for that.
    .hint = Make one with the scope that is needed: read, edit, review or admin.
error-bind-without-token = Listening on { $host } would let everybody in.
    .hint = Make an account with `keygraft people add --admin NAME`, or set KEYGRAFT_TOKEN to a long secret, or listen on 127.0.0.1.

error-value-unstorable = Something in this request is no text or number that can be kept.
    .hint = Leave out zero characters, and numbers of more than nine digits.

## Accounts

error-login-unusable = { $name } cannot be a name to sign in with.
    .hint = Use up to 64 letters, digits and . _ - + @, beginning with a letter or a digit.
error-login-taken = Somebody signs in as { $name } already.
    .hint = Choose another name.
error-name-empty = A name is missing.
    .hint = Write one.
error-password-length = A password has { $least } to { $most } characters.
    .hint = Several words in a row are easy to remember and hard to guess.
error-password-guessable = That password is among the first that anybody would try.
    .hint = Several words in a row are easy to remember and hard to guess.
error-password-wrong = That is not your present password.
    .hint = Try again; who looks after this installation can send you a link for a new one.
error-person-not-found = Nobody signs in as { $name }.
    .hint = The page of people lists everybody.
error-account-closed = The account of { $name } is closed.
    .hint = Open it first.
error-account-needed = This needs an account.
    .hint = `keygraft people add --admin NAME` makes the first one.
error-last-admin = Nobody would look after this installation any more.
    .hint = Make somebody else an admin first.
error-invitation-outdated = This link has been used, taken back, or is too old.
    .hint = Ask for a new one.
error-session-not-found = There is no such session.
    .hint = It may have ended already.

## Tokens, links

error-token-not-found = You have no such token.
    .hint = It may have been taken back already.
error-token-days = A token holds for 1 to { $most } days.
    .hint = Choose a number in between, or none: then it holds until it is taken back.
error-scopes-unknown = A token needs at least one scope, and only those that there are.
    .hint = The scopes are: { $scopes }.
error-share-outdated = This link has been taken back, or is too old.
    .hint = Ask who sent it for a new one.
error-share-days = A link holds for 1 to { $most } days.
    .hint = Choose a number in between.

## Teams, roles

error-team-not-found = There is no team { $team }.
    .hint = It may have been dissolved.
error-team-taken = There is a team { $name } already.
    .hint = Choose another name.
error-role-unknown = { $role } is no role.
    .hint = The roles are: { $roles }.
error-last-owner = Nobody would own this transfer any more.
    .hint = Make somebody else an owner first.

## What was done

person-machine = This machine

audit-sign-in-done = Signed in from { $address }
audit-sign-in-refused = Sign-in as { $name } from { $address } refused
audit-sign-out-done = Signed out
audit-session-ended = Signed other browsers out
audit-password-changed = Changed the password
audit-password-set = Set a password by a link
audit-account-made = Made an account for { $name }
audit-account-renamed = Is shown as { $name } now
audit-account-closed = Closed the account of { $name }
audit-account-opened = Opened the account of { $name }
audit-admin-given = Made { $name } an admin
audit-admin-taken = { $name } is no admin any more
audit-invitation-made = Made an invitation { $name }
audit-invitation-accepted = Came in by an invitation, as { $name }
audit-invitation-revoked = Took an invitation back
audit-reset-made = Made a link for a new password of { $name }
audit-token-made = Made the token { $title } ({ $prefix }…, { $scopes })
audit-token-revoked = Took a token back
audit-share-made = Made a link for reading, for { $days } days
audit-share-opened = Somebody opened a link for reading
audit-share-revoked = Took a link for reading back
audit-role-given = Gave { $to } the role { $role }
audit-role-taken = Took the role { $role } from { $to }
audit-team-made = Made the team { $name }
audit-team-changed = Changed the team { $name }
audit-team-deleted = Dissolved the team { $name }
audit-team-joined = Took { $name } into { $team }
audit-team-left = Took { $name } out of { $team }
audit-transfer-made = Began { $title }
audit-transfer-copied = Began { $title }, a copy
audit-transfer-renamed = Named it { $title }
audit-transfer-archived = Put it away
audit-transfer-unarchived = Took it back
audit-transfer-deleted = Deleted { $title }
audit-edit-done = Version { $version }: { $label }
audit-version-named = Named version { $version } { $name }
audit-export-taken = Exported { $kind }, version { $version }
audit-library-forgotten = Forgot an approved plan

## Copies

transfer-copy = { $title } (copy)

## Signing in

sign-in = Sign in
sign-in-title = Sign in
sign-in-help = No password, or forgotten? Who looks after this installation can send you a link.
sign-out = Sign out
field-login = Name
field-name = Shown as
field-password = Password
field-old-password = Present password
field-new-password = New password
welcome-title = Welcome to Keygraft
welcome-back = Choose a password
welcome-lead = { $author } invites you. Choose a name to sign in with, and a password.
welcome-lead-team = { $author } invites you to { $team }. Choose a name to sign in with, and a password.
welcome-set = For { $name }. Browsers that are signed in with it will have to sign in again.
welcome-go = Go on
password-help = At least { $least } characters; several words in a row are easy to remember.
password-change-help = At least { $least } characters. Other browsers are signed out; tokens stay.

## The menu of a person

person-menu = { $name }: account and more
people-admin = Admin

## Account

account-title = Your account
account-lead = You sign in as { $login }.
account-none = One person works here, on this machine, without an account. The first account is made on the command line; from then on everybody signs in.
tokens-title = Tokens
tokens-lead = What programs send instead of a password: Authorization: Bearer.
token-untitled = Without a name
token-forever = until taken back
token-used = used { $when }
token-unused = never used
token-revoke-named = Take back { $title }
token-field-title = What is it for?
token-placeholder = Training cluster
token-field-scopes = It may
token-field-days = Holds for
token-make = Make a token
scope-read = read
scope-edit = edit
scope-review = review
scope-admin = everything
scope-means-read = look at what you may see, take exports
scope-means-edit = begin transfers, change those you may edit
scope-means-review = comment and decide where you may
scope-means-admin = whatever you may do yourself
until = until { $when }
days = { $count ->
    [one] one day
   *[other] { $count } days
  }
act-revoke = Take back
act-save = Save
once-token = Here is your token
once-link = Here is the link
once-share = Here is the link
once-hint = It is shown this once; copy it now.
password-title = Password
password-change = Change password
sessions-title = Signed in
session-this = this browser
session-seen = last { $when }
sessions-end = Sign all others out
name-title = Name

## People and teams

people-title = People and teams
people-lead = Who may come in. What somebody did stays theirs, also when their account is closed.
people-everybody = Everybody
people-waiting = no password yet
people-closed = closed
people-since = since { $when }
people-more = More for { $name }
people-reset = Link for a new password
people-admin-on = Make an admin
people-admin-off = No longer an admin
people-close = Close the account
people-open = Open the account
invite-title = Invite
invite-lead = A link makes one account. It holds for a week.
invite-name = Name to propose
invite-team = Team
invite-no-team = none
invite-make = Make a link
invite-unnamed = Somebody
invite-new = new account
invite-reset = new password
invite-by = by { $author }
teams-title = Teams
teams-lead = A team gets a role in a transfer like a person. Its usual role is what it gets where nothing else is said.
team-name = Team
team-role = Usual role
team-make = Make a team
team-delete = Dissolve
team-delete-named = Dissolve { $name }
team-join = Add somebody
team-join-named = Add somebody to { $name }
team-leave = Take { $name } out of { $team }
role-viewer = Viewer
role-reviewer = Reviewer
role-editor = Editor
role-owner = Owner

## Sharing

sharing-title = Share
sharing-people = People
sharing-team = Team
sharing-you = you
sharing-nobody = Nobody but those who look after this installation.
sharing-role = Role
sharing-role-of = Role of { $name }
sharing-remove = Take the role away
sharing-add = Person
sharing-add-team = Team
sharing-login = Name to sign in with
sharing-give = Give
sharing-usual = its usual one
sharing-alone = Roles for people and teams need accounts. The first one is made on the command line:
sharing-roles = Viewers look and take exports; reviewers also comment and decide; editors also change the plan; owners also share, put away and delete.
sharing-links = Links for reading
sharing-links-lead = Who has the link looks at this transfer and its review without an account, and changes nothing.
sharing-link-title = For whom?
sharing-link-untitled = Without a name
sharing-link-make = Make a link
sharing-opened = opened { $when }
sharing-not-opened = not opened yet
share-reading = Reading only
js-reading-only = You may look at this transfer, but not change it.

## The log

log-title = Log
log-lead = What was done, the newest first. The log only grows.
log-person = Who
log-who = Who
log-everybody = everybody
log-what = What
log-everything = everything
log-when = When (UTC)
log-transfer = Transfer
log-show = Show
log-all = Show everything
log-older = Older
log-none = Nothing yet.
log-thing-sign-in = signing in
log-thing-account = accounts
log-thing-invitation = invitations
log-thing-token = tokens
log-thing-role = roles
log-thing-share = links for reading
log-thing-team = teams
log-thing-transfer = transfers
log-thing-edit = edits
log-thing-review = reviews
log-thing-comment = comments
log-thing-export = exports
home-copy = Make a copy

## Finding

find-label = Find transfers
find-text = Words in titles, model names and people's names
find-placeholder = Find by title, model or person
find-state = State
find-state-any = all
find-state-open = keys are missing
find-state-complete = complete
find-state-asked = waits for review
find-state-changes-requested = changes requested
find-state-approved = approved
find-state-stale = approval is stale
find-state-archived = put away
find-who = Person
find-anybody = with anybody
find-go = Find
find-none = Nothing of that kind
find-none-hint = Try fewer words, or another state.
