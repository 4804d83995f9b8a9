/* DNS messages written by hand, record after record, for the tests of their parser. */
#ifndef RINGPOST_TESTS_IO_DNS_PACKET_H
#define RINGPOST_TESTS_IO_DNS_PACKET_H

#include <arpa/inet.h>
#include <string.h>

#include "io/dns_parse.h"

/* A message under construction. */
struct packet {
	unsigned char bytes[70000];
	size_t size;
};

static struct packet packet;

static inline void put(uint64_t value, unsigned count)
{
	while (count--)
		packet.bytes[packet.size++] = (unsigned char)(value >> (8 * count));
}

static inline void put_bytes(const void *at, size_t size)
{
	memcpy(packet.bytes + packet.size, at, size);
	packet.size += size;
}

static inline void put_labels(const char *name)
{
	struct slice rest = slice_of(name);

	while (rest.size) {
		struct slice label = slice_cut(&rest, '.');

		put((unsigned)label.size, 1);
		put_bytes(label.at, label.size);
	}
}

static inline void put_name(const char *name)
{
	put_labels(name);
	put(0, 1);
}

static inline size_t name_size(const char *name)
{
	return *name ? strlen(name) + 2 : 1;
}

/* Header and question: id 77, FLAGS, counts of the three sections. */
static inline void begin(
	unsigned flags, const char *name, unsigned type, const unsigned counts[3])
{
	packet.size = 0;
	put(77, 2);
	put(flags, 2);
	put(1, 2);
	for (unsigned i = 0; i < 3; i++)
		put(counts[i], 2);
	put_name(name);
	put(type, 2);
	put(1, 2);
}

static inline void record(const char *owner, unsigned type, unsigned ttl, size_t size)
{
	put_name(owner);
	put(type, 2);
	put(1, 2);
	put(ttl, 4);
	put((unsigned)size, 2);
}

static inline void record_a(const char *owner, unsigned ttl, const char *address)
{
	struct in_addr in;

	inet_pton(AF_INET, address, &in);
	record(owner, DNS_A, ttl, 4);
	put_bytes(&in, 4);
}

static inline void record_name(
	const char *owner, unsigned type, unsigned ttl, const char *target)
{
	record(owner, type, ttl, name_size(target));
	put_name(target);
}

static inline void record_mx(
	const char *owner, unsigned ttl, unsigned preference, const char *target)
{
	record(owner, DNS_MX, ttl, 2 + name_size(target));
	put(preference, 2);
	put_name(target);
}

static inline void record_soa(const char *owner, unsigned ttl, unsigned minimum)
{
	record(owner, 6, ttl, name_size("ns") + name_size("root") + 20);
	put_name("ns");
	put_name("root");
	for (unsigned i = 0; i < 4; i++)
		put(1, 4);
	put(minimum, 4);
}

#define COUNTS(answer, authority, additional) \
	((const unsigned[3]){answer, authority, additional})

#endif
