-- The mail of one account: version 1 (PRAGMA user_version).
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE mailbox (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	name TEXT NOT NULL UNIQUE, -- UTF-8 in NFC, '/' between levels
	use INTEGER NOT NULL DEFAULT 0,
	selectable INTEGER NOT NULL DEFAULT 1,
	uidvalidity INTEGER NOT NULL,
	uidnext INTEGER NOT NULL DEFAULT 1,
	modseq INTEGER NOT NULL DEFAULT 1, -- the highest one given
	recent_from INTEGER NOT NULL DEFAULT 1, -- UIDs from here on no session was told of
	messages INTEGER NOT NULL DEFAULT 0, -- sums of its rows of `message`
	bytes INTEGER NOT NULL DEFAULT 0,
	unseen INTEGER NOT NULL DEFAULT 0,
	deleted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE subscription (name TEXT PRIMARY KEY) WITHOUT ROWID;
-- A stored message: its bytes are in the file PATH, below the account's folder.
-- REFS places of mailboxes show it.
CREATE TABLE file (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	path TEXT NOT NULL UNIQUE,
	size INTEGER NOT NULL,
	refs INTEGER NOT NULL,
	facts BLOB NOT NULL
);
CREATE TABLE message (
	mailbox INTEGER NOT NULL,
	uid INTEGER NOT NULL,
	file INTEGER NOT NULL,
	flags INTEGER NOT NULL,
	keywords INTEGER NOT NULL, -- of keyword_set; 0: none
	modseq INTEGER NOT NULL,
	size INTEGER NOT NULL,
	internal_ms INTEGER NOT NULL,
	saved_ms INTEGER NOT NULL,
	PRIMARY KEY (mailbox, uid)
) WITHOUT ROWID;
CREATE TABLE keyword_set (
	mailbox INTEGER NOT NULL,
	id INTEGER NOT NULL,
	words TEXT NOT NULL, -- in order, a space between them
	PRIMARY KEY (mailbox, id)
) WITHOUT ROWID;
-- UIDs that are no more, and since which modseq (RFC 7162).
CREATE TABLE vanished (
	mailbox INTEGER NOT NULL,
	modseq INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL,
	PRIMARY KEY (mailbox, modseq, first)
) WITHOUT ROWID;
-- Files that no message shows any more: they go after the commit that says so.
CREATE TABLE pending_unlink (path TEXT PRIMARY KEY) WITHOUT ROWID;
-- What was delivered, so that a delivery that begins anew does nothing.
CREATE TABLE placed (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX placed_at ON placed (at_ms);
CREATE TABLE acl (
	mailbox INTEGER NOT NULL,
	who TEXT NOT NULL,
	rights INTEGER NOT NULL,
	PRIMARY KEY (mailbox, who)
) WITHOUT ROWID;
INSERT INTO meta VALUES ('uidvalidity', 0), ('bytes', 0), ('messages', 0);
PRAGMA user_version = 1;
