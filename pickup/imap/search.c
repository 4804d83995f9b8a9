/* Makes searches ready and decides what of them can be decided; see search.h. */
#include "imap/search.h"

#include "imap/date.h"
#include "imap/search_core.h"
#include "imap/unicode.h"

static enum search_answer needs_of(enum imap_key_kind kind)
{
	if (kind < IMAP_KEY_SENT_BEFORE)
		return SEARCH_YES;
	if (kind < IMAP_KEY_HEADER)
		return SEARCH_NEEDS_FACTS;
	return kind == IMAP_KEY_HEADER ? SEARCH_NEEDS_HEADER : SEARCH_NEEDS_MESSAGE;
}

/* The envelope has the text of some fields; it is at hand sooner. */
static void set_kind(struct search_node *node, const struct imap_key *key)
{
	static const enum envelope_field fields[] = {ENVELOPE_FROM, ENVELOPE_TO,
		ENVELOPE_CC, ENVELOPE_BCC, ENVELOPE_SUBJECT};
	static const struct {
		const char *name;
		enum envelope_field field;
	} headers[] = {
		{"Subject", ENVELOPE_SUBJECT},
		{"Message-ID", ENVELOPE_MESSAGE_ID},
		{"In-Reply-To", ENVELOPE_IN_REPLY_TO},
	};

	node->kind = key->kind;
	if (key->kind >= IMAP_KEY_FROM && key->kind <= IMAP_KEY_SUBJECT)
		node->field = fields[key->kind - IMAP_KEY_FROM];
	for (size_t i = 0; key->kind == IMAP_KEY_HEADER && i < 3; i++) {
		if (!slice_equal_nocase(key->name, slice_of(headers[i].name)))
			continue;
		node->kind = IMAP_KEY_SUBJECT;
		node->field = headers[i].field;
	}
}

static void set_days(struct search_node *node, const struct imap_key *key)
{
	bool before = node->kind == IMAP_KEY_BEFORE ||
		      node->kind == IMAP_KEY_SAVED_BEFORE ||
		      node->kind == IMAP_KEY_SENT_BEFORE;
	bool since = node->kind == IMAP_KEY_SINCE ||
		     node->kind == IMAP_KEY_SAVED_SINCE ||
		     node->kind == IMAP_KEY_SENT_SINCE;

	node->from_ms = before ? INT64_MIN : key->day * IMAP_DAY_MS;
	node->to_ms = since ? INT64_MAX : (key->day + (before ? 0 : 1)) * IMAP_DAY_MS;
}

/* Puts it in front of the first that costs more. */
static void insert(struct search_node *parent, struct search_node *child)
{
	struct search_node **at = &parent->first;

	while (*at && (*at)->needs <= child->needs)
		at = &(*at)->next;
	child->next = *at;
	*at = child;
	if (child->needs > parent->needs)
		parent->needs = child->needs;
}

/* What is looked for, and where, as an index may know it. */
static void want_text(
	struct arena *arena, struct search *search, struct search_node *node)
{
	enum search_where where = node->kind == IMAP_KEY_BODY	? SEARCH_IN_PARTS
				  : node->kind == IMAP_KEY_TEXT ? SEARCH_IN_ALL
								: SEARCH_IN_HEADER;

	if (!node->text.size || node->kind < IMAP_KEY_FROM)
		return;
	if (node->kind < IMAP_KEY_HEADER) {
		switch (node->field) {
		case ENVELOPE_FROM:
			where = SEARCH_IN_FROM;
			break;
		case ENVELOPE_SUBJECT:
			where = SEARCH_IN_SUBJECT;
			break;
		case ENVELOPE_MESSAGE_ID:
		case ENVELOPE_IN_REPLY_TO:
			where = SEARCH_IN_IDS;
			break;
		default:
			where = SEARCH_IN_TO;
			break;
		}
	}
	node->wanted = ARENA_NEW(arena, struct search_text);
	*node->wanted = (struct search_text){
		.where = where, .key = node->text, .next = search->texts};
	search->texts = node->wanted;
}

static struct search_node *make(
	struct arena *arena, const struct imap_key *key, struct search *search)
{
	const struct search_world *world = &search->world;
	struct search_node *node = ARENA_NEW(arena, struct search_node);

	node->key = key;
	set_kind(node, key);
	node->needs = needs_of(node->kind);
	switch (node->kind) {
	case IMAP_KEY_AND:
	case IMAP_KEY_OR:
	case IMAP_KEY_NOT:
		/* As deep as the parser let it be. */
		for (const struct imap_key *child = key->first; child;
			child = child->next)
			insert(node, make(arena, child, search));
		break;
	case IMAP_KEY_SEQUENCE:
		node->set = imap_set_resolve(arena, &key->set, world->largest_sequence);
		break;
	case IMAP_KEY_UID:
		node->set = imap_set_resolve(arena, &key->set, world->largest_uid);
		break;
	case IMAP_KEY_OLDER:
		node->from_ms = INT64_MIN;
		node->to_ms = world->now_ms - (int64_t)key->number * 1000;
		break;
	case IMAP_KEY_YOUNGER:
		node->from_ms = world->now_ms - (int64_t)key->number * 1000;
		node->to_ms = INT64_MAX;
		break;
	default:
		set_days(node, key);
		node->text = unicode_key(arena, key->text);
		want_text(arena, search, node);
		break;
	}
	return node;
}

struct search *search_make(struct arena *arena, const struct imap_key *keys,
	const struct search_world *world)
{
	struct search *search = ARENA_NEW(arena, struct search);

	search->world = *world;
	search->root = make(arena, keys, search);
	return search;
}

struct search_text *search_texts(const struct search *search)
{
	return search->texts;
}

enum search_answer search_needs(const struct search *search)
{
	return search->root->needs;
}

static bool is_between(const struct search_node *node, int64_t ms)
{
	return ms >= node->from_ms && ms < node->to_ms;
}

static bool has_number(const struct search *search, const struct search_node *node,
	const struct search_record *record)
{
	if (node->key->set.saved)
		return uid_set_has(&search->world.saved, record->uid);
	return uid_set_has(&node->set,
		node->kind == IMAP_KEY_UID ? record->uid : record->sequence);
}

/* A key that the record decides. */
static bool match_record(const struct search *search, const struct search_node *node,
	const struct search_record *record)
{
	const struct search_world *world = &search->world;
	const struct imap_key *key = node->key;

	switch (node->kind) {
	case IMAP_KEY_SEQUENCE:
	case IMAP_KEY_UID:
		return has_number(search, node, record);
	case IMAP_KEY_FLAG:
		return (record->flags & key->flag) != 0;
	case IMAP_KEY_KEYWORD:
		return world->has_keyword(world->context, record->keywords, key->text);
	case IMAP_KEY_LARGER:
		return record->size > key->number;
	case IMAP_KEY_SMALLER:
		return record->size < key->number;
	case IMAP_KEY_MODSEQ:
		return record->modseq >= key->number;
	case IMAP_KEY_BEFORE:
	case IMAP_KEY_ON:
	case IMAP_KEY_SINCE:
	case IMAP_KEY_OLDER:
	case IMAP_KEY_YOUNGER:
		return is_between(node, record->internal_ms);
	case IMAP_KEY_SAVED_BEFORE:
	case IMAP_KEY_SAVED_ON:
	case IMAP_KEY_SAVED_SINCE:
		return is_between(node,
			record->saved_ms ? record->saved_ms : record->internal_ms);
	case IMAP_KEY_SAVE_DATE_SUPPORTED:
		return true;
	case IMAP_KEY_EMAILID:
	case IMAP_KEY_THREADID:
		return world->has_object(world->context, record, node->kind, key->text);
	default:
		return false;
	}
}

static enum search_answer match_leaf(const struct search *search,
	const struct search_node *node, struct search_message *message)
{
	bool whole = message->message.at != NULL;
	bool is;

	if (node->wanted && node->wanted->may_have &&
		!node->wanted->may_have(node->wanted->known, message->record))
		return SEARCH_NO;
	if (node->needs == SEARCH_NEEDS_FACTS && !message->facts)
		return SEARCH_NEEDS_FACTS;
	if (node->needs == SEARCH_NEEDS_HEADER && !message->header.at && !whole)
		return SEARCH_NEEDS_HEADER;
	if (node->needs == SEARCH_NEEDS_MESSAGE && !whole)
		return SEARCH_NEEDS_MESSAGE;
	if (node->needs == SEARCH_YES)
		is = match_record(search, node, message->record);
	else if (node->kind <= IMAP_KEY_SENT_SINCE)
		is = search_sent(node, message);
	else if (node->kind <= IMAP_KEY_SUBJECT)
		is = search_envelope(node, message);
	else if (node->kind == IMAP_KEY_HEADER)
		is = search_header(node, message);
	else
		is = search_body(node, message);
	return is ? SEARCH_YES : SEARCH_NO;
}

static enum search_answer match(const struct search *search,
	const struct search_node *node, struct search_message *message)
{
	bool all = node->kind != IMAP_KEY_OR;
	enum search_answer answer = all ? SEARCH_YES : SEARCH_NO;
	enum search_answer ends = all ? SEARCH_NO : SEARCH_YES;

	if (node->kind > IMAP_KEY_NOT)
		return match_leaf(search, node, message);
	for (const struct search_node *child = node->first; child;
		child = child->next) {
		enum search_answer is = match(search, child, message);

		if (is == ends) {
			answer = is;
			break;
		}
		/* The cheapest that might decide it. */
		if (is > SEARCH_YES && (answer <= SEARCH_YES || is < answer))
			answer = is;
	}
	if (node->kind == IMAP_KEY_NOT && answer <= SEARCH_YES)
		return answer == SEARCH_YES ? SEARCH_NO : SEARCH_YES;
	return answer;
}

enum search_answer search_match(
	const struct search *search, struct search_message *message)
{
	return match(search, search->root, message);
}
