/*
 * HTTPS requests held by a test script.
 *
 * io_fetch_probe DNS_SERVER CA_FILE
 *
 *	get ID URL DEADLINE_MS SIZE_MAX REDIRECTS FLAGS ADDRESS
 *	post ID URL DEADLINE_MS SIZE_MAX REDIRECTS FLAGS ADDRESS HEX
 *	cancel ID · figures · quit
 *
 * FLAGS: any of p (private addresses), h (plain), s (the system's authorities),
 * a (an Authorization field), or "-". ADDRESS: given instead of DNS, or "-".
 */
#include "base/encode.h"
#include "io/dns.h"
#include "io/fetch.h"
#include "io_probe.h"

#include <arpa/inet.h>

#define ASKERS_MAX 2000

struct asker {
	struct probe *probe;
	struct scope scope;
	struct arena arena;
	unsigned id;
	struct fetch_options options;
	struct slice header;
	struct in6_addr address;
	int64_t deadline_ms;
};

static struct dns *dns;
static struct asker askers[ASKERS_MAX];

static void say_response(struct asker *asker, const struct fetch_response *response)
{
	struct buffer line = {0};

	buffer_append_format(&line, "{\"id\":%u,\"status\":%u,\"type\":", asker->id,
		response->status);
	event_quote(&line, response->content_type);
	buffer_append_format(&line, ",\"location\":");
	event_quote(&line, response->location);
	buffer_append_format(&line, ",\"body\":");
	event_quote(&line, response->body);
	buffer_append_format(&line, "}");
	probe_say(asker->probe, buffer_contents(&line));
	buffer_finish(&line);
}

static void ask(void *arg)
{
	struct asker *asker = arg;
	struct fetch_response response;
	struct buffer line = {0};

	if (fetch(&asker->options, &asker->arena, &response,
		    deadline_after_ms(asker->deadline_ms))) {
		say_response(asker, &response);
	} else {
		buffer_append_format(&line,
			"{\"id\":%u,\"failure\":\"%s\",\"text\":", asker->id,
			failure_kind_name(failure_kind_last()));
		event_quote(&line, slice_of(failure_last()->text));
		buffer_append_format(&line, "}");
		probe_say(asker->probe, buffer_contents(&line));
		buffer_finish(&line);
	}
	arena_finish(&asker->arena);
}

static bool has(struct slice flags, char flag)
{
	return slice_index(flags, flag) < flags.size;
}

static void begin(struct probe *probe, struct slice *words, size_t count)
{
	struct asker *asker = &askers[probe_number(words[1])];
	struct fetch_options *options = &asker->options;
	char address[80];

	*asker = (struct asker){.probe = probe,
		.id = (unsigned)probe_number(words[1]),
		.deadline_ms = probe_number(words[3])};
	options->url = arena_copy(&asker->arena, words[2]);
	options->size_max = (size_t)probe_number(words[4]);
	options->redirects = (unsigned)probe_number(words[5]);
	options->private_addresses = has(words[6], 'p');
	options->plain = has(words[6], 'h');
	options->ca_file = has(words[6], 's') ? NULL : probe->argv[2];
	options->dns = dns;
	asker->header = SLICE("Authorization: secret");
	options->headers = &asker->header;
	options->header_count = has(words[6], 'a');
	slice_to_text(words[7], address, sizeof(address));
	if (inet_pton(AF_INET6, address, &asker->address) == 1) {
		options->addresses = &asker->address;
		options->address_count = 1;
	}
	if (count > 8) {
		char *bytes = arena_take(&asker->arena, words[8].size);

		hex_decode(words[8], bytes);
		options->body = slice_make(bytes, words[8].size / 2);
	}
	scope_init(&asker->scope);
	if (!scope_spawn(&asker->scope, "asker", ask, asker))
		abort();
}

static bool handle(struct probe *probe, struct slice *words, size_t count)
{
	struct fetch_figures figures = fetch_figures();
	char line[200];

	if (slice_equal(words[0], SLICE("get")) ||
		slice_equal(words[0], SLICE("post"))) {
		begin(probe, words, count);
	} else if (slice_equal(words[0], SLICE("cancel"))) {
		scope_finish(
			&askers[probe_number(words[1])].scope, deadline_after_ms(0));
	} else if (slice_equal(words[0], SLICE("figures"))) {
		snprintf(line, sizeof(line),
			"{\"requests\":%lu,\"failures\":%lu,\"pending\":%u}",
			figures.requests, figures.failures, figures.pending);
		probe_say(probe, slice_of(line));
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
		.timeout_ms = 5000,
		.cache_entries = 1000,
		.servers = (const char *const *)probe->argv + 1,
		.server_count = 1,
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
	int status;

	if (argc < 3 || !fetch_start())
		return EXIT_FAILURE;
	status = probe_main(&probe, body);
	fetch_stop();
	return status;
}
