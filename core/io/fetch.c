/*
 * A request's way from its fiber: the URL is read, the host looked up, its
 * addresses checked; the thread does the rest, and redirects begin anew.
 */
#include "io/fetch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "base/config_network.h"
#include "base/memory.h"
#include "io/dns.h"
#include "io/fetch_core.h"
#include "io/fetch_url.h"

struct request {
	const struct fetch_options *options;
	struct arena *arena;
	struct fetch_url url;
	struct in6_addr addresses[FETCH_ADDRESSES_MAX];
	size_t count;
	bool refused; /* one was left out */
	bool first;   /* not redirected */
	bool bare;    /* to another host: without the caller's headers */
};

static void add(struct request *request, const struct in6_addr *address)
{
	if (!request->options->private_addresses &&
		config_address_is_private(address->s6_addr))
		request->refused = true;
	else if (request->count < FETCH_ADDRESSES_MAX)
		request->addresses[request->count++] = *address;
}

/* At most half of them of one family, if there are others. */
static bool look_up(struct request *request, struct deadline deadline)
{
	static const enum dns_type types[] = {DNS_AAAA, DNS_A};
	bool temporary = false;
	struct dns_answer answer;

	if (!request->options->dns)
		return fail(FAILURE_CONFIG, "no resolver to look up %.*s with",
			SLICE_PRINT(request->url.host));
	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		size_t most = i ? FETCH_ADDRESSES_MAX : FETCH_ADDRESSES_MAX / 2;

		if (!dns_query(request->options->dns, types[i], request->url.host,
			    request->arena, &answer, deadline))
			return false;
		temporary |= answer.status == DNS_TEMPORARY;
		for (size_t j = 0; answer.status == DNS_FOUND && j < answer.count &&
				   request->count < most;
			j++)
			add(request, &answer.records[j].address);
	}
	if (request->count || request->refused)
		return true;
	if (deadline_has_passed(deadline))
		return fail(FAILURE_TIMEOUT, "%.*s: no answer from DNS in time",
			SLICE_PRINT(request->url.host));
	return fail(temporary ? FAILURE_DNS : FAILURE_NETWORK, "%.*s %s",
		SLICE_PRINT(request->url.host),
		temporary ? "cannot be looked up now" : "has no address");
}

/* RFC 6761 6.3: names of the host itself are nobody's to resolve. */
static void add_localhost(struct request *request)
{
	struct in6_addr address;

	for (int i = 0; i < 2; i++)
		if (inet_pton(AF_INET6, i ? "::ffff:127.0.0.1" : "::1", &address) == 1)
			add(request, &address);
}

static bool find_addresses(struct request *request, struct deadline deadline)
{
	const struct fetch_options *options = request->options;
	struct in6_addr literal;

	if (request->url.is_address) {
		memcpy(&literal, request->url.address, sizeof(literal));
		add(request, &literal);
	} else if (options->addresses && request->first) {
		for (size_t i = 0; i < options->address_count; i++)
			add(request, &options->addresses[i]);
	} else if (slice_equal(request->url.host, SLICE("localhost"))) {
		add_localhost(request);
	} else if (!look_up(request, deadline)) {
		return false;
	}
	if (request->count == 0)
		return fail(FAILURE_NETWORK, "%.*s leads to no public address",
			SLICE_PRINT(request->url.host));
	return true;
}

/* libcurl's "+host:port:address,…": for this time, not for ever. */
static char *write_resolve(const struct request *request)
{
	struct buffer text = {0};
	char address[INET6_ADDRSTRLEN], *written;

	if (request->url.is_address)
		return NULL;
	buffer_append_format(
		&text, "+%.*s:%u:", SLICE_PRINT(request->url.host), request->url.port);
	for (size_t i = 0; i < request->count; i++) {
		const struct in6_addr *one = &request->addresses[i];
		bool mapped = IN6_IS_ADDR_V4MAPPED(one);

		inet_ntop(mapped ? AF_INET : AF_INET6,
			mapped ? (const void *)&one->s6_addr[12] : (const void *)one,
			address, sizeof(address));
		buffer_append_format(
			&text, mapped ? "%s%s" : "%s[%s]", i ? "," : "", address);
	}
	written = memory_copy_text(buffer_contents(&text));
	buffer_finish(&text);
	return written;
}

static void done(struct letter *letter)
{
	struct transfer *transfer = CONTAINER_OF(letter, struct transfer, done);

	transfer->over = true;
	if (transfer->orphan)
		fetch_transfer_destroy(transfer);
	else
		condition_broadcast(&transfer->ended);
}

static struct transfer *make(const struct request *request, struct deadline deadline)
{
	const struct fetch_options *options = request->options;
	struct transfer *transfer = NEW(struct transfer);
	size_t count = request->bare ? 0 : options->header_count;

	transfer->done.run = done;
	transfer->worker = worker_self();
	condition_init(&transfer->ended);
	transfer->url = memory_copy_text(
		fetch_url_print(&request->url, request->arena));
	transfer->resolve = write_resolve(request);
	if (options->ca_file)
		transfer->ca_file = memory_copy_text(slice_of(options->ca_file));
	transfer->headers = memory_allocate_array(count + 1, sizeof(char *));
	for (; transfer->header_count < count; transfer->header_count++)
		transfer->headers[transfer->header_count] = memory_copy_text(
			options->headers[transfer->header_count]);
	if (options->body.at)
		transfer->body = slice_make(
			memory_copy_text(options->body), options->body.size);
	transfer->private_addresses = options->private_addresses;
	transfer->time_ms = deadline_left_ms(deadline);
	buffer_init(&transfer->answer, options->size_max);
	buffer_init(&transfer->head, FETCH_HEADER_MAX);
	return transfer;
}

void fetch_transfer_destroy(struct transfer *transfer)
{
	for (size_t i = 0; i < transfer->header_count; i++) {
		memory_wipe(transfer->headers[i], strlen(transfer->headers[i]));
		memory_free(transfer->headers[i]);
	}
	memory_free(transfer->headers);
	if (transfer->body.at)
		memory_wipe((char *)(uintptr_t)transfer->body.at, transfer->body.size);
	memory_free((char *)(uintptr_t)transfer->body.at);
	memory_free(transfer->url);
	memory_free(transfer->resolve);
	memory_free(transfer->ca_file);
	memory_free(transfer->content_type);
	memory_free(transfer->location);
	buffer_finish(&transfer->answer);
	buffer_finish(&transfer->head);
	memory_free(transfer);
}

static bool take_answer(const struct request *request, const struct transfer *transfer,
	struct fetch_response *response_r)
{
	struct arena *arena = request->arena;

	if (transfer->failure)
		return fail(transfer->failure, "%.*s: %s",
			SLICE_PRINT(request->url.host), transfer->reason);
	*response_r = (struct fetch_response){
		.status = transfer->status,
		.content_type = arena_copy(arena, slice_of(transfer->content_type)),
		.location = arena_copy(arena, slice_of(transfer->location)),
		.retry_after_s = transfer->retry_after_s,
		.body = arena_copy(arena, buffer_contents(&transfer->answer)),
	};
	return true;
}

static bool transfer_run(struct request *request, struct fetch_response *response_r,
	struct deadline deadline)
{
	struct transfer *transfer = make(request, deadline);
	bool good = fetch_thread_take(transfer);

	if (!good) {
		fetch_transfer_destroy(transfer);
		return false;
	}
	while (good && !transfer->over)
		good = condition_wait(&transfer->ended, deadline);
	if (!good && !transfer->over) {
		/* Set first: the thread may be the next to touch it. */
		transfer->orphan = true;
		fetch_thread_give_up(transfer);
		return failure_kind_last() == FAILURE_TIMEOUT
			       ? fail(FAILURE_TIMEOUT, "%.*s: no answer in time",
					 SLICE_PRINT(request->url.host))
			       : false;
	}
	good = take_answer(request, transfer, response_r);
	fetch_transfer_destroy(transfer);
	return good;
}

static bool request_run(struct request *request, struct slice url,
	struct fetch_response *response_r, struct deadline deadline)
{
	struct slice before = request->url.host;

	if (!fetch_url_parse(url, request->arena, &request->url))
		return false;
	if (!request->url.tls && !request->options->plain)
		return fail(FAILURE_DATA, "%.*s: only https is asked",
			SLICE_PRINT(request->url.host));
	if (!request->url.port && request->first)
		request->url.port = request->options->port;
	if (!request->url.port)
		request->url.port = request->url.tls ? 443 : 80;
	request->bare |= !request->first && !slice_equal(before, request->url.host);
	request->count = 0;
	request->refused = false;
	return find_addresses(request, deadline) &&
	       transfer_run(request, response_r, deadline);
}

static bool headers_are_good(const struct fetch_options *options)
{
	for (size_t i = 0; i < options->header_count; i++)
		for (size_t j = 0; j < options->headers[i].size; j++)
			if ((unsigned char)options->headers[i].at[j] < ' ')
				return fail(FAILURE_DATA,
					"a control character in a field for HTTP");
	return true;
}

bool fetch(const struct fetch_options *options, struct arena *arena,
	struct fetch_response *response_r, struct deadline deadline)
{
	struct request request = {.options = options, .arena = arena, .first = true};
	struct fetch_response response;
	struct slice url = options->url;

	assert(options->size_max > 0);
	if (!headers_are_good(options))
		return false;
	for (unsigned followed = 0;; followed++) {
		if (!request_run(&request, url, &response, deadline))
			return false;
		if (!response.location.size || options->body.at ||
			followed == options->redirects)
			break;
		url = response.location;
		request.first = false;
	}
	*response_r = response;
	return true;
}
