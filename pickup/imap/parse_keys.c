/* Reads search keys: a tree of bounded depth (RFC 9051 6.4.4). */
#include "imap/lex_core.h"
#include "imap/parse_core.h"
#include "mail/mime_decode.h"
#include "mail/text.h"

struct reading {
	struct lex *lex;
	struct imap_search *search;
	struct slice charset;
	unsigned depth;
};

enum form {
	BARE,	 /* no argument; FLAG and NOT FLAG */
	NEGATED, /* the same, NOT in front */
	TEXT,
	WORD, /* a keyword */
	NEGATED_WORD,
	OBJECT, /* an object id */
	DATE,
	NUMBER,
	INTERVAL, /* seconds, not 0 */
	SET,
};

static const struct known {
	const char *name;
	enum imap_key_kind kind;
	enum form form;
	uint8_t flag;
} known_keys[] = {
	{"ALL", IMAP_KEY_AND, BARE, 0},
	{"ANSWERED", IMAP_KEY_FLAG, BARE, IMAP_ANSWERED},
	{"BCC", IMAP_KEY_BCC, TEXT, 0},
	{"BEFORE", IMAP_KEY_BEFORE, DATE, 0},
	{"BODY", IMAP_KEY_BODY, TEXT, 0},
	{"CC", IMAP_KEY_CC, TEXT, 0},
	{"DELETED", IMAP_KEY_FLAG, BARE, IMAP_DELETED},
	{"DRAFT", IMAP_KEY_FLAG, BARE, IMAP_DRAFT},
	{"EMAILID", IMAP_KEY_EMAILID, OBJECT, 0},
	{"FLAGGED", IMAP_KEY_FLAG, BARE, IMAP_FLAGGED},
	{"FROM", IMAP_KEY_FROM, TEXT, 0},
	{"KEYWORD", IMAP_KEY_KEYWORD, WORD, 0},
	{"LARGER", IMAP_KEY_LARGER, NUMBER, 0},
	{"OLD", IMAP_KEY_FLAG, NEGATED, IMAP_RECENT},
	{"OLDER", IMAP_KEY_OLDER, INTERVAL, 0},
	{"ON", IMAP_KEY_ON, DATE, 0},
	{"RECENT", IMAP_KEY_FLAG, BARE, IMAP_RECENT},
	{"SAVEDATESUPPORTED", IMAP_KEY_SAVE_DATE_SUPPORTED, BARE, 0},
	{"SAVEDBEFORE", IMAP_KEY_SAVED_BEFORE, DATE, 0},
	{"SAVEDON", IMAP_KEY_SAVED_ON, DATE, 0},
	{"SAVEDSINCE", IMAP_KEY_SAVED_SINCE, DATE, 0},
	{"SEEN", IMAP_KEY_FLAG, BARE, IMAP_SEEN},
	{"SENTBEFORE", IMAP_KEY_SENT_BEFORE, DATE, 0},
	{"SENTON", IMAP_KEY_SENT_ON, DATE, 0},
	{"SENTSINCE", IMAP_KEY_SENT_SINCE, DATE, 0},
	{"SINCE", IMAP_KEY_SINCE, DATE, 0},
	{"SMALLER", IMAP_KEY_SMALLER, NUMBER, 0},
	{"SUBJECT", IMAP_KEY_SUBJECT, TEXT, 0},
	{"TEXT", IMAP_KEY_TEXT, TEXT, 0},
	{"THREADID", IMAP_KEY_THREADID, OBJECT, 0},
	{"TO", IMAP_KEY_TO, TEXT, 0},
	{"UID", IMAP_KEY_UID, SET, 0},
	{"UNANSWERED", IMAP_KEY_FLAG, NEGATED, IMAP_ANSWERED},
	{"UNDELETED", IMAP_KEY_FLAG, NEGATED, IMAP_DELETED},
	{"UNDRAFT", IMAP_KEY_FLAG, NEGATED, IMAP_DRAFT},
	{"UNFLAGGED", IMAP_KEY_FLAG, NEGATED, IMAP_FLAGGED},
	{"UNKEYWORD", IMAP_KEY_KEYWORD, NEGATED_WORD, 0},
	{"UNSEEN", IMAP_KEY_FLAG, NEGATED, IMAP_SEEN},
	{"YOUNGER", IMAP_KEY_YOUNGER, INTERVAL, 0},
};

static struct imap_key *make(struct reading *reading, enum imap_key_kind kind)
{
	struct imap_key *key;

	if (++reading->search->key_count > IMAP_SEARCH_KEYS) {
		(void)lex_no(reading->lex, "LIMIT", "Too many search keys");
		return NULL;
	}
	key = ARENA_NEW(reading->lex->arena, struct imap_key);
	key->kind = kind;
	return key;
}

/* NOT of it. */
static struct imap_key *negate(struct reading *reading, struct imap_key *child)
{
	struct imap_key *key = child ? make(reading, IMAP_KEY_NOT) : NULL;

	if (key)
		key->first = child;
	return key;
}

static bool take_text(struct reading *reading, struct slice *text_r)
{
	struct lex *lex = reading->lex;
	struct slice text;

	if (!lex_space(lex) || !lex_astring(lex, &text))
		return false;
	text = mime_to_utf8(lex->arena, reading->charset, text);
	*text_r = text;
	return true;
}

static bool take_argument(
	struct reading *reading, const struct known *known, struct imap_key *key)
{
	struct lex *lex = reading->lex;
	uint32_t seconds;

	switch (known->form) {
	case BARE:
	case NEGATED:
		key->flag = known->flag;
		return true;
	case TEXT:
		return take_text(reading, &key->text);
	case WORD:
	case NEGATED_WORD:
		return lex_space(lex) && lex_keyword(lex, &key->text);
	case OBJECT:
		return lex_space(lex) && lex_atom(lex, &key->text);
	case DATE:
		return lex_space(lex) && lex_date(lex, &key->day);
	case NUMBER:
		return lex_space(lex) && lex_number64(lex, &key->number);
	case INTERVAL:
		if (!lex_space(lex) || !lex_nonzero(lex, &seconds))
			return false;
		key->number = seconds;
		return true;
	case SET:
		if (!lex_space(lex) || !lex_set(lex, &key->set))
			return false;
		reading->search->uses_saved |= key->set.saved;
		return true;
	}
	return false;
}

static struct imap_key *take_known(struct reading *reading, const struct known *known)
{
	struct imap_key *key = make(reading, known->kind);

	if (!key || !take_argument(reading, known, key))
		return NULL;
	if (known->form == NEGATED || known->form == NEGATED_WORD)
		return negate(reading, key);
	return key;
}

/* MODSEQ ["/flags/\\draft" all|shared|priv] number (RFC 7162 3.1.5). */
static struct imap_key *take_modseq(struct reading *reading)
{
	struct imap_key *key = make(reading, IMAP_KEY_MODSEQ);
	struct lex *lex = reading->lex;
	struct slice entry;

	if (!key || !lex_space(lex))
		return NULL;
	reading->search->modseq = true;
	if (lex_is_char(lex, '"')) {
		if (!lex_string(lex, &entry) || !lex_space(lex))
			return NULL;
		if (!lex_if_word(lex, "all") && !lex_if_word(lex, "shared") &&
			!lex_word(lex, "priv"))
			return NULL;
		if (!lex_space(lex))
			return NULL;
	}
	return lex_number64(lex, &key->number) ? key : NULL;
}

static struct imap_key *take_header(struct reading *reading)
{
	struct imap_key *key = make(reading, IMAP_KEY_HEADER);
	struct lex *lex = reading->lex;

	if (!key || !lex_space(lex) || !lex_astring(lex, &key->name) ||
		!take_text(reading, &key->text))
		return NULL;
	if (key->name.size)
		return key;
	(void)lex_bad(lex, "A header field was expected");
	return NULL;
}

static struct imap_key *take_key(struct reading *reading);

static struct imap_key *take_or(struct reading *reading)
{
	struct imap_key *key = make(reading, IMAP_KEY_OR);

	if (!key || !lex_space(reading->lex))
		return NULL;
	key->first = take_key(reading);
	if (!key->first || !lex_space(reading->lex))
		return NULL;
	key->first->next = take_key(reading);
	return key->first->next ? key : NULL;
}

static struct imap_key *take_not(struct reading *reading)
{
	return lex_space(reading->lex) ? negate(reading, take_key(reading)) : NULL;
}

/* Keys with spaces between them: all of them. */
static struct imap_key *take_all(struct reading *reading)
{
	struct imap_key *key = make(reading, IMAP_KEY_AND), **end;

	if (!key)
		return NULL;
	end = &key->first;
	do {
		*end = take_key(reading);
		if (!*end)
			return NULL;
		end = &(*end)->next;
	} while (lex_if_char(reading->lex, ' '));
	return key;
}

static struct imap_key *take_numbers(struct reading *reading)
{
	struct imap_key *key = make(reading, IMAP_KEY_SEQUENCE);

	if (!key || !lex_set(reading->lex, &key->set))
		return NULL;
	reading->search->uses_saved |= key->set.saved;
	reading->search->uses_numbers |= !key->set.saved;
	return key;
}

static struct imap_key *take_named(struct reading *reading)
{
	struct lex *lex = reading->lex;

	if (lex_if_word(lex, "OR"))
		return take_or(reading);
	if (lex_if_word(lex, "NOT"))
		return take_not(reading);
	if (lex_if_word(lex, "HEADER"))
		return take_header(reading);
	if (lex_if_word(lex, "MODSEQ"))
		return take_modseq(reading);
	if (lex_if_word(lex, "NEW")) { /* RECENT UNSEEN */
		static const struct known recent = {
			"", IMAP_KEY_FLAG, BARE, IMAP_RECENT};
		static const struct known unseen = {
			"", IMAP_KEY_FLAG, NEGATED, IMAP_SEEN};
		struct imap_key *key = make(reading, IMAP_KEY_AND);

		if (!key || !(key->first = take_known(reading, &recent)) ||
			!(key->first->next = take_known(reading, &unseen)))
			return NULL;
		return key;
	}
	for (size_t i = 0; i < sizeof(known_keys) / sizeof(*known_keys); i++) {
		if (lex_if_word(lex, known_keys[i].name))
			return take_known(reading, &known_keys[i]);
	}
	(void)lex_bad(lex, lex_is_end(lex) ? "Missing argument" : "Unknown search key");
	return NULL;
}

static struct imap_key *take_key(struct reading *reading)
{
	struct lex *lex = reading->lex;
	struct imap_key *key;
	char c = lex->rest.size ? lex->rest.at[0] : 0;

	if (reading->depth == IMAP_SEARCH_DEPTH) {
		(void)lex_no(lex, "LIMIT", "The search is nested too deep");
		return NULL;
	}
	reading->depth++;
	if (lex_if_char(lex, '(')) {
		key = take_all(reading);
		if (key && !lex_char(lex, ')'))
			key = NULL;
	} else if (ascii_is_digit(c) || c == '*' || c == '$') {
		key = take_numbers(reading);
	} else {
		key = take_named(reading);
	}
	reading->depth--;
	return key;
}

bool imap_parse_keys(struct lex *lex, struct slice charset, struct imap_search *search)
{
	struct reading reading = {.lex = lex, .search = search, .charset = charset};

	search->keys = take_all(&reading);
	return search->keys != NULL;
}
