/* What the parser makes of the packet that was written, whole or cut off. */
#ifndef RINGPOST_TESTS_IO_DNS_PARSED_H
#define RINGPOST_TESTS_IO_DNS_PARSED_H

#include "base/memory.h"
#include "check.h"
#include "dns_packet.h"

static struct arena arena; /* of the last answer */

static inline struct dns_message parse_size(
	enum dns_type type, const char *name, size_t size)
{
	struct dns_question question = {.id = 77, .type = type, .name = slice_of(name)};
	struct dns_message message;
	/* A copy of just that size: ASan sees a read past the end. */
	char *copy = memory_allocate(size + 1);
	char *exact = memory_resize(copy, size ? size : 1);

	if (size)
		memcpy(exact, packet.bytes, size);
	arena_reset(&arena);
	dns_parse(slice_make(exact, size), &question, &arena, &message);
	memory_free(exact);
	return message;
}

static inline struct dns_message parse(enum dns_type type, const char *name)
{
	return parse_size(type, name, packet.size);
}

/* Whatever is cut off, nothing but a temporary failure comes of it. */
static inline void check_cuts(enum dns_type type, const char *name)
{
	for (size_t size = 0; size < packet.size; size++) {
		struct dns_message message = parse_size(type, name, size);

		if (!CHECK_NUMBER(message.answer.status, DNS_TEMPORARY))
			fprintf(stderr, "cut at %zu of %zu\n", size, packet.size);
		CHECK(!message.unfinished && message.answer.reason[0]);
	}
}

static inline void check_refused(
	enum dns_type type, const char *name, const char *reason)
{
	struct dns_message message = parse(type, name);

	CHECK_NUMBER(message.answer.status, DNS_TEMPORARY);
	CHECK_SLICE(slice_of(message.answer.reason), reason);
	CHECK_NUMBER(message.answer.count, 0);
	CHECK_NUMBER(message.answer.ttl_s, 5);
	CHECK(!message.unfinished);
}

#endif
