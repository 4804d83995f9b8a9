/*
 * A message's marks: whose it is, of which stream, its tags and priority, and
 * what its header says about TLS. From who submits it, from MAIL, and from a
 * few header fields, of which those meant for us alone are not passed on.
 *
 * The stream is the one that the message names; else, from priority 4 on, the
 * first urgent one; else its tenant's; else that of bulk mail where it says
 * that it is (List-Unsubscribe, Precedence); else the default.
 */
#include <string.h>

#include "mail/text.h"
#include "submit/idempotency.h"
#include "submit/transaction.h"

#define PRIORITY_URGENT 4
#define TAG_SIZE_MAX	63

/* What the header says; empty slices and at NULL: nothing. */
struct said {
	const struct header_field *stream, *tags, *priority, *tls, *idempotency,
		*leaving;
	bool bulk;
};

static bool is_named(const struct header_field *field, const char *name)
{
	return slice_equal_nocase(field->name, slice_of(name));
}

/* RFC 2076 3.9, as it is used. */
static bool is_bulk(struct slice value)
{
	value = slice_trim_all(value);
	return slice_equal_nocase(value, SLICE("bulk")) ||
	       slice_equal_nocase(value, SLICE("list")) ||
	       slice_equal_nocase(value, SLICE("junk"));
}

static void keep_first(
	const struct header_field **first, const struct header_field *field)
{
	if (!*first)
		*first = field;
}

/* One pass over the fields; ours become private. */
static void listen(struct header *header, const struct config *whole, struct said *said)
{
	const struct config_submission *config = &whole->submission;

	said->bulk = header->counts[HEADER_LIST_UNSUBSCRIBE] > 0;
	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];

		if (field->known != HEADER_OTHER || field->name.size == 0)
			continue;
		if (is_named(field, config->stream_header)) {
			keep_first(&said->stream, field);
			header_make_private(header, field);
		} else if (is_named(field, config->tags_header)) {
			keep_first(&said->tags, field);
			header_make_private(header, field);
		} else if (is_named(field, config->idempotency_header)) {
			keep_first(&said->idempotency, field);
			header_make_private(header, field);
		} else if (is_named(field, whole->unsubscribe.header)) {
			keep_first(&said->leaving, field);
			said->bulk |= slice_equal_nocase(
				slice_trim_all(field->value), SLICE("yes"));
			header_make_private(header, field);
		} else if (config->priority_header && is_named(field, "MT-Priority")) {
			keep_first(&said->priority, field);
			header_make_private(header, field);
		} else if (is_named(field, "Precedence")) {
			said->bulk |= is_bulk(field->value);
		} else if (is_named(field, "TLS-Required")) {
			keep_first(&said->tls, field);
		}
	}
}

static struct slice known_stream(const struct config *config, const char *name)
{
	const struct config_stream *stream = config_stream_find(config, slice_of(name));

	return stream ? slice_of(stream->name) : SLICE_EMPTY;
}

static struct slice urgent_stream(const struct config *config)
{
	for (size_t i = 0; i < config->stream_count; i++)
		if (config->streams[i].urgent && config->streams[i].name)
			return slice_of(config->streams[i].name);
	return SLICE_EMPTY;
}

/* Names live as long as the configuration. */
static struct slice choose_stream(const struct config *config,
	const struct envelope *envelope, const struct said *said)
{
	const struct config_tenant *tenant = config_tenant_find(
		config, envelope->tenant);
	struct slice stream = SLICE_EMPTY;

	if (envelope->priority >= PRIORITY_URGENT)
		stream = urgent_stream(config);
	if (!stream.size && tenant && tenant->stream)
		stream = known_stream(config, tenant->stream);
	if (!stream.size && said->bulk)
		stream = known_stream(config, config->submission.bulk_stream);
	else if (!stream.size)
		stream = known_stream(config, config->submission.default_stream);
	return stream;
}

static bool name_stream(
	struct smtp_session *session, const struct said *said, struct reply *refusal)
{
	struct transaction *transaction = transaction_of(session);
	struct envelope *envelope = &transaction->message->envelope;
	struct arena *arena = &transaction->arena;
	struct slice name;

	if (!said->stream) {
		envelope->stream = arena_copy(&transaction->message->arena,
			choose_stream(session->config, envelope, said));
		return true;
	}
	name = arena_copy_lower(arena, header_unfold(arena, said->stream->value));
	if (!config_stream_find(session->config, name)) {
		*refusal = (struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = arena_format(&session->command_arena,
				"%s names a stream that is not known here",
				session->config->submission.stream_header)};
		return false;
	}
	envelope->stream = arena_copy(&transaction->message->arena, name);
	return true;
}

static bool is_tag(struct slice tag)
{
	for (size_t i = 0; i < tag.size; i++)
		if (!ascii_is_alnum(tag.at[i]) &&
			(tag.at[i] == '\0' || !strchr("-_.:=+@/", tag.at[i])))
			return false;
	return tag.size <= TAG_SIZE_MAX;
}

/* Words apart by blanks or commas, into words apart by one space. */
static bool join_tags(struct slice value, struct arena *arena, struct slice *tags_r)
{
	char *text = arena_take(arena, TAGS_SIZE_MAX + 1);
	size_t used = 0, at = 0;

	while (at < value.size) {
		size_t begin = at;
		struct slice tag;

		while (at < value.size && !strchr(" \t\r\n,", value.at[at]))
			at++;
		tag = slice_part(value, begin, at++ - begin);
		if (tag.size == 0)
			continue;
		if (!is_tag(tag) || used + tag.size + 1 > TAGS_SIZE_MAX)
			return false;
		if (used)
			text[used++] = ' ';
		memcpy(text + used, tag.at, tag.size);
		used += tag.size;
	}
	*tags_r = slice_make(text, used);
	return true;
}

static bool tag(
	struct smtp_session *session, const struct said *said, struct reply *refusal)
{
	struct message *message = transaction_of(session)->message;

	if (!said->tags ||
		join_tags(said->tags->value, &message->arena, &message->envelope.tags))
		return true;
	*refusal = (struct reply){.code = 550,
		.enhanced = {5, 6, 0},
		.text = arena_format(&session->command_arena,
			"%s holds what is no tag, or too many",
			session->config->submission.tags_header)};
	return false;
}

/* What makes that a message which is said twice is sent once. */
static bool take_key(
	struct smtp_session *session, const struct said *said, struct reply *refusal)
{
	struct slice key;

	if (!said->idempotency)
		return true;
	key = slice_trim_all(said->idempotency->value);
	if (!idempotency_key_is_valid(key)) {
		*refusal = (struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = arena_format(&session->command_arena,
				"%s has 1 to %d characters that can be seen",
				session->config->submission.idempotency_header,
				IDEMPOTENCY_KEY_MAX)};
		return false;
	}
	transaction_of(session)->idempotency_key = key;
	return true;
}

/* Whether it is to get a link to leave the list by. */
static bool take_wish(
	struct smtp_session *session, const struct said *said, struct reply *refusal)
{
	enum leaving_wish *wish = &transaction_of(session)->wish;
	struct slice word;

	*wish = LEAVING_NOT_SAID;
	if (!said->leaving)
		return true;
	word = slice_trim_all(said->leaving->value);
	if (slice_equal_nocase(word, SLICE("yes")))
		*wish = LEAVING_WANTED;
	else if (slice_equal_nocase(word, SLICE("no")))
		*wish = LEAVING_UNWANTED;
	if (*wish)
		return true;
	*refusal = (struct reply){.code = 550,
		.enhanced = {5, 6, 0},
		.text = arena_format(&session->command_arena, "%s says yes or no",
			session->config->unsubscribe.header)};
	return false;
}

struct slice transaction_tenant(struct smtp_session *session)
{
	const struct submission_session *self = submission_of(session);
	const char *trusted = session->config->submission.trusted_tenant;

	if (session->account.size && self->who.account.tenant.size)
		return self->who.account.tenant;
	if (!session->account.size && self->trusted && trusted)
		return slice_of(trusted);
	return slice_of(session->listener->tenant);
}

bool transaction_mark(struct smtp_session *session, struct reply *refusal)
{
	struct transaction *transaction = transaction_of(session);
	struct envelope *envelope = &transaction->message->envelope;
	struct said said = {0};

	listen(&transaction->header, session->config, &said);
	/* RFC 6758 3: the parameter counts, if there is one. */
	if (said.priority && !transaction->priority_given)
		extension_read_priority(
			slice_trim_all(said.priority->value), &envelope->priority);
	/* RFC 8689 4.2: REQUIRETLS makes the field mean nothing. */
	envelope->tls_optional = said.tls && !envelope->require_tls &&
				 slice_equal_nocase(
					 slice_trim_all(said.tls->value), SLICE("no"));
	envelope->tenant = arena_copy(
		&transaction->message->arena, transaction_tenant(session));
	return name_stream(session, &said, refusal) && tag(session, &said, refusal) &&
	       take_key(session, &said, refusal) && take_wish(session, &said, refusal);
}
