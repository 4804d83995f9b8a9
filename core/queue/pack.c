/*
 * The packed form of an entry: what stands in Redis.
 *
 * Version 2: byte 0 is 2, byte 1 the length of the domain, the domain, a byte
 * with the length of the flow, the flow, then fields in a fixed order; those that
 * few messages have stand there only when their flag says so. Version 1 has no
 * flow and no such fields. Numbers are little-endian base-128 varints, texts a
 * varint length and the bytes. Nothing is ever a line; unpacking checks every
 * length and refuses trailing bytes.
 */
#include "queue/pack.h"

#include "base/failure.h"
#include "queue/body.h"
#include "queue/number.h"

#define PACK_VERSION	 2
#define PACK_VERSION_OLD 1

enum {
	FLAG_RETURN_FULL = 1,
	FLAG_RETURN_SET = 2,
	FLAG_SMTPUTF8 = 4,
	FLAG_EIGHT_BIT = 8,
	FLAG_HEADER_EIGHT_BIT = 16,
	FLAGS_OLD = 31, /* all of version 1 */
	FLAG_REQUIRE_TLS = 32,
	FLAG_TLS_OPTIONAL = 64,
	FLAG_BINARY = 128,
	FLAG_DELIVER_BY_TRACE = 256,
	/* with a field each, in this order */
	FLAG_TAGS = 512,
	FLAG_POOL = 1024,
	FLAG_DELIVER_BY_RETURN = 2048,
	FLAG_DELIVER_BY_NOTIFY = 4096,
	FLAG_ENTRY_POOL = 8192,
	FLAG_ENTRY_ROUTE = 16384,
	FLAG_METADATA = 32768,
	FLAG_CALLER = 65536,
	FLAGS_ALL = 131071,
};

#define RECIPIENT_DELAY_TOLD 64 /* above the notify bits */
#define RECIPIENT_FLAGS	     127

static bool put_text(struct buffer *into, struct slice text)
{
	return number_put(into, text.size) && buffer_append(into, text);
}

static unsigned flags_of(const struct entry *entry)
{
	const struct envelope *e = &entry->message->envelope;

	return (e->return_full ? FLAG_RETURN_FULL : 0u) |
	       (e->return_set ? FLAG_RETURN_SET : 0u) |
	       (e->smtputf8 ? FLAG_SMTPUTF8 : 0u) |
	       (e->eight_bit ? FLAG_EIGHT_BIT : 0u) |
	       (e->header_eight_bit ? FLAG_HEADER_EIGHT_BIT : 0u) |
	       (e->require_tls ? FLAG_REQUIRE_TLS : 0u) |
	       (e->tls_optional ? FLAG_TLS_OPTIONAL : 0u) |
	       (e->binary ? FLAG_BINARY : 0u) |
	       (e->deliver_by_trace ? FLAG_DELIVER_BY_TRACE : 0u) |
	       (e->tags.size ? FLAG_TAGS : 0u) | (e->pool.size ? FLAG_POOL : 0u) |
	       (e->deliver_by == DELIVER_BY_RETURN ? FLAG_DELIVER_BY_RETURN : 0u) |
	       (e->deliver_by == DELIVER_BY_NOTIFY ? FLAG_DELIVER_BY_NOTIFY : 0u) |
	       (entry->pool.size ? FLAG_ENTRY_POOL : 0u) |
	       (entry->route.size ? FLAG_ENTRY_ROUTE : 0u) |
	       (e->metadata.size ? FLAG_METADATA : 0u) |
	       (e->caller.size ? FLAG_CALLER : 0u);
}

/* What few messages have. */
static bool put_rest(struct buffer *into, const struct entry *entry, unsigned flags)
{
	const struct envelope *e = &entry->message->envelope;

	return (!(flags & FLAG_TAGS) || put_text(into, e->tags)) &&
	       (!(flags & FLAG_POOL) || put_text(into, e->pool)) &&
	       (e->deliver_by == DELIVER_BY_NONE ||
		       number_put(into, (uint64_t)e->deliver_by_ms)) &&
	       (!(flags & FLAG_ENTRY_POOL) || put_text(into, entry->pool)) &&
	       (!(flags & FLAG_ENTRY_ROUTE) || put_text(into, entry->route)) &&
	       (!(flags & FLAG_METADATA) || put_text(into, e->metadata)) &&
	       (!(flags & FLAG_CALLER) || put_text(into, e->caller));
}

static bool put_envelope(struct buffer *into, const struct entry *entry)
{
	const struct message *message = entry->message;
	const struct envelope *e = &message->envelope;
	unsigned flags = flags_of(entry);

	return number_put(into, flags) &&
	       (flags <= FLAGS_OLD || put_rest(into, entry, flags)) &&
	       put_text(into, e->reverse_path) && put_text(into, e->envelope_id) &&
	       put_text(into, e->account) && put_text(into, e->client) &&
	       number_put(into, (uint64_t)e->created_ms) &&
	       number_put(into, (uint64_t)e->expires_ms) && number_put(into, e->size) &&
	       number_put(into, e->header_size) && number_put(into, e->lines_longest) &&
	       number_put(into, message->entry_count);
}

static bool put_recipient(struct buffer *into, const struct recipient *recipient)
{
	unsigned flags = recipient->notify |
			 (recipient->delay_told ? RECIPIENT_DELAY_TOLD : 0u);

	return number_put(into, flags) && put_text(into, recipient->address) &&
	       put_text(into, recipient->original);
}

static bool put_note(struct buffer *into, const struct attempt_note *note)
{
	return number_put(into, (uint64_t)note->at_ms) && put_text(into, note->host) &&
	       put_text(into, note->answer);
}

/* Version, domain, flow: what queue.lua reads. */
static bool put_start(struct buffer *into, const struct entry *entry)
{
	char text[FLOW_SIZE_MAX + 1];
	struct slice flow;

	if (entry->domain.size > DOMAIN_SIZE_MAX)
		return fail(
			FAILURE_DATA, "domain longer than %d bytes", DOMAIN_SIZE_MAX);
	if (!envelope_flow_is_valid(&entry->message->envelope))
		return fail(FAILURE_DATA,
			"tenant, stream, tags, pool or priority is too long or not "
			"well formed");
	flow = entry_flow(entry, text);
	return buffer_append_byte(into, PACK_VERSION) &&
	       buffer_append_byte(into, (char)entry->domain.size) &&
	       buffer_append(into, entry->domain) &&
	       buffer_append_byte(into, (char)flow.size) && buffer_append(into, flow);
}

bool entry_pack(const struct entry *entry, struct buffer *into)
{
	struct buffer reference = {0};
	bool packed = body_reference(entry->message->body, &reference) &&
		      put_start(into, entry) && put_envelope(into, entry) &&
		      put_text(into, buffer_contents(&reference)) &&
		      number_put(into, entry->attempts) &&
		      number_put(into, entry->recipient_count);

	for (size_t i = 0; packed && i < entry->recipient_count; i++)
		packed = put_recipient(into, &entry->recipients[i]);
	packed = packed && number_put(into, entry->note_count);
	for (size_t i = 0; packed && i < entry->note_count; i++)
		packed = put_note(into, &entry->notes[i]);
	buffer_finish(&reference);
	return packed;
}

struct slice packed_domain(struct slice packed)
{
	return slice_part(packed, 2, packed.size > 1 ? (unsigned char)packed.at[1] : 0);
}

struct slice packed_flow(struct slice packed)
{
	struct slice rest = slice_from(packed, 2 + packed_domain(packed).size);

	if (packed.size < 2 || packed.at[0] < PACK_VERSION || rest.size == 0)
		return SLICE_EMPTY;
	return slice_part(rest, 1, (unsigned char)rest.at[0]);
}

/* What is left to read; `bad` sticks, so readers need no checks in between. */
struct unpacker {
	struct slice rest;
	bool old; /* version 1 */
	bool bad;
};

static uint64_t get_number(struct unpacker *from)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < from->rest.size && i < 10; i++) {
		uint64_t byte = (unsigned char)from->rest.at[i];

		if (i == 9 && byte > 1)
			break;
		value |= (byte & 127) << (7 * i);
		if (byte < 128) {
			from->rest = slice_from(from->rest, i + 1);
			return value;
		}
	}
	from->bad = true;
	from->rest = SLICE_EMPTY;
	return 0;
}

/* A number that must not pass MAX. */
static uint64_t get_bounded(struct unpacker *from, uint64_t max)
{
	uint64_t value = get_number(from);

	if (value > max) {
		from->bad = true;
		return 0;
	}
	return value;
}

static struct slice get_text(struct unpacker *from)
{
	size_t size = (size_t)get_bounded(from, from->rest.size);
	struct slice text = slice_part(from->rest, 0, size);

	if (text.size < size) {
		from->bad = true;
		return SLICE_EMPTY;
	}
	from->rest = slice_from(from->rest, size);
	return text;
}

/* A text of one byte of length, as at the start. */
static struct slice get_short(struct unpacker *from)
{
	size_t size = from->rest.size ? (unsigned char)from->rest.at[0] : 0;
	struct slice text = slice_part(from->rest, 1, size);

	from->bad = from->bad || from->rest.size == 0 || text.size < size;
	from->rest = slice_from(from->rest, 1 + text.size);
	return text;
}

static void get_rest(struct unpacker *from, struct entry *entry, uint64_t flags)
{
	struct envelope *e = &entry->message->envelope;
	struct arena *arena = &entry->message->arena;

	if (flags & FLAG_TAGS)
		e->tags = arena_copy(arena, get_text(from));
	if (flags & FLAG_POOL)
		e->pool = arena_copy(arena, get_text(from));
	if (flags & FLAG_DELIVER_BY_RETURN)
		e->deliver_by = DELIVER_BY_RETURN;
	else if (flags & FLAG_DELIVER_BY_NOTIFY)
		e->deliver_by = DELIVER_BY_NOTIFY;
	if (e->deliver_by)
		e->deliver_by_ms = (int64_t)get_bounded(from, INT64_MAX);
	if (flags & FLAG_ENTRY_POOL)
		entry->pool = arena_copy(&entry->arena, get_text(from));
	if (flags & FLAG_ENTRY_ROUTE)
		entry->route = arena_copy(&entry->arena, get_text(from));
	if (flags & FLAG_METADATA)
		e->metadata = arena_copy(arena, get_text(from));
	if (flags & FLAG_CALLER) {
		e->caller = arena_copy(arena, get_text(from));
		from->bad = from->bad || e->caller.size != CALLER_SIZE;
	}
}

static void set_flags(struct envelope *e, uint64_t flags)
{
	e->return_full = flags & FLAG_RETURN_FULL;
	e->return_set = flags & FLAG_RETURN_SET;
	e->smtputf8 = flags & FLAG_SMTPUTF8;
	e->eight_bit = flags & FLAG_EIGHT_BIT;
	e->header_eight_bit = flags & FLAG_HEADER_EIGHT_BIT;
	e->require_tls = flags & FLAG_REQUIRE_TLS;
	e->tls_optional = flags & FLAG_TLS_OPTIONAL;
	e->binary = flags & FLAG_BINARY;
	e->deliver_by_trace = flags & FLAG_DELIVER_BY_TRACE;
}

static void get_flow(struct unpacker *from, struct message *message)
{
	struct envelope *e = &message->envelope;
	struct slice flow = get_short(from);
	struct flow_parts parts = {.priority = 0};

	if (flow.size == 0)
		return;
	from->bad = from->bad || !flow_parse(flow, &parts);
	e->tenant = arena_copy(&message->arena, parts.tenant);
	e->stream = arena_copy(&message->arena, parts.stream);
	e->priority = parts.priority;
}

static void get_envelope(struct unpacker *from, struct entry *entry)
{
	struct message *message = entry->message;
	struct envelope *e = &message->envelope;
	uint64_t flags = get_bounded(from, from->old ? FLAGS_OLD : FLAGS_ALL);

	set_flags(e, flags);
	if (flags > FLAGS_OLD)
		get_rest(from, entry, flags);
	e->reverse_path = arena_copy(&message->arena, get_text(from));
	e->envelope_id = arena_copy(&message->arena, get_text(from));
	e->account = arena_copy(&message->arena, get_text(from));
	e->client = arena_copy(&message->arena, get_text(from));
	e->created_ms = (int64_t)get_bounded(from, INT64_MAX);
	e->expires_ms = (int64_t)get_bounded(from, INT64_MAX);
	e->size = get_number(from);
	e->header_size = get_number(from);
	e->lines_longest = (uint32_t)get_bounded(from, UINT32_MAX);
	message->entry_count = (unsigned)get_bounded(from, ENTRY_INDEX_MAX + 1);
	from->bad = from->bad || !envelope_flow_is_valid(e);
}

static void get_recipients(struct unpacker *from, struct entry *entry)
{
	/* Three bytes at the least for each: no count can ask for more memory
	 * than its own bytes allow. */
	size_t count = (size_t)get_bounded(from, from->rest.size / 3);

	entry->recipients = arena_take_array(
		&entry->arena, count, sizeof(*entry->recipients));
	for (size_t i = 0; i < count && !from->bad; i++) {
		struct recipient *recipient = &entry->recipients[i];
		uint64_t flags = get_bounded(from, RECIPIENT_FLAGS);

		recipient->notify = (unsigned)flags & (RECIPIENT_DELAY_TOLD - 1);
		recipient->delay_told = flags & RECIPIENT_DELAY_TOLD;
		recipient->address = arena_copy(&entry->arena, get_text(from));
		recipient->original = arena_copy(&entry->arena, get_text(from));
	}
	entry->recipient_count = count;
}

static void get_notes(struct unpacker *from, struct entry *entry)
{
	size_t count = (size_t)get_bounded(from, ENTRY_NOTES_MAX);

	for (size_t i = 0; i < count && !from->bad; i++) {
		struct attempt_note note = {
			.at_ms = (int64_t)get_bounded(from, INT64_MAX)};

		note.host = get_text(from);
		note.answer = get_text(from);
		entry_add_note(entry, &note);
	}
}

static bool unpack(
	struct unpacker *from, struct entry *entry, struct slice *reference_r)
{
	if (!from->old)
		get_flow(from, entry->message);
	get_envelope(from, entry);
	*reference_r = get_text(from);
	entry->attempts = (unsigned)get_bounded(from, UINT32_MAX);
	get_recipients(from, entry);
	get_notes(from, entry);
	return !from->bad && from->rest.size == 0;
}

struct entry *entry_unpack(struct bodies *bodies, struct slice key, struct slice packed)
{
	struct unpacker from = {.rest = slice_from(packed, 1)};
	struct slice domain, reference = SLICE_EMPTY;
	struct message *message;
	struct entry *entry;
	struct message_id id;
	unsigned index;

	if (packed.size < 2 || packed.at[0] < PACK_VERSION_OLD ||
		packed.at[0] > PACK_VERSION || !entry_key_parse(key, &id, &index)) {
		fail(FAILURE_DATA, "not an entry of version %d or %d", PACK_VERSION_OLD,
			PACK_VERSION);
		return NULL;
	}
	from.old = packed.at[0] == PACK_VERSION_OLD;
	domain = get_short(&from);
	message = message_create();
	message->envelope.id = id;
	entry = entry_create(message, index, domain, NULL, 0);
	if (!unpack(&from, entry, &reference)) {
		fail(FAILURE_DATA, "entry %.*s is damaged", SLICE_PRINT(key));
		entry_destroy(&entry);
	} else if (bodies && !(message->body = body_open(bodies, reference))) {
		entry_destroy(&entry);
	}
	if (entry && message->body)
		body_set_id(
			message->body, message_id_shard(&id), message_id_slice(&id));
	message_release(&message);
	return entry;
}
