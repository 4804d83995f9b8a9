/*
 * SPF and reverse names through the worker's resolver, held by a test script.
 *
 * verify_probe TIMEOUT_MS CACHE_ENTRIES SERVER …
 *
 *	spf ID CLIENT HELO MAIL_FROM DEADLINE_MS   texts in hexadecimal, "-" for none
 *	reverse ID ADDRESS DEADLINE_MS
 *	figures · quit
 */
#include "base/encode.h"
#include "io/dns.h"
#include "io_probe.h"
#include "verify/reverse.h"
#include "verify/spf.h"

#include <arpa/inet.h>

#define ASKERS_MAX 1000

struct asker {
	struct probe *probe;
	struct scope scope;
	unsigned id;
	bool reverse;
	struct in6_addr address;
	char helo[1100], mail_from[1100];
	int64_t deadline_ms;
};

static struct dns *dns;
static struct asker askers[ASKERS_MAX];

static struct in6_addr read_address(struct slice word)
{
	struct in6_addr address;
	char text[80] = "::ffff:";
	size_t at = slice_index(word, ':') < word.size ? 0 : strlen(text);

	if (!slice_to_text(word, text + at, sizeof(text) - at) ||
		inet_pton(AF_INET6, text, &address) != 1)
		abort();
	return address;
}

static void read_hex(struct slice word, char *text, size_t size)
{
	text[0] = '\0';
	if (slice_equal(word, SLICE("-")))
		return;
	if (word.size / 2 >= size || !hex_decode(word, text))
		abort();
	text[word.size / 2] = '\0';
}

static void say_spf(struct asker *asker, struct arena *arena)
{
	struct verify_resolver resolver = verify_resolver_of(dns);
	struct spf_question question = {.client = asker->address,
		.mail_from = slice_of(asker->mail_from),
		.helo = slice_of(asker->helo),
		.now_s = 1700000000};
	struct spf_verdict verdict;
	struct buffer line = {0};

	if (!spf_check(&resolver, &question, arena, &verdict,
		    deadline_after_ms(asker->deadline_ms)))
		abort();
	buffer_append_format(&line,
		"{\"id\":%u,\"result\":\"%s\",\"lookups\":%u,\"voids\":%u,\"queries\":%"
		"u,"
		"\"mechanism\":",
		asker->id, spf_result_name(verdict.result), verdict.lookups,
		verdict.voids, verdict.queries);
	event_quote(&line, verdict.mechanism);
	buffer_append_format(&line, ",\"explanation\":");
	event_quote(&line, verdict.explanation);
	buffer_append_format(&line, ",\"reason\":");
	event_quote(&line, slice_of(verdict.reason));
	buffer_append_format(&line, "}");
	probe_say(asker->probe, buffer_contents(&line));
	buffer_finish(&line);
}

static void say_reverse(struct asker *asker, struct arena *arena)
{
	struct verify_resolver resolver = verify_resolver_of(dns);
	struct reverse reverse;
	struct buffer line = {0};

	if (!reverse_check(&resolver, &asker->address, arena, &reverse,
		    deadline_after_ms(asker->deadline_ms)))
		abort();
	buffer_append_format(&line,
		"{\"id\":%u,\"result\":\"%s\",\"count\":%zu,\"name\":", asker->id,
		reverse_result_name(reverse.result), reverse.count);
	event_quote(&line, reverse.name);
	buffer_append_format(&line, ",\"reason\":");
	event_quote(&line, slice_of(reverse.reason));
	buffer_append_format(&line, "}");
	probe_say(asker->probe, buffer_contents(&line));
	buffer_finish(&line);
}

static void ask(void *arg)
{
	struct asker *asker = arg;
	struct arena arena = {0};

	if (asker->reverse)
		say_reverse(asker, &arena);
	else
		say_spf(asker, &arena);
	arena_finish(&arena);
}

static void say_figures(struct probe *probe)
{
	struct dns_figures figures = dns_figures(dns);
	char line[200];

	snprintf(line, sizeof(line),
		"{\"questions\":%lu,\"hits\":%lu,\"sent\":%lu,\"fibers\":%zu}",
		figures.questions, figures.hits, figures.sent, fiber_figures().live);
	probe_say(probe, slice_of(line));
}

static bool handle(struct probe *probe, struct slice *words, size_t count)
{
	struct asker *asker;

	if (slice_equal(words[0], SLICE("figures"))) {
		say_figures(probe);
		return true;
	}
	if (count < 4)
		return false;
	asker = &askers[probe_number(words[1])];
	*asker = (struct asker){.probe = probe,
		.id = (unsigned)probe_number(words[1]),
		.address = read_address(words[2]),
		.reverse = count == 4,
		.deadline_ms = probe_number(words[count - 1])};
	if (!asker->reverse) {
		read_hex(words[3], asker->helo, sizeof(asker->helo));
		read_hex(words[4], asker->mail_from, sizeof(asker->mail_from));
	}
	scope_init(&asker->scope);
	if (!scope_spawn(&asker->scope, "asker", ask, asker))
		abort();
	return true;
}

static void end(void)
{
	for (size_t i = 0; i < ASKERS_MAX; i++)
		if (askers[i].scope.count)
			scope_finish(&askers[i].scope, deadline_after_ms(10000));
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
	if (!dns)
		abort();
	probe_loop(probe);
}

int main(int argc, char **argv)
{
	struct probe probe = {.handle = handle, .end = end, .argc = argc, .argv = argv};

	if (argc < 4)
		return EXIT_FAILURE;
	return probe_main(&probe, body);
}
