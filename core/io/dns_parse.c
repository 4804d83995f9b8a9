/*
 * Reads DNS answers. A first pass checks the form of every record in every
 * section and notes where it lies; CNAMEs are then followed from the question
 * and the records of the last name read.
 */
#include "io/dns_parse.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "io/dns_record.h"

#define TYPE_NS	 2
#define TYPE_SOA 6
#define TYPE_OPT 41
#define CLASS_IN 1

enum { RCODE_OK = 0, RCODE_FORMAT = 1, RCODE_NO_NAME = 3 };

struct parse {
	struct slice packet;
	const struct dns_question *question;
	struct arena *arena;
	struct dns_message *message;
	struct dns_place *answers;
	size_t answer_count;
	bool authoritative, has_ns, has_soa, has_opt;
	uint32_t soa_ttl;
	unsigned rcode;
	struct slice current; /* the owner the CNAMEs lead to, in the arena */
};

static bool read_header(struct parse *parse, size_t *at);
static bool read_sections(struct parse *parse, size_t at);
static bool follow_cnames(struct parse *parse);
static bool read_records(struct parse *parse);
static void conclude(struct parse *parse);

void dns_parse(struct slice packet, const struct dns_question *question,
	struct arena *arena, struct dns_message *message_r)
{
	struct parse parse = {.packet = packet,
		.question = question,
		.arena = arena,
		.message = message_r};
	size_t at = 0;

	*message_r = (struct dns_message){.answer = {.ttl_s = DNS_TTL_MAX}};
	parse.current = arena_copy(arena, question->name);
	message_r->answer.canonical = parse.current;
	if (!read_header(&parse, &at) || !read_sections(&parse, at) ||
		!follow_cnames(&parse) || !read_records(&parse))
		return;
	conclude(&parse);
}

void dns_answer_set_temporary(struct dns_answer *answer, const char *reason)
{
	answer->status = DNS_TEMPORARY;
	answer->authentic = false;
	answer->ttl_s = DNS_TTL_TEMPORARY_MAX;
	answer->records = NULL;
	answer->count = 0;
	snprintf(answer->reason, sizeof(answer->reason), "%s", reason);
}

static bool refuse(struct parse *parse, const char *reason)
{
	parse->message->unfinished = false;
	dns_answer_set_temporary(&parse->message->answer, reason);
	return false;
}

static bool malformed(struct parse *parse)
{
	return refuse(parse, "malformed answer");
}

static unsigned get16(const struct parse *parse, size_t at)
{
	const unsigned char *bytes = (const unsigned char *)parse->packet.at + at;

	return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t get32(const struct parse *parse, size_t at)
{
	return (uint32_t)get16(parse, at) << 16 | get16(parse, at + 2);
}

/* RFC 2181 8: a TTL with the top bit set is zero. */
static uint32_t get_ttl(const struct parse *parse, size_t at)
{
	uint32_t ttl = get32(parse, at);

	return ttl > INT32_MAX ? 0 : ttl;
}

static bool read_header(struct parse *parse, size_t *at)
{
	const struct dns_question *question = parse->question;
	char text[DNS_NAME_SIZE];
	struct slice name;

	if (parse->packet.size < 12)
		return malformed(parse);
	unsigned flags = get16(parse, 2);

	if (get16(parse, 0) != question->id || (flags & 0xf800) != 0x8000 ||
		get16(parse, 4) != 1)
		return refuse(parse, "answer to another question");
	*at = 12;
	if (!dns_name_read(parse->packet, at, text, &name) ||
		parse->packet.size - *at < 4)
		return malformed(parse);
	if (!slice_equal(name, question->name) || get16(parse, *at) != question->type ||
		get16(parse, *at + 2) != CLASS_IN)
		return refuse(parse, "answer to another question");
	*at += 4;
	if (flags & 0x0200)
		return refuse(parse, "truncated answer");
	parse->rcode = flags & 0xf;
	parse->authoritative = flags & 0x0400;
	parse->message->answer.authentic = flags & 0x0020;
	return true;
}

static bool read_place(struct parse *parse, size_t *at, struct dns_place *place_r)
{
	char text[DNS_NAME_SIZE];
	struct slice name;
	struct dns_place place = {.owner = *at};

	if (!dns_name_read(parse->packet, at, text, &name) ||
		parse->packet.size - *at < 10)
		return malformed(parse);
	place.type = (uint16_t)get16(parse, *at);
	place.class = (uint16_t)get16(parse, *at + 2);
	place.ttl = get_ttl(parse, *at + 4);
	place.size = get16(parse, *at + 8);
	place.data = *at + 10;
	if (place.size > parse->packet.size - place.data)
		return malformed(parse);
	*at = place.data + place.size;
	*place_r = place;
	return true;
}

/* RFC 2308 5: believed for the lesser of the SOA's TTL and its minimum. */
static bool read_soa(struct parse *parse, const struct dns_place *place)
{
	size_t at = place->data;
	char text[DNS_NAME_SIZE];
	struct slice name;

	if (!dns_name_read(parse->packet, &at, text, &name) ||
		!dns_name_read(parse->packet, &at, text, &name) ||
		at + 20 != place->data + place->size)
		return malformed(parse);
	uint32_t minimum = get_ttl(parse, at + 16);

	parse->soa_ttl = minimum < place->ttl ? minimum : place->ttl;
	parse->has_soa = true;
	return true;
}

static bool read_authority(struct parse *parse, const struct dns_place *place)
{
	if (place->class != CLASS_IN)
		return true;
	parse->has_ns = parse->has_ns || place->type == TYPE_NS;
	return place->type != TYPE_SOA || read_soa(parse, place);
}

static const char *rcode_text(unsigned rcode)
{
	static const char *const names[] = {"no error",
		"the resolver cannot read the query", "server failure", "no such name",
		"the resolver lacks the operation", "the resolver refuses us"};

	return rcode < ARRAY_COUNT(names) ? names[rcode] : "unexpected response code";
}

static bool read_sections(struct parse *parse, size_t at)
{
	size_t counts[3] = {get16(parse, 6), get16(parse, 8), get16(parse, 10)};

	if (counts[0] + counts[1] + counts[2] > DNS_RECORDS_MAX)
		return refuse(parse, "answer with too many records");
	parse->answers = arena_take_array(
		parse->arena, counts[0] + 1, sizeof(struct dns_place));
	for (unsigned section = 0; section < 3; section++) {
		for (size_t i = 0; i < counts[section]; i++) {
			struct dns_place place;

			if (!read_place(parse, &at, &place))
				return false;
			if (section == 0 && place.class == CLASS_IN)
				parse->answers[parse->answer_count++] = place;
			if (section == 1 && !read_authority(parse, &place))
				return false;
			if (section == 2 && place.type == TYPE_OPT) {
				parse->has_opt = true;
				parse->rcode |= (place.ttl >> 24) << 4;
			}
		}
	}
	parse->message->no_edns = parse->rcode == RCODE_FORMAT && !parse->has_opt;
	if (parse->rcode != RCODE_OK && parse->rcode != RCODE_NO_NAME)
		return refuse(parse, rcode_text(parse->rcode));
	return true;
}

static bool owned_by_current(struct parse *parse, const struct dns_place *place)
{
	size_t at = place->owner;
	char text[DNS_NAME_SIZE];
	struct slice name;
	bool read = dns_name_read(parse->packet, &at, text, &name);

	assert(read);
	return slice_equal(name, parse->current);
}

static const struct dns_place *find(struct parse *parse, uint16_t type)
{
	for (size_t i = 0; i < parse->answer_count; i++) {
		if (parse->answers[i].type == type &&
			owned_by_current(parse, &parse->answers[i]))
			return &parse->answers[i];
	}
	return NULL;
}

static void lower_ttl(struct parse *parse, uint32_t ttl)
{
	struct dns_answer *answer = &parse->message->answer;

	answer->ttl_s = ttl < answer->ttl_s ? ttl : answer->ttl_s;
}

static bool follow_cnames(struct parse *parse)
{
	struct dns_message *message = parse->message;
	const struct dns_place *cname;

	if (parse->question->type == DNS_CNAME)
		return true;
	while (!find(parse, (uint16_t)parse->question->type) &&
		(cname = find(parse, DNS_CNAME))) {
		struct slice target;

		if (message->cnames++ == DNS_CNAMES_MAX)
			return refuse(parse, "too many CNAMEs in a row");
		if (!dns_record_read_name(
			    parse->packet, cname, 0, parse->arena, &target))
			return malformed(parse);
		if (!target.size)
			return refuse(parse, "CNAME to an unusable name");
		lower_ttl(parse, cname->ttl);
		parse->current = message->answer.canonical = target;
	}
	return true;
}

static bool read_records(struct parse *parse)
{
	struct dns_answer *answer = &parse->message->answer;
	size_t found = 0;

	answer->records = arena_take_array(
		parse->arena, parse->answer_count + 1, sizeof(struct dns_record));
	for (size_t i = 0; i < parse->answer_count; i++) {
		const struct dns_place *place = &parse->answers[i];
		bool usable;

		if (place->type != parse->question->type ||
			!owned_by_current(parse, place))
			continue;
		found++;
		lower_ttl(parse, place->ttl);
		if (!dns_record_read(parse->packet, place, parse->arena,
			    &answer->records[answer->count], &usable))
			return malformed(parse);
		answer->count += usable;
	}
	if (found && !answer->count)
		return refuse(parse, "no record with a usable name");
	return true;
}

static void conclude(struct parse *parse)
{
	struct dns_answer *answer = &parse->message->answer;

	if (answer->count) {
		answer->status = DNS_FOUND;
	} else if (parse->rcode == RCODE_NO_NAME) {
		/* RFC 6604 3: it speaks of the last name of the chain. */
		answer->status = DNS_NO_NAME;
	} else if (parse->message->cnames && !parse->has_soa) {
		parse->message->unfinished = true;
		answer->status = DNS_TEMPORARY;
	} else if (parse->has_ns && !parse->has_soa && !parse->authoritative) {
		/* RFC 2308 2.2: no answer, but a hint where to find one. */
		refuse(parse, "a referral: the resolver does not recurse");
	} else {
		answer->status = DNS_NO_DATA;
	}
	if (answer->status == DNS_NO_NAME || answer->status == DNS_NO_DATA) {
		lower_ttl(parse, DNS_TTL_NEGATIVE_MAX);
		/* RFC 2308 5: without an SOA it should not be cached at all. */
		lower_ttl(
			parse, parse->has_soa ? parse->soa_ttl : DNS_TTL_TEMPORARY_MAX);
	}
	if (!answer->ttl_s)
		answer->ttl_s = 1;
}
