/* Commands taken apart: RFC 9051's examples, its extensions', and what is wrong. */
#include "check.h"

#include "imap/parse.h"

static struct arena arena;
static struct imap_command command;
static struct imap_error error;

static bool parse_as(const char *line, bool utf8)
{
	struct slice text;

	arena_reset(&arena);
	text = arena_format(&arena, "%s\r\n", line);
	if (strstr(line, "APPEND") && strchr(line, '{'))
		text.size -= 2;
	return imap_parse(&arena, text, utf8, &command, &error);
}

static bool parse(const char *line)
{
	bool good = parse_as(line, false);

	if (!good)
		fprintf(stderr, "# %s: %s\n", line, error.text);
	return good;
}

static void set_text(const struct uid_set *set, const char *want)
{
	struct buffer out = {0};

	uid_set_write(set, &out);
	CHECK_SLICE(buffer_contents(&out), want);
	buffer_finish(&out);
}

CASE("commands without arguments")
{
	for (int i = 1; i < IMAP_VERBS; i++) {
		char line[64];

		snprintf(
			line, sizeof(line), "a1 %s", imap_verb_name((enum imap_verb)i));
		if (parse_as(line, false))
			CHECK_NUMBER(command.verb, i);
		else
			CHECK_SLICE(slice_of(error.text), "Missing argument");
		CHECK_SLICE(command.tag, "a1");
	}
}

CASE("what is wrong is answered with a reason")
{
	static const struct {
		const char *line, *text;
	} table[] = {
		{"", "A tag and a space were expected"},
		{"a", "A command was expected"},
		{"a ", "A command was expected"},
		{"+ NOOP", "A tag and a space were expected"},
		{"a FOO", "Unknown command"},
		{"a NOOP x", "Too many arguments"},
		{"a UID NOOP", "This command has no UID form"},
		{"a LOGIN x", "Missing argument"},
		{"a LOGIN \"x", "A quoted string does not end"},
		{"a LOGIN \"x\\y\" z", "A backslash before what needs none"},
		{"a FETCH 0 FLAGS", "A set of numbers was expected"},
		{"a FETCH 1 (FLAGS", "A closing parenthesis was expected"},
		{"a FETCH 1 BODY[MIME]", "There is no such section"},
		{"a FETCH 1 BODY[1.]", "A section ends in a dot"},
		{"a FETCH 1 BINARY[TEXT]", "There is no such section"},
		{"a FETCH 1 BODY[]<0.0>", "The number may not be 0"},
		{"a FETCH 4294967296 FLAGS", "A set of numbers was expected"},
		{"a FETCH 1 FLAGS (VANISHED)",
			"VANISHED needs UID FETCH and CHANGEDSINCE"},
		{"a STORE 1 FLAGS (\\Recent)", "There is no such system flag"},
		{"a SEARCH", "Missing argument"},
		{"a SEARCH BEFORE 30-Feb-2020", "A date was expected (1-Feb-2026)"},
		{"a SEARCH CHARSET x-none ALL", "The charset is not known"},
		{"a SEARCH (ALL", "A closing parenthesis was expected"},
		{"a SELECT &AB", "The mailbox name is not in modified UTF-7"},
		{"a CREATE x (USE (\\Nothing))", "No mailbox has that use"},
		{"a STATUS x (FOO)", "Unknown status item"},
		{"a LIST (RECURSIVEMATCH) \"\" *",
			"RECURSIVEMATCH needs another option"},
		{"a SETACL x fred q", "There is no such right"},
		{"a COMPRESS LZ4", "Only DEFLATE is known"},
		{"a GETMETADATA x (DEPTH 2) /shared/a", "Syntax error"},
		{"a GETMETADATA x /public/a", "No entry can be called that"},
		{"a SETMETADATA x (/shared NIL)", "No entry can be called that"},
		{"a SETMETADATA x (/shared/a/ NIL)", "No entry can be called that"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		CHECK(!parse_as(table[i].line, false));
		CHECK_SLICE(slice_of(error.text), table[i].text);
	}
}

CASE("LOGIN, AUTHENTICATE, ID, ENABLE")
{
	CHECK(parse("a LOGIN SMITH {6+}\r\nSE SAM"));
	CHECK_SLICE(command.login.user, "SMITH");
	CHECK_SLICE(command.login.password, "SE SAM");
	CHECK(parse("a login \"a\\\"b\\\\\" c]"));
	CHECK_SLICE(command.login.user, "a\"b\\");
	CHECK_SLICE(command.login.password, "c]");
	CHECK(parse("a AUTHENTICATE PLAIN dGVzdA=="));
	CHECK_SLICE(command.authenticate.initial, "dGVzdA==");
	CHECK(parse("a AUTHENTICATE EXTERNAL ="));
	CHECK(command.authenticate.has_initial && !command.authenticate.initial.size);
	CHECK(parse("a ID (\"name\" \"x\" \"os\" NIL)"));
	CHECK_NUMBER(command.id.count, 2);
	CHECK(!command.id.values[1].at);
	CHECK(parse("a ID NIL"));
	CHECK(parse("a ENABLE CONDSTORE X-GOOD"));
	CHECK_NUMBER(command.words.count, 2);
}

CASE("names of mailboxes")
{
	CHECK(parse("a SELECT inbox/x"));
	CHECK_SLICE(command.select.mailbox, "INBOX/x");
	CHECK(parse("a SELECT \"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""));
	CHECK_SLICE(command.select.mailbox, "~peter/mail/台北/日本語");
	CHECK(parse_as("a SELECT \"&Jjo-\"", true));
	CHECK_SLICE(command.select.mailbox, "&Jjo-");
	CHECK(parse_as("a SELECT \"Entwu\xcc\x88rfe\"", true));
	CHECK_SLICE(command.select.mailbox, "Entwürfe");
	CHECK(!parse_as("a SELECT \"&Jjo-&Jjo-\"", false));
	CHECK(error.no);
	CHECK(parse("a CREATE owatagusiam/ (USE (\\Drafts \\Sent))"));
	CHECK_SLICE(command.create.mailbox, "owatagusiam");
	CHECK_NUMBER(command.create.uses, IMAP_USE_DRAFTS | IMAP_USE_SENT);
	CHECK(parse("a RENAME x {1+}\r\ny"));
	CHECK_SLICE(command.rename.to, "y");
}

CASE("RFC 7162 3.2.5: SELECT with QRESYNC")
{
	CHECK(parse(
		"a SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541) "
		"CONDSTORE)"));
	CHECK(command.select.qresync && command.select.condstore);
	CHECK_NUMBER(command.select.uidvalidity, 67890007);
	CHECK_NUMBER(command.select.modseq, 90060115194045000);
	set_text(&command.select.known, "41:211,214:541");
	CHECK(parse("a SELECT INBOX (QRESYNC (6 9 1:29997 (5000,7500 15000,22500)))"));
	set_text(&command.select.match_uids, "15000,22500");
	CHECK(parse("a SELECT INBOX (QRESYNC (6 9 (1 2)))"));
	CHECK(!command.select.has_known);
	CHECK(!parse_as("a SELECT INBOX (QRESYNC (6 9 1:*))", false));
}

CASE("LIST, LSUB, STATUS")
{
	CHECK(parse("a LIST \"\" %"));
	CHECK(!command.list.extended);
	CHECK_SLICE(command.list.patterns[0], "%");
	CHECK(parse("a LIST (SUBSCRIBED RECURSIVEMATCH) ref (\"INBOX\" Drafts *) "
		    "RETURN (CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN))"));
	CHECK(command.list.extended && command.list.select_recursive);
	CHECK(command.list.return_subscribed && command.list.return_special);
	CHECK_NUMBER(command.list.pattern_count, 3);
	CHECK_NUMBER(command.list.status, IMAP_STATUS_MESSAGES | IMAP_STATUS_UNSEEN);
	CHECK(!parse_as("a LIST () \"\" () RETURN ()", false));
	CHECK(parse("a LIST \"\" \"x&*\""));
	CHECK_SLICE(command.list.patterns[0], "x&*");
	CHECK(parse("a LSUB \"#news.\" \"comp.mail.*\""));
	CHECK_SLICE(command.list.patterns[0], "comp.mail.*");
	CHECK(parse("a STATUS blurdybloop (UIDNEXT MESSAGES HIGHESTMODSEQ SIZE)"));
	CHECK_NUMBER(command.status.items, 1 + 4 + 64 + 128);
}

CASE("APPEND up to each of its messages")
{
	struct imap_append more;

	CHECK(parse(
		"a APPEND saved-messages (\\Seen $X) \"25-Mar-2026 00:00:01 +0100\" "
		"{326}\r\n"));
	CHECK_NUMBER(command.append.size, 326);
	CHECK_NUMBER(command.append.flags.system, IMAP_SEEN);
	CHECK_NUMBER(command.append.flags.keyword_count, 1);
	CHECK_NUMBER(command.append.internal_ms, INT64_C(1774393201000));
	CHECK(parse("a APPEND x UTF8 (~{5+}\r\n"));
	CHECK(command.append.utf8 && command.append.binary);
	CHECK_NUMBER(imap_parse_append(&arena, SLICE(")\r\n"), true, &more, &error),
		IMAP_APPEND_END);
	CHECK_NUMBER(imap_parse_append(&arena, SLICE("\r\n"), true, &more, &error),
		IMAP_APPEND_WRONG);
	CHECK_NUMBER(imap_parse_append(
			     &arena, SLICE(" (\\Draft) {7}\r\n"), false, &more, &error),
		IMAP_APPEND_MESSAGE);
	CHECK_NUMBER(more.size, 7);
}

CASE("FETCH")
{
	const struct imap_item *item;

	CHECK(parse("a FETCH 2:4,*:9 (FLAGS BODY[HEADER.FIELDS (DATE {4+}\r\nFR M)] "
		    "BODY.PEEK[1.2.MIME]<5.10> flags)"));
	CHECK_NUMBER(command.fetch.set.count, 2);
	CHECK_NUMBER(command.fetch.set.at[0].first, 2);
	CHECK_NUMBER(command.fetch.set.at[0].last, 4);
	CHECK_NUMBER(command.fetch.set.at[1].first, IMAP_STAR);
	CHECK_NUMBER(command.fetch.set.at[1].last, 9);
	CHECK_NUMBER(command.fetch.count, 3);
	item = command.fetch.items;
	CHECK_NUMBER(item[0].kind, IMAP_ITEM_FLAGS);
	CHECK_SLICE(item[1].label, "BODY[HEADER.FIELDS (DATE \"FR M\")]");
	CHECK(!item[1].peek && command.fetch.sets_seen);
	CHECK_SLICE(item[2].label, "BODY[1.2.MIME]<5>");
	CHECK_NUMBER(item[2].section.numbers[1], 2);
	CHECK_NUMBER(item[2].size, 10);
	CHECK(parse("a UID FETCH 1:* ALL (CHANGEDSINCE 12345 VANISHED)"));
	CHECK(command.uid && command.fetch.vanished);
	CHECK_NUMBER(command.fetch.count, 6);
	CHECK(parse(
		"a FETCH 1 (BINARY[1]<0.5> BINARY.PEEK[2.1] BINARY.SIZE[] RFC822 "
		"RFC822.TEXT RFC822.HEADER PREVIEW (LAZY) EMAILID THREADID SAVEDATE "
		"BODY BODYSTRUCTURE BODY[])"));
	item = command.fetch.items;
	CHECK_SLICE(item[0].label, "BINARY[1]<0>");
	CHECK_SLICE(item[2].label, "BINARY.SIZE[]");
	CHECK_SLICE(item[3].label, "RFC822");
	CHECK_SLICE(item[5].label, "RFC822.HEADER");
	CHECK(item[6].lazy);
	CHECK_SLICE(item[12].label, "BODY[]");
	CHECK(parse("a UID FETCH 1:* FLAGS (PARTIAL -1:-30 CHANGEDSINCE 5)"));
	CHECK_NUMBER(command.fetch.partial_last, -30);
	CHECK(!parse_as("a UID FETCH 1:* FLAGS (PARTIAL 1:-30)", false));
	CHECK(!parse_as("a FETCH 1:* FLAGS (PARTIAL 1:30)", false));
	CHECK(parse("a FETCH 1 full"));
	CHECK_NUMBER(command.fetch.count, 5);
	CHECK(!command.fetch.sets_seen);
}

CASE("STORE, COPY, MOVE, EXPUNGE")
{
	CHECK(parse("a UID STORE 1:5 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT "
		    "\\Deleted $x"));
	CHECK(command.store.silent && command.store.unchanged_since);
	CHECK_NUMBER(command.store.how, IMAP_STORE_ADD);
	CHECK_NUMBER(command.store.flags.system, IMAP_DELETED);
	CHECK(parse("a STORE $ FLAGS ()"));
	CHECK(command.store.set.saved);
	CHECK(parse("a MOVE 1 Trash"));
	CHECK_SLICE(command.copy.mailbox, "Trash");
	CHECK(parse("a UID EXPUNGE 3000:3002"));
	CHECK(parse("a EXPUNGE  "));
	CHECK(!parse_as("a EXPUNGE 1", false));
}

CASE("SEARCH, SORT, THREAD")
{
	const struct imap_key *key;

	CHECK(parse("a SEARCH RETURN (MIN COUNT SAVE) CHARSET ISO-8859-1 FLAGGED SINCE "
		    "1-Feb-1994 NOT FROM {2+}\r\n\xe4x OR (LARGER 5 $) UID 1:*"));
	CHECK_NUMBER(command.search.returns,
		IMAP_RETURN_MIN | IMAP_RETURN_COUNT | IMAP_RETURN_SAVE);
	CHECK(command.search.uses_saved);
	key = command.search.keys->first;
	CHECK_NUMBER(key->flag, IMAP_FLAGGED);
	key = key->next;
	CHECK_NUMBER(key->day, 8797);
	key = key->next->first;
	CHECK_SLICE(key->text, "äx");
	CHECK(parse("a SEARCH RETURN () ALL"));
	CHECK_NUMBER(command.search.returns, IMAP_RETURN_ALL);
	CHECK(parse(
		"a SEARCH RETURN (PARTIAL -1:-100) YOUNGER 60 OLDER 5 SAVEDSINCE "
		"1-Jan-2026 MODSEQ \"/flags/\\\\draft\" all 620162338 UNKEYWORD $x"));
	CHECK_NUMBER(command.search.partial_last, -100);
	CHECK(command.search.modseq);
	CHECK(parse("a SEARCH HEADER X-A \"\" NEW OLD EMAILID M1 BODY {0+}\r\n"));
	CHECK(parse("a UID SORT RETURN (ALL) (REVERSE DATE SUBJECT) UTF-8 UNDELETED"));
	CHECK(command.search.sort[0].reverse && !command.search.sort[1].reverse);
	CHECK(parse("a THREAD REFERENCES UTF-8 TEXT x"));
	CHECK_NUMBER(command.search.thread, IMAP_THREAD_REFERENCES);
}

CASE("a search is nested so deep and no deeper; and has so many keys")
{
	char line[20000];
	size_t size = (size_t)snprintf(line, sizeof(line), "a SEARCH ");

	for (int i = 0; i < IMAP_SEARCH_DEPTH - 1; i++)
		size += (size_t)snprintf(line + size, sizeof(line) - size, "NOT ");
	snprintf(line + size, sizeof(line) - size, "ALL");
	CHECK(parse(line));
	snprintf(line + size, sizeof(line) - size, "NOT ALL");
	CHECK(!parse_as(line, false));
	CHECK(error.no);
	CHECK_SLICE(slice_of(error.code), "LIMIT");
	size = (size_t)snprintf(line, sizeof(line), "a SEARCH ALL");
	for (int i = 0; i < 2500; i++)
		size += (size_t)snprintf(line + size, sizeof(line) - size, " NEW");
	CHECK(!parse_as(line, false));
	CHECK_SLICE(slice_of(error.code), "LIMIT");
	arena_finish(&arena);
}

CASE("quotas and rights")
{
	CHECK(parse("a SETQUOTA \"\" (STORAGE 512 MESSAGE 10)"));
	CHECK_NUMBER(command.quota.storage, 512);
	CHECK(command.quota.has_message);
	CHECK(parse("a GETQUOTAROOT INBOX"));
	CHECK(parse("a SETACL INBOX/Drafts Byron +lr"));
	CHECK_NUMBER(command.acl.how, '+');
	CHECK_SLICE(command.acl.rights, "lr");
	CHECK(parse("a DELETEACL INBOX Fred"));
	CHECK(parse("a LISTRIGHTS ~/Mail/saved smith"));
	CHECK(parse("a MYRIGHTS INBOX"));
	/* RFC 5464 4.2, and its examples */
	CHECK(parse("a GETMETADATA (MAXSIZE 1024 DEPTH 1) \"INBOX\" (/shared/A "
		    "\"/private\")"));
	CHECK(command.metadata.children && !command.metadata.all);
	CHECK_NUMBER(command.metadata.size, 1024);
	CHECK_NUMBER(command.metadata.count, 2);
	CHECK_SLICE(command.metadata.entries[0].entry, "/shared/a");
	CHECK(parse("a GETMETADATA \"\" (DEPTH infinity) /shared"));
	CHECK(command.metadata.all && !command.metadata.mailbox.size);
	CHECK(parse("a SETMETADATA INBOX (/private/a NIL /private/b \"\")"));
	CHECK(!command.metadata.entries[0].value.at);
	CHECK(command.metadata.entries[1].value.at);
	arena_finish(&arena);
}

CHECK_MAIN()
