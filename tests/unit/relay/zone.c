/* The test's DNS server. */
#include "zone.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice.h"
#include "run/ring.h"

#define PACKET_MAX 4096

struct packet {
	unsigned char bytes[PACKET_MAX];
	size_t size;
};

static void put_byte(struct packet *packet, unsigned value)
{
	packet->bytes[packet->size++] = (unsigned char)value;
}

static void put_short(struct packet *packet, unsigned value)
{
	put_byte(packet, value >> 8);
	put_byte(packet, value & 255);
}

static void put_name(struct packet *packet, struct slice name)
{
	while (name.size) {
		struct slice label = slice_cut(&name, '.');

		put_byte(packet, (unsigned)label.size);
		for (size_t i = 0; i < label.size; i++)
			put_byte(packet, (unsigned char)label.at[i]);
	}
	put_byte(packet, 0);
}

static unsigned type_of(struct slice word)
{
	return slice_equal(word, SLICE("A"))	   ? 1
	       : slice_equal(word, SLICE("CNAME")) ? 5
	       : slice_equal(word, SLICE("MX"))	   ? 15
	       : slice_equal(word, SLICE("AAAA"))  ? 28
						   : 0;
}

static void put_data(struct packet *packet, unsigned type, struct slice data)
{
	size_t size_at = packet->size, size;
	char text[100];

	packet->size += 2;
	slice_to_text(data, text, sizeof(text));
	if (type == 15) {
		uint64_t preference = 0;

		slice_to_u64(slice_cut(&data, ' '), &preference);
		put_short(packet, (unsigned)preference);
	}
	if (type == 15 || type == 5) {
		put_name(packet, slice_equal(data, SLICE(".")) ? SLICE_EMPTY : data);
	} else {
		inet_pton(type == 1 ? AF_INET : AF_INET6, text,
			packet->bytes + packet->size);
		packet->size += type == 1 ? 4 : 16;
	}
	size = packet->size - size_at - 2;
	packet->bytes[size_at] = (unsigned char)(size >> 8);
	packet->bytes[size_at + 1] = (unsigned char)(size & 255);
}

/* Answers, and whether the name is known at all. */
static unsigned put_answers(struct packet *packet, const struct zone *zone,
	struct slice name, unsigned type, unsigned *status_r)
{
	struct slice rest = slice_of(zone->records);
	unsigned count = 0;

	*status_r = 3;
	while (rest.size) {
		struct slice line = slice_cut(&rest, '\n');
		struct slice owner = slice_cut(&line, ' ');
		struct slice word = slice_cut(&line, ' ');

		if (!slice_equal_nocase(owner, name))
			continue;
		*status_r = slice_equal(word, SLICE("FAIL")) ? 2 : 0;
		if (type_of(word) != type && type_of(word) != 5)
			continue;
		put_short(packet, 0xc00c);
		put_short(packet, type_of(word));
		put_short(packet, 1);
		put_short(packet, 0);
		put_short(packet, 300);
		put_data(packet, type_of(word), line);
		count++;
	}
	return count;
}

static struct slice read_name(
	const struct packet *packet, char text[256], size_t *end_r)
{
	size_t at = 12, used = 0;

	while (at < packet->size && packet->bytes[at]) {
		size_t size = packet->bytes[at++];

		if (used)
			text[used++] = '.';
		memcpy(text + used, packet->bytes + at, size);
		used += size;
		at += size;
	}
	*end_r = at + 1;
	return slice_make(text, used);
}

static void answer(struct zone *zone, struct packet *packet)
{
	char text[256];
	size_t end;
	struct slice name = read_name(packet, text, &end);
	unsigned type = packet->bytes[end] * 256u + packet->bytes[end + 1], status,
		 count;

	packet->size = end + 4;
	count = put_answers(packet, zone, name, type, &status);
	packet->bytes[2] = 0x85;
	packet->bytes[3] = (unsigned char)(0x80 | status);
	memset(packet->bytes + 4, 0, 8);
	packet->bytes[5] = 1;
	packet->bytes[7] = (unsigned char)count;
}

static void serve(void *arg)
{
	struct zone *zone = arg;
	struct packet *packet = calloc(1, sizeof(*packet));
	struct sockaddr_in from;

	while (ring_poll(zone->fd, POLLIN, deadline_none()) >= 0) {
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(zone->fd, packet->bytes, 512, MSG_DONTWAIT,
			(struct sockaddr *)&from, &size);

		if (got < 17)
			continue;
		packet->size = (size_t)got;
		zone->questions++;
		answer(zone, packet);
		sendto(zone->fd, packet->bytes, packet->size, 0,
			(struct sockaddr *)&from, size);
	}
	free(packet);
}

void zone_open(struct zone *zone)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);

	zone->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(zone->fd, (struct sockaddr *)&at, size) != 0 ||
		getsockname(zone->fd, (struct sockaddr *)&at, &size) != 0) {
		perror("zone");
		abort();
	}
	snprintf(zone->address, sizeof(zone->address), "127.0.0.1:%u",
		ntohs(at.sin_port));
	scope_init(&zone->scope);
	scope_spawn(&zone->scope, "zone", serve, zone);
}

void zone_close(struct zone *zone)
{
	scope_cancel(&zone->scope);
	scope_finish(&zone->scope, deadline_after_ms(0));
	close(zone->fd);
}
