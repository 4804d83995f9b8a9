/* Names of addresses in blocklists (RFC 5782), and which answers list them. */
#include "receive/blocklists.h"

#include "base/memory.h"

#include "check.h"

static const uint8_t four[16] = {
	[10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 99};
static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x99};

CASE("an address stands reversed in front of the list's name (2.1, 2.4)")
{
	char text[BLOCKLIST_NAME_SIZE], long_list[254];

	CHECK(blocklist_name(four, "bl.example", text));
	CHECK_SLICE(slice_of(text), "99.2.0.192.bl.example");
	CHECK(blocklist_name(six, "bl.example", text));
	CHECK_SLICE(slice_of(text), "9.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
				    "8.b.d.0.1.0.0.2.bl.example");
	memset(long_list, 'a', sizeof(long_list) - 1);
	long_list[sizeof(long_list) - 1] = '\0';
	CHECK(!blocklist_name(four, long_list, text));
}

/* Lists are named after what they answer: "127.0.0.2.example". */
static unsigned asked;

static bool answer(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	struct slice rest = slice_from(name, sizeof("99.2.0.192.") - 1);

	asked++;
	CHECK(type == DNS_A);
	*answer_r = (struct dns_answer){.status = DNS_NO_NAME};
	if (slice_starts(rest, SLICE("cancelled")))
		return false;
	if (slice_starts(rest, SLICE("slow")))
		answer_r->status = DNS_TEMPORARY;
	if (!ascii_is_digit(rest.at[0]))
		return true;
	answer_r->status = DNS_FOUND;
	answer_r->count = 1;
	answer_r->records = ARENA_NEW(arena, struct dns_record);
	for (size_t i = 0; i < 4; i++) {
		uint64_t byte = 0;

		CHECK(slice_to_u64(slice_cut(&rest, '.'), &byte));
		answer_r->records[0].address.s6_addr[12 + i] = (uint8_t)byte;
	}
	return true;
}

static const struct verify_resolver resolver = {.query = answer};

static struct slice find(char **lists, size_t count)
{
	struct config_texts texts = {lists, count};
	struct slice list = SLICE("?");

	asked = 0;
	CHECK(blocklists_find(
		&resolver, &texts, four, &list, (struct deadline){INT64_MAX}));
	return list;
}

CASE("an answer of 127.0.0.0/8 lists it, but for what says that it may not be asked")
{
	char *none[] = {"no.example", "slow.example", "127.255.255.254.example",
		"192.0.2.1.example"};
	char *some[] = {"slow.example", "127.0.0.2.example", "no.example"};

	CHECK(find(none, ARRAY_COUNT(none)).size == 0);
	CHECK_NUMBER(asked, 4);
	CHECK_SLICE(find(some, ARRAY_COUNT(some)), "127.0.0.2.example");
	CHECK_NUMBER(asked, 2);
	CHECK(find(NULL, 0).size == 0);
}

CASE("cancelled, nothing is found out")
{
	char *lists[] = {"cancelled.example"};
	struct config_texts texts = {lists, 1};
	struct slice list = SLICE_EMPTY;

	CHECK(!blocklists_find(
		&resolver, &texts, four, &list, (struct deadline){INT64_MAX}));
}

CHECK_MAIN()
