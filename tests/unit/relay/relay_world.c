/* Opening and closing everything a relay needs. */
#include "relay_world.h"

#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"

struct relay_world world;

/* What a test cannot go on without. */
static bool must(bool held)
{
	if (!held) {
		fprintf(stderr, "the test cannot go on: %s\n", failure_last()->text);
		abort();
	}
	return true;
}

struct config *world_config(const char *relay, const char *route)
{
	char *errors = NULL;
	char *text = memory_format(
		"hostname: mail.here.test\n"
		"listeners:\n"
		"  - { address: \"127.0.0.1:2525\", role: submission, tls: none, "
		"require_auth: false }\n"
		"relay:\n%s  connect_timeout: 20s\n%s"
		"routes:\n"
		"  - { domain: gone.test, discard: true }\n"
		"  - { domain: here.test, mailbox: true }\n"
		"  - { domain: all.test, capture: { account: c, mailbox: d } }\n"
		"  - { domain: \"*\", host: \"[127.0.0.1]\", port: %u, "
		"private_addresses: true%s }\n"
		"  - { domain: example.test, host: \"[127.0.0.1]\", port: %u, "
		"private_addresses: true }\n"
		"  - { domain: .dns.test, port: %u, private_addresses: true }\n"
		"  - { domain: private.test, port: %u }\n%s",
		strstr(relay, "retry:") ? "" : "  retry: [1s, 2s]\n", relay,
		world.sink_port ? world.sink_port : world.sink.port, route,
		world.other.port, world.sink.port, world.sink.port,
		world.more ? world.more : "");
	struct config *made = config_parse_text("test.yaml", slice_of(text), &errors);

	if (!made)
		fprintf(stderr, "%s", errors);
	must(made != NULL);
	memory_free(errors);
	memory_free(text);
	return made;
}

static void open_servers(void)
{
	sink_open(&world.sink, "127.0.0.1");
	sink_open(&world.other, "127.0.0.1");
	zone_open(&world.zone);
}

struct relay *world_open_second(void)
{
	struct relay_options options = {
		.node = world.node,
		.config = world.config,
		.queue = world.place.queue,
		.dns = world.dns,
		.redis = world.place.redis,
		.tls = world.tls,
		.sign = world.sign,
		.local = world.local,
	};
	struct relay *relay = relay_open(&options);

	must(relay != NULL);
	return relay;
}

void world_open(const char *relay, const char *route)
{
	const char *server = world.zone.address;
	struct dns_options asked = {.servers = &server,
		.server_count = 1,
		.timeout_ms = 5000,
		.cache_entries = 100};

	open_servers();
	world.config = world_config(relay, route);
	world.node = relay_node_create();
	world.dns = dns_create(&asked);
	world.tls = tls_client_create(NULL, "1.2");
	must(world.dns != NULL && world.tls != NULL);
	world.relay = world_open_second();
}

void world_close(void)
{
	relay_drain(world.relay, deadline_after_ms(5000));
	relay_close(&world.relay);
	relay_node_destroy(&world.node);
	dns_destroy(&world.dns);
	tls_client_release(&world.tls);
	config_release(&world.config);
	sink_close(&world.sink);
	sink_close(&world.other);
	zone_close(&world.zone);
}

void with_world(void (*body)(void))
{
	world.sink = (struct sink){.extensions = PIPELINING};
	world.other = (struct sink){.extensions = PIPELINING};
	world.zone = (struct zone){.records = ""};
	world.sign = NULL;
	world.local = (struct local_delivery){0};
	world.more = NULL;
	if (ftruncate(world.events, 0) != 0)
		abort();
	on_worker_with_place(&world.place, &world.server, body);
}

bool world_send(const char *addresses, const char *content)
{
	return must(place_send(&world.place, addresses, slice_of(content), NULL,
		deadline_after_ms(PATIENCE_MS)));
}

bool world_send_as(const char *addresses, const char *content,
	void (*change)(struct message *message, struct entry *entry))
{
	struct entry *entries[16];
	size_t count;
	struct message *message = place_message(
		&world.place, addresses, slice_of(content), entries, &count);
	bool safe;

	for (size_t i = 0; i < count; i++)
		change(message, entries[i]);
	safe = queue_commit(world.place.queue, message, entries, count,
		deadline_after_ms(PATIENCE_MS));
	message_release(&message);
	return must(safe);
}

uint64_t world_taken(void)
{
	return world.sink.messages;
}

uint64_t world_taken_by_other(void)
{
	return world.other.messages;
}

uint64_t world_in_hand(void)
{
	return relay_figures(world.relay).waiting;
}

uint64_t world_left(void)
{
	return server_sum(&world.server, "HLEN", "entries", 8);
}

static unsigned count_said(const char *text)
{
	off_t size = lseek(world.events, 0, SEEK_END);
	char *all = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED,
				       world.events, 0)
			     : NULL;
	struct slice rest = slice_make(all, all ? (size_t)size : 0);
	struct slice wanted = slice_of(text);
	unsigned count = 0;

	while (rest.size) {
		size_t at = slice_find(rest, wanted);

		count += at < rest.size;
		rest = slice_from(rest, at + wanted.size);
	}
	if (all)
		munmap(all, (size_t)size);
	return count;
}

unsigned world_said_times(const char *text)
{
	return count_said(text);
}

bool world_said(const char *text)
{
	return count_said(text) > 0;
}

void world_tell(void)
{
	char text[65536];
	ssize_t size = pread(world.events, text, sizeof(text), 0);

	fwrite(text, 1, size > 0 ? (size_t)size : 0, stderr);
}

unsigned world_events(const char *name)
{
	char text[100];

	snprintf(text, sizeof(text), "\"event\":\"%s\"", name);
	return count_said(text);
}

uint64_t world_delivered(void)
{
	return world_events("delivered");
}

uint64_t world_deferred(void)
{
	return world_events("deferred");
}

uint64_t world_bounced(void)
{
	return world_events("bounced");
}

bool sink_got(const struct sink *sink, const char *text)
{
	struct slice got = buffer_contents(&sink->last);

	return slice_find(got, slice_of(text)) < got.size;
}

int world_main(int (*run)(void))
{
	int result;

	server_start(&world.server, "");
	offload_start(2, 100);
	world.events = memfd_create("events", MFD_CLOEXEC);
	event_set_descriptor(world.events);
	result = run();
	event_set_descriptor(2);
	close(world.events);
	offload_stop();
	server_finish(&world.server);
	return result;
}
