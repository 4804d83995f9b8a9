/* Answers from a table: names it has not do not exist. */
#include "zone.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "io/dns_parse.h"

static const struct {
	const char *word;
	enum dns_type type;
} types[] = {{"A ", DNS_A}, {"AAAA ", DNS_AAAA}, {"MX ", DNS_MX}, {"PTR ", DNS_PTR},
	{"TXT ", DNS_TXT}};

static bool fits(struct slice data, enum dns_type type, struct slice *rest_r)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct slice word = slice_of(types[i].word);

		if (types[i].type != type || !slice_starts(data, word))
			continue;
		*rest_r = slice_from(data, word.size);
		return true;
	}
	return false;
}

static struct dns_record read_record(struct slice rest, enum dns_type type)
{
	struct dns_record record = {.name = rest};
	char text[64] = "";

	if (type == DNS_A) {
		strcpy(text, "::ffff:");
		strncat(text, rest.at, 40);
	} else if (type == DNS_AAAA) {
		strncat(text, rest.at, 50);
	} else if (type == DNS_MX) {
		record.preference = (uint16_t)atoi(rest.at);
		record.name = slice_from(rest, slice_index(rest, ' ') + 1);
	}
	if (text[0] && inet_pton(AF_INET6, text, &record.address) != 1)
		abort();
	return record;
}

static bool query(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	struct zone *zone = context;
	bool known = false, silent = false;
	struct dns_record *records = arena_take_array(arena, 64, sizeof(*records));
	char text[DNS_NAME_SIZE];

	zone->asked++;
	*answer_r = (struct dns_answer){.status = DNS_NO_NAME, .canonical = name};
	if (!dns_name_normalise(name, text, &name))
		return true;
	answer_r->records = records;
	for (const struct zone_record *at = zone->records; at->name; at++) {
		struct slice data = slice_of(at->data), rest;

		if (!slice_equal(slice_of(at->name), name))
			continue;
		known = true;
		silent = silent || slice_equal(data, SLICE("TIMEOUT"));
		if (fits(data, type, &rest) && answer_r->count < 64)
			records[answer_r->count++] = read_record(rest, type);
	}
	if (answer_r->count)
		answer_r->status = DNS_FOUND;
	else if (silent)
		dns_answer_set_temporary(answer_r, "no answer");
	else if (known)
		answer_r->status = DNS_NO_DATA;
	return true;
}

struct verify_resolver zone_resolver(struct zone *zone)
{
	return (struct verify_resolver){.query = query, .context = zone};
}
