/* DNS answers nobody should send: malformed, endless, to another question. */
#include "io/dns_parse.h"

#include "dns_parsed.h"

CASE("an answer to another question")
{
	begin(0x8180, "a", DNS_A, COUNTS(0, 0, 0));
	check_refused(DNS_A, "b", "answer to another question");
	check_refused(DNS_AAAA, "a", "answer to another question");
	packet.bytes[0] ^= 1;
	check_refused(DNS_A, "a", "answer to another question");
	packet.bytes[0] ^= 1;
	packet.bytes[5] = 2;
	check_refused(DNS_A, "a", "answer to another question");
	packet.bytes[5] = 1;
	packet.bytes[packet.size - 1] = 3; /* CHAOS */
	check_refused(DNS_A, "a", "answer to another question");
}

CASE("record data of the wrong size")
{
	static const struct {
		unsigned type;
		struct slice data;
	} table[] = {
		{DNS_A, SLICE("\1\2\3")},
		{DNS_A, SLICE("\1\2\3\4\5")},
		{DNS_AAAA, SLICE("\1\2\3\4")},
		{DNS_MX, SLICE("\0")},
		{DNS_MX, SLICE("\0\1")},
		{DNS_MX, SLICE("\0\1\1a\0x")},
		{DNS_MX, SLICE("\0\1\1")},
		{DNS_PTR, SLICE("")},
		{DNS_PTR, SLICE("\1a")},
		{DNS_TXT, SLICE("\5abc")},
		{DNS_TXT, SLICE("\1a\1")},
		{DNS_TLSA, SLICE("\1\2")},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		begin(0x8180, "a", table[i].type, COUNTS(1, 0, 0));
		record("a", table[i].type, 1, table[i].data.size);
		put_bytes(table[i].data.at, table[i].data.size);
		check_refused((enum dns_type)table[i].type, "a", "malformed answer");
	}
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	record("a", DNS_A, 1, 5);
	put(0, 4);
	check_refused(DNS_A, "a", "malformed answer");
	begin(0x8183, "a", DNS_A, COUNTS(0, 1, 0));
	record("a", 6, 1, 4);
	put(0, 4);
	check_refused(DNS_A, "a", "malformed answer");
}

CASE("names in records with bytes no host has: that record does not count")
{
	begin(0x8180, "a", DNS_MX, COUNTS(3, 0, 0));
	record_mx("a", 1, 1, "sp ace.example");
	record("a", DNS_MX, 1, 7);
	put(2, 2), put(3, 1), put_bytes("a.b", 3), put(0, 1);
	record_mx("a", 1, 3, "fine.example");
	struct dns_message message = parse(DNS_MX, "a");

	CHECK_NUMBER(message.answer.count, 1);
	CHECK_NUMBER(message.answer.records[0].preference, 3);
	begin(0x8180, "a", DNS_MX, COUNTS(1, 0, 0));
	record_mx("a", 1, 1, "sp ace.example");
	check_refused(DNS_MX, "a", "no record with a usable name");
}

CASE("RFC 1035 4.1.4: pointers lead backwards only")
{
	static const unsigned pointers[] = {
		0xc000 + 19, 0xc000 + 30, 0xffff, 0xc000 + 20};

	for (size_t i = 0; i < ARRAY_COUNT(pointers); i++) {
		begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
		CHECK_NUMBER(packet.size, 19);
		put(pointers[i], 2), put(DNS_A, 2), put(1, 2), put(1, 4), put(4, 2),
			put(1, 4);
		check_refused(DNS_A, "a", "malformed answer");
	}
	/* Two pointers at each other, and one that comes back to its label. */
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	put(1, 1), put('x', 1), put(0xc000 + 19, 2);
	put(DNS_A, 2), put(1, 2), put(1, 4), put(4, 2), put(1, 4);
	check_refused(DNS_A, "a", "malformed answer");
	/* A label type of old (RFC 6891 5). */
	begin(0x8180, "a", DNS_A, COUNTS(1, 0, 0));
	put(0x41, 1), put(0, 1), put(DNS_A, 2), put(1, 2), put(1, 4), put(4, 2),
		put(1, 4);
	check_refused(DNS_A, "a", "malformed answer");
}

CASE("a name made longer than 255 bytes through a pointer")
{
	char label[64] = {0}, name[260];

	memset(label, 'x', 63);
	snprintf(name, sizeof(name), "%s.%s.%s", label, label, label);
	begin(0x8180, name, DNS_PTR, COUNTS(1, 0, 0));
	put(0xc00c, 2), put(DNS_PTR, 2), put(1, 2), put(1, 4), put(64 + 2, 2);
	put(63, 1), put_bytes(label, 63), put(0xc00c, 2);
	check_refused(DNS_PTR, name, "malformed answer");
}

CASE("counts that promise more than there is, or more than we take")
{
	begin(0x8180, "a", DNS_A, COUNTS(4000, 0, 0));
	check_refused(DNS_A, "a", "malformed answer");
	begin(0x8180, "a", DNS_A, COUNTS(65535, 65535, 65535));
	check_refused(DNS_A, "a", "answer with too many records");
	begin(0x8180, "a", DNS_A, COUNTS(0, 0, 1));
	check_refused(DNS_A, "a", "malformed answer");
}

CASE("every byte of an answer changed to every value: no crash, no odd result")
{
	begin(0x8180, "a.example", DNS_MX, COUNTS(2, 1, 1));
	record_name("a.example", DNS_CNAME, 30, "b.example");
	record_mx("b.example", 10, 5, "mx.example");
	record_soa("example", 10, 10);
	put(0, 1), put(41, 2), put(1232, 2), put(0, 4), put(0, 2);
	for (size_t at = 0; at < packet.size; at++) {
		unsigned char kept = packet.bytes[at];

		for (unsigned value = 0; value < 256; value++) {
			packet.bytes[at] = (unsigned char)value;
			struct dns_message message = parse(DNS_MX, "a.example");

			CHECK((message.answer.count > 0) ==
				(message.answer.status == DNS_FOUND));
			CHECK(message.answer.ttl_s >= 1 &&
				message.answer.ttl_s <= 86400);
		}
		packet.bytes[at] = kept;
	}
	arena_finish(&arena);
}

CHECK_MAIN()
