/* Entries packed and unpacked; hostile bytes refused; ids and keys. */
#include "queue/pack.h"

#include <stdlib.h>

#include "base/failure.h"
#include "check.h"
#include "queue/body.h"

#define ID "1m7ymvbyt0113h85"

static struct message *make_message(struct bodies *bodies)
{
	struct message *message = message_create();
	struct envelope *e = &message->envelope;

	CHECK(message_id_parse(SLICE(ID), &e->id));
	e->reverse_path = SLICE("sender@example.test");
	e->envelope_id = SLICE("QQ314159");
	e->account = SLICE("sender");
	e->client = SLICE("2001:db8::1");
	e->return_full = e->return_set = e->smtputf8 = e->eight_bit =
		e->header_eight_bit = true;
	e->created_ms = 1795247000000;
	e->expires_ms = 1795247000000 + 5 * 86400000LL;
	e->size = 12345678901;
	e->header_size = 300;
	e->lines_longest = 998;
	message->entry_count = 3;
	/* kind, size, one piece: number, size */
	message->body = body_open(bodies, SLICE("r\x05\x01\x00\x05"));
	CHECK(message->body != NULL);
	return message;
}

static struct entry *make_entry(struct bodies *bodies)
{
	struct recipient recipients[2] = {
		{.address = SLICE("a@x.test"),
			.original = SLICE("rfc822;A@x.test"),
			.notify = NOTIFY_SUCCESS | NOTIFY_DELAY,
			.delay_told = true},
		{.address = SLICE("\"b c\"@x.test"), .notify = NOTIFY_NEVER},
	};
	struct message *message = make_message(bodies);
	struct entry *entry = entry_create(message, 2, SLICE("x.test"), recipients, 2);
	struct attempt_note note = {
		.at_ms = 77, .host = SLICE("mx.x.test"), .answer = SLICE("451 later")};

	entry->attempts = 4;
	for (unsigned i = 0; i < ENTRY_NOTES_MAX + 2; i++) {
		note.at_ms = 70 + i;
		entry_add_note(entry, &note);
	}
	message_release(&message);
	return entry;
}

static void check_same(const struct entry *entry)
{
	const struct envelope *e = &entry->message->envelope;

	CHECK_SLICE(message_id_slice(&e->id), ID);
	CHECK_SLICE(e->reverse_path, "sender@example.test");
	CHECK_SLICE(e->envelope_id, "QQ314159");
	CHECK_SLICE(e->account, "sender");
	CHECK_SLICE(e->client, "2001:db8::1");
	CHECK(e->return_full && e->return_set && e->smtputf8 && e->eight_bit &&
		e->header_eight_bit);
	CHECK_NUMBER(e->created_ms, 1795247000000);
	CHECK_NUMBER(e->expires_ms, 1795679000000);
	CHECK_NUMBER(e->size, 12345678901);
	CHECK_NUMBER(e->header_size, 300);
	CHECK_NUMBER(e->lines_longest, 998);
	CHECK_NUMBER(entry->message->entry_count, 3);
	CHECK_NUMBER(body_size(entry->message->body), 5);
	CHECK_NUMBER(body_key_count(entry->message->body), 1);
	CHECK_NUMBER(entry->index, 2);
	CHECK_SLICE(entry->domain, "x.test");
	CHECK_NUMBER(entry->attempts, 4);
	CHECK_NUMBER(entry->recipient_count, 2);
	CHECK_SLICE(entry->recipients[0].address, "a@x.test");
	CHECK_SLICE(entry->recipients[0].original, "rfc822;A@x.test");
	CHECK_NUMBER(entry->recipients[0].notify, NOTIFY_SUCCESS | NOTIFY_DELAY);
	CHECK(entry->recipients[0].delay_told);
	CHECK_SLICE(entry->recipients[1].address, "\"b c\"@x.test");
	CHECK_NUMBER(entry->recipients[1].notify, NOTIFY_NEVER);
	CHECK(!entry->recipients[1].delay_told);
	CHECK_NUMBER(entry->note_count, ENTRY_NOTES_MAX);
	CHECK_NUMBER(entry->notes[0].at_ms, 72);
	CHECK_SLICE(entry->notes[7].host, "mx.x.test");
	CHECK_SLICE(entry->notes[7].answer, "451 later");
}

CASE("what was packed comes back")
{
	struct bodies *bodies = bodies_create_redis(NULL);
	struct entry *entry = make_entry(bodies), *back;
	struct buffer packed = {0}, again = {0};
	char text[32];

	CHECK_SLICE(entry_key(entry, text), ID ".2");
	CHECK(entry_pack(entry, &packed));
	/* queue.lua looks here for the domain */
	CHECK_SLICE(slice_part(buffer_contents(&packed), 0, 8), "\x02\x06x.test");
	CHECK_SLICE(packed_domain(buffer_contents(&packed)), "x.test");
	CHECK_SLICE(packed_flow(buffer_contents(&packed)), "");
	entry_destroy(&entry);
	back = entry_unpack(bodies, SLICE(ID ".2"), buffer_contents(&packed));
	if (CHECK(back != NULL)) {
		check_same(back);
		CHECK(entry_pack(back, &again));
		CHECK(slice_equal(buffer_contents(&packed), buffer_contents(&again)));
	}
	entry_destroy(&back);
	back = entry_unpack(NULL, SLICE(ID ".2"), buffer_contents(&packed));
	CHECK(back && !back->message->body);
	entry_destroy(&back);
	buffer_finish(&packed);
	buffer_finish(&again);
	bodies_destroy(&bodies);
}

/* All that version 2 brought. */
static void give_all(struct entry *entry)
{
	struct envelope *e = &entry->message->envelope;

	e->tenant = SLICE("acme");
	e->stream = SLICE("bulk");
	e->priority = -4;
	e->tags = SLICE("spring-sale eu");
	e->metadata = SLICE("{\"order\":\"17\"}");
	e->caller = SLICE("0123456789abcdef01234567\1");
	e->pool = SLICE("warm");
	e->require_tls = e->tls_optional = e->binary = e->deliver_by_trace = true;
	e->deliver_by = DELIVER_BY_NOTIFY;
	e->deliver_by_ms = 1795247099999;
	entry->route = SLICE("smtp.example.net");
	entry->pool = SLICE("cold");
}

CASE("flow, tags, pools, deadlines and requirements come back")
{
	struct bodies *bodies = bodies_create_redis(NULL);
	struct entry *entry = make_entry(bodies), *back;
	struct buffer packed = {0}, again = {0};

	give_all(entry);
	CHECK(entry_pack(entry, &packed));
	CHECK_SLICE(packed_flow(buffer_contents(&packed)), "acme/bulk/-4");
	entry_destroy(&entry);
	back = entry_unpack(bodies, SLICE(ID ".2"), buffer_contents(&packed));
	if (CHECK(back != NULL)) {
		const struct envelope *e = &back->message->envelope;

		check_same(back);
		CHECK_SLICE(e->tenant, "acme");
		CHECK_SLICE(e->stream, "bulk");
		CHECK_SLICE(e->tags, "spring-sale eu");
		CHECK_SLICE(e->metadata, "{\"order\":\"17\"}");
		CHECK_SLICE(e->caller, "0123456789abcdef01234567\1");
		CHECK_SLICE(e->pool, "warm");
		CHECK_NUMBER(e->priority, -4);
		CHECK(e->require_tls && e->tls_optional && e->binary &&
			e->deliver_by_trace);
		CHECK_NUMBER(e->deliver_by, DELIVER_BY_NOTIFY);
		CHECK_NUMBER(e->deliver_by_ms, 1795247099999);
		CHECK_SLICE(back->route, "smtp.example.net");
		CHECK_SLICE(back->pool, "cold");
		CHECK(entry_pack(back, &again));
		CHECK(slice_equal(buffer_contents(&packed), buffer_contents(&again)));
	}
	entry_destroy(&back);
	buffer_finish(&packed);
	buffer_finish(&again);
	bodies_destroy(&bodies);
}

CASE("version 1 is still read; a plain message costs one byte more than there")
{
	struct bodies *bodies = bodies_create_redis(NULL);
	struct entry *entry = make_entry(bodies), *back;
	struct buffer packed = {0}, old = {0};
	struct slice whole;

	CHECK(entry_pack(entry, &packed));
	entry_destroy(&entry);
	whole = buffer_contents(&packed);
	CHECK(buffer_append_byte(&old, 1));
	CHECK(buffer_append(&old, slice_part(whole, 1, 7)));
	CHECK(buffer_append(&old, slice_from(whole, 9)));
	CHECK_SLICE(packed_domain(buffer_contents(&old)), "x.test");
	CHECK_SLICE(packed_flow(buffer_contents(&old)), "");
	back = entry_unpack(bodies, SLICE(ID ".2"), buffer_contents(&old));
	if (CHECK(back != NULL)) {
		check_same(back);
		CHECK_NUMBER(back->message->envelope.tenant.size, 0);
		CHECK_NUMBER(back->message->envelope.priority, 0);
	}
	entry_destroy(&back);
	buffer_finish(&packed);
	buffer_finish(&old);
	bodies_destroy(&bodies);
}

CASE("flows: text and parts")
{
	static const struct {
		const char *flow, *tenant, *stream;
		int priority;
		bool good;
	} table[] = {
		{"", "", "", 0, true},
		{"acme/bulk", "acme", "bulk", 0, true},
		{"acme/", "acme", "", 0, true},
		{"/bulk/9", "", "bulk", 9, true},
		{"//-9", "", "", -9, true},
		{"/", "", "", 0, false},
		{"acme", "", "", 0, false},
		{"a/b/0", "", "", 0, false},
		{"a/b/10", "", "", 0, false},
		{"a/b/", "", "", 0, false},
		{"a/b/1/2", "", "", 0, false},
		{"a b/c", "", "", 0, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct flow_parts parts = {.priority = 0};

		CHECK_NUMBER(
			flow_parse(slice_of(table[i].flow), &parts), table[i].good);
		if (!table[i].good)
			continue;
		CHECK_SLICE(parts.tenant, table[i].tenant);
		CHECK_SLICE(parts.stream, table[i].stream);
		CHECK_NUMBER(parts.priority, table[i].priority);
	}
}

CASE("a name that would be another's place, or is too long, is refused")
{
	static const char *const names[] = {"a/b", "a b", "", "a\n", "\xc3\xa4"};
	struct bodies *bodies = bodies_create_redis(NULL);
	struct entry *entry = make_entry(bodies);
	struct envelope *e = &entry->message->envelope;
	struct buffer packed = {0};
	char text[TENANT_SIZE_MAX + 1];

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		CHECK(!flow_name_is_valid(slice_of(names[i]), 63));
		e->tenant = slice_of(names[i]);
		CHECK_NUMBER(entry_pack(entry, &packed), e->tenant.size == 0);
	}
	memset(text, 'x', sizeof(text));
	e->tenant = slice_make(text, TENANT_SIZE_MAX + 1);
	CHECK(!entry_pack(entry, &packed));
	e->tenant = slice_make(text, TENANT_SIZE_MAX);
	e->stream = slice_make(text, STREAM_SIZE_MAX);
	e->priority = -9;
	buffer_clear(&packed);
	CHECK(entry_pack(entry, &packed));
	CHECK_NUMBER(packed_flow(buffer_contents(&packed)).size, FLOW_SIZE_MAX);
	e->priority = 10;
	CHECK(!entry_pack(entry, &packed));
	entry_destroy(&entry);
	buffer_finish(&packed);
	bodies_destroy(&bodies);
}

CASE("cut short at every byte, one byte more, every byte turned over: no crash")
{
	struct bodies *bodies = bodies_create_redis(NULL);
	struct entry *entry = make_entry(bodies);
	struct buffer packed = {0};
	struct slice whole;
	char *copy;

	give_all(entry);
	CHECK(entry_pack(entry, &packed));
	entry_destroy(&entry);
	CHECK(buffer_append_byte(&packed, 0));
	whole = buffer_contents(&packed);
	CHECK(!entry_unpack(bodies, SLICE(ID), whole));
	CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	for (size_t size = 0; size + 1 < whole.size; size++) {
		copy = malloc(size + 1);
		memcpy(copy, whole.at, size);
		CHECK(!entry_unpack(bodies, SLICE(ID), slice_make(copy, size)));
		free(copy);
	}
	for (size_t at = 0; at + 1 < whole.size; at++) {
		copy = malloc(whole.size);
		memcpy(copy, whole.at, whole.size);
		copy[at] = (char)~copy[at];
		entry = entry_unpack(
			bodies, SLICE(ID), slice_make(copy, whole.size - 1));
		entry_destroy(&entry);
		free(copy);
	}
	buffer_finish(&packed);
	bodies_destroy(&bodies);
}

CASE("a domain of more than 255 bytes is refused")
{
	struct bodies *bodies = bodies_create_redis(NULL);
	struct message *message = make_message(bodies);
	struct buffer packed = {0};
	char domain[256];
	struct entry *entry;

	memset(domain, 'x', sizeof(domain));
	entry = entry_create(message, 0, slice_make(domain, 256), NULL, 0);
	CHECK(!entry_pack(entry, &packed));
	entry_destroy(&entry);
	entry = entry_create(message, 0, slice_make(domain, 255), NULL, 0);
	CHECK(entry_pack(entry, &packed));
	entry_destroy(&entry);
	message_release(&message);
	buffer_finish(&packed);
	bodies_destroy(&bodies);
}

CASE("keys: an id, or an id and a number")
{
	static const struct {
		const char *key;
		bool good;
		unsigned index;
	} table[] = {
		{ID, true, 0},
		{ID ".1", true, 1},
		{ID ".9999", true, 9999},
		{ID ".10000", false, 0},
		{ID ".0", false, 0},
		{ID ".", false, 0},
		{ID ".x", false, 0},
		{"1m7ymvbyt0113h8", false, 0},
		{"1m7ymvbyt0113h8u", false, 0}, /* u is no digit */
		{"", false, 0},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct message_id id;
		unsigned index = 0;

		CHECK_NUMBER(entry_key_parse(slice_of(table[i].key), &id, &index),
			table[i].good);
		CHECK_NUMBER(index, table[i].index);
	}
}

CASE("ids: time, shard and a counter; sorted by time")
{
	struct message_id id = message_id_make(1795247000123, 1023, 33554431), later;
	char prefix[16];

	CHECK_NUMBER(message_id_time_ms(&id), 1795247000123);
	CHECK_NUMBER(message_id_shard(&id), 1023);
	CHECK_NUMBER(strlen(id.text), MESSAGE_ID_SIZE);
	later = message_id_make(1795247000124, 0, 0);
	CHECK(slice_compare(message_id_slice(&id), message_id_slice(&later)) < 0);
	CHECK_SLICE(shard_key_prefix(7, prefix), "{rp:07}:");
	CHECK_SLICE(shard_key_prefix(1023, prefix), "{rp:1023}:");
}

CHECK_MAIN()
