/*
 * A DNS resolver held by a test script.
 *
 * io_dns_probe TIMEOUT_MS CACHE_ENTRIES SERVER …
 *
 *	ask ID TYPE NAME DEADLINE_MS   its answer, whenever it comes
 *	cancel ID                      the fiber that asks
 *	forget NAME · figures · close · quit
 */
#include "base/encode.h"
#include "io/dns.h"
#include "io_probe.h"

#include <arpa/inet.h>

#define ASKERS_MAX 20000

struct asker {
	struct probe *probe;
	struct scope scope;
	unsigned id;
	enum dns_type type;
	char name[300];
	int64_t deadline_ms;
};

static struct dns *dns;
static struct asker askers[ASKERS_MAX];

static enum dns_type type_of(struct slice word)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = {{"A", DNS_A}, {"CNAME", DNS_CNAME}, {"PTR", DNS_PTR},
		{"MX", DNS_MX}, {"TXT", DNS_TXT}, {"AAAA", DNS_AAAA},
		{"TLSA", DNS_TLSA}};

	for (size_t i = 0; i < ARRAY_COUNT(types); i++)
		if (slice_equal(word, slice_of(types[i].name)))
			return types[i].type;
	abort();
}

static void add_hex(struct buffer *line, struct slice bytes)
{
	char *at = buffer_reserve(line, 2 * bytes.size);

	hex_encode(bytes, at);
	buffer_advance(line, 2 * bytes.size);
}

static void add_record(
	struct buffer *line, enum dns_type type, const struct dns_record *record)
{
	char address[INET6_ADDRSTRLEN];

	buffer_append_byte(line, '"');
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		inet_ntop(AF_INET6, &record->address, address, sizeof(address));
		buffer_append_format(line, "%s", address);
		break;
	case DNS_TXT:
		add_hex(line, record->name);
		break;
	case DNS_TLSA:
		buffer_append_format(line, "%u %u %u ", record->usage, record->selector,
			record->matching);
		add_hex(line, record->data);
		break;
	case DNS_MX:
		buffer_append_format(line, "%u ", record->preference);
		buffer_append(line, record->name);
		break;
	default:
		buffer_append(line, record->name);
	}
	buffer_append_byte(line, '"');
}

static void say_answer(struct asker *asker, const struct dns_answer *answer)
{
	static const char *const names[] = {"found", "no data", "no name", "temporary"};
	struct buffer line = {0};

	buffer_append_format(&line,
		"{\"id\":%u,\"status\":\"%s\",\"ttl\":%u,\"queries\":%u,\"ad\":%s,"
		"\"reason\":\"%s\",\"canonical\":",
		asker->id, names[answer->status], answer->ttl_s, answer->queries,
		answer->authentic ? "true" : "false", answer->reason);
	event_quote(&line, answer->canonical);
	buffer_append_format(&line, ",\"records\":[");
	for (size_t i = 0; i < answer->count; i++) {
		if (i)
			buffer_append_byte(&line, ',');
		add_record(&line, asker->type, &answer->records[i]);
	}
	buffer_append_format(&line, "]}");
	probe_say(asker->probe, buffer_contents(&line));
	buffer_finish(&line);
}

static void ask(void *arg)
{
	struct asker *asker = arg;
	struct arena arena = {0};
	struct dns_answer answer;
	char line[400];

	if (dns && dns_query(dns, asker->type, slice_of(asker->name), &arena, &answer,
			   deadline_after_ms(asker->deadline_ms))) {
		say_answer(asker, &answer);
	} else {
		snprintf(line, sizeof(line), "{\"id\":%u,\"status\":\"%s\"}", asker->id,
			failure_kind_name(failure_kind_last()));
		probe_say(asker->probe, slice_of(line));
	}
	arena_finish(&arena);
}

static void say_figures(struct probe *probe)
{
	struct dns_figures figures = dns_figures(dns);
	char line[300];

	snprintf(line, sizeof(line),
		"{\"questions\":%lu,\"hits\":%lu,\"joined\":%lu,\"sent\":%lu,"
		"\"temporary\":%lu,\"entries\":%zu,\"fibers\":%zu}",
		figures.questions, figures.hits, figures.joined, figures.sent,
		figures.temporary, figures.entries, fiber_figures().live);
	probe_say(probe, slice_of(line));
}

static bool handle(struct probe *probe, struct slice *words, size_t count)
{
	struct asker *asker;

	if (slice_equal(words[0], SLICE("ask"))) {
		asker = &askers[probe_number(words[1])];
		*asker = (struct asker){.probe = probe,
			.id = (unsigned)probe_number(words[1]),
			.type = type_of(words[2]),
			.deadline_ms = probe_number(words[4])};
		slice_to_text(words[3], asker->name, sizeof(asker->name));
		scope_init(&asker->scope);
		if (!scope_spawn(&asker->scope, "asker", ask, asker))
			abort();
	} else if (slice_equal(words[0], SLICE("cancel"))) {
		asker = &askers[probe_number(words[1])];
		scope_finish(&asker->scope, deadline_after_ms(0));
	} else if (slice_equal(words[0], SLICE("forget"))) {
		dns_forget(dns, words[1]);
	} else if (slice_equal(words[0], SLICE("figures"))) {
		say_figures(probe);
	} else if (slice_equal(words[0], SLICE("close"))) {
		dns_destroy(&dns);
	} else {
		return false;
	}
	return true;
}

static void end(void)
{
	for (size_t i = 0; i < ASKERS_MAX; i++)
		if (askers[i].scope.count)
			scope_finish(&askers[i].scope, deadline_after_ms(0));
	dns_destroy(&dns);
}

static void body(void *arg)
{
	struct probe *probe = arg;
	struct dns_options options = {
		.timeout_ms = probe_number(slice_of(probe->argv[1])),
		.cache_entries = (size_t)probe_number(slice_of(probe->argv[2])),
		.servers = (const char *const *)probe->argv + 3,
		.server_count = (size_t)probe->argc - 3,
	};

	dns = dns_create(&options);
	if (!dns) {
		fprintf(stderr, "%s\n", failure_last()->text);
		exit(EXIT_FAILURE);
	}
	probe_loop(probe);
}

int main(int argc, char **argv)
{
	struct probe probe = {.handle = handle, .end = end, .argc = argc, .argv = argv};

	if (argc < 3)
		return EXIT_FAILURE;
	return probe_main(&probe, body);
}
