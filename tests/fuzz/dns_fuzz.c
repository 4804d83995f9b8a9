/*
 * DNS answers of a hostile resolver, as answers to the question they repeat
 * (the first byte chooses its type), and names: what comes out is in bounds,
 * in our form, and can be asked for again.
 */
#include "io/dns_parse.h"

#include <stdlib.h>
#include <string.h>

#include "io/dns_cache.h"
#include "io/dns_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* "" is the root. */
static void check_name(struct slice name)
{
	char text[DNS_NAME_SIZE];
	struct slice normal;

	if (!name.size)
		return;
	HOLD(dns_name_normalise(name, text, &normal));
	HOLD(slice_equal(name, normal));
}

static void check_records(const struct dns_answer *answer, enum dns_type type)
{
	size_t bytes = 0;

	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *record = &answer->records[i];

		if (type == DNS_MX || type == DNS_CNAME || type == DNS_PTR) {
			HOLD(record->name.at);
			check_name(record->name);
		}
		for (size_t k = 0; k < record->name.size; k++)
			bytes += (unsigned char)record->name.at[k];
		for (size_t k = 0; k < record->data.size; k++)
			bytes += (unsigned char)record->data.at[k];
	}
	/* Read, so that a sanitizer sees where they lie. */
	HOLD(bytes <= 255u * 65536 * 16);
}

static void check_answer(const struct dns_message *message, enum dns_type type)
{
	const struct dns_answer *answer = &message->answer;
	struct arena arena = {0};
	struct dns_answer copy;

	HOLD((answer->count > 0) == (answer->status == DNS_FOUND));
	HOLD(answer->ttl_s >= 1 && answer->ttl_s <= DNS_TTL_MAX);
	HOLD(answer->status == DNS_FOUND || message->unfinished ||
		answer->ttl_s <= DNS_TTL_NEGATIVE_MAX);
	HOLD(!message->unfinished || (message->cnames && answer->canonical.size));
	HOLD(message->cnames <= DNS_CNAMES_MAX + 1);
	HOLD((answer->status == DNS_TEMPORARY && !message->unfinished) ==
		(answer->reason[0] != '\0'));
	check_name(answer->canonical);
	check_records(answer, type);
	copy = dns_answer_copy(&arena, answer);
	HOLD(copy.count == answer->count);
	check_records(&copy, type);
	arena_finish(&arena);
}

static void parse_answer(enum dns_type type, struct slice packet)
{
	struct dns_question question = {.type = type, .name = SLICE("example.com")};
	unsigned char query[DNS_QUERY_SIZE];
	char text[DNS_NAME_SIZE];
	struct dns_message message;
	struct arena arena = {0};
	struct slice name;
	size_t at = 12;

	if (packet.size > 12) {
		question.id = (uint16_t)((unsigned char)packet.at[0] << 8 |
					 (unsigned char)packet.at[1]);
		if (dns_name_read(packet, &at, text, &name) && name.size) {
			HOLD(at > 12 && at <= packet.size);
			check_name(name);
			question.name = name;
			HOLD(dns_query_write(query, 1, 1, name, true) <= sizeof(query));
		}
	}
	dns_parse(packet, &question, &arena, &message);
	check_answer(&message, type);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {
		DNS_A, DNS_CNAME, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA, DNS_TLSA};
	struct slice input = slice_make(data, size), name;
	struct dns_server server;
	char text[DNS_NAME_SIZE];

	if (!size)
		return 0;
	parse_answer(types[data[0] % 7], slice_from(input, 1));
	if (dns_name_normalise(input, text, &name))
		check_name(name);
	if (slice_to_text(input, text, sizeof(text)) && dns_server_parse(text, &server))
		HOLD(server.port);
	return 0;
}
