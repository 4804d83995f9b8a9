/*
 * The addresses mail leaves from: are they on this machine, and do their names
 * and their reverse DNS agree, as receivers will look? Warnings only.
 */
#include "check/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "io/dns.h"
#include "mail/domain.h"
#include "relay/source.h"

#include "client/small_worker.h"

#define ANSWER_MS   5000
#define ALL_MS	    60000
#define REVERSE_MAX 80

struct looking {
	struct check *check;
	struct dns *dns;
	struct arena arena;
	struct deadline deadline;
	const char *name, *address; /* what is looked at */
	const void *member;	    /* where that was written */
	uint8_t bytes[16];
	bool ipv6;
};

static void warn(struct looking *looking, const char *wrong, const char *detail)
{
	char *text = memory_format(
		"%s: %s%s", looking->address, wrong, detail ? detail : "");

	check_warning(looking->check, looking->member, text);
	memory_free(text);
}

static void check_here(struct looking *looking)
{
	union host_address address = {0};

	if (looking->ipv6) {
		address.ipv6.sin6_family = AF_INET6;
		memcpy(&address.ipv6.sin6_addr, looking->bytes, 16);
	} else {
		address.ipv4.sin_family = AF_INET;
		memcpy(&address.ipv4.sin_addr, looking->bytes + 12, 4);
	}
	if (!source_is_here(&address))
		warn(looking, "not on this machine; nothing is sent from it", NULL);
}

/* RFC 1035 3.5, RFC 3596 2.5 */
static struct slice reverse_name(const struct looking *looking, char text[REVERSE_MAX])
{
	const uint8_t *b = looking->bytes;
	size_t used = 0;

	if (!looking->ipv6)
		return slice_make(text,
			(size_t)snprintf(text, REVERSE_MAX, "%u.%u.%u.%u.in-addr.arpa",
				b[15], b[14], b[13], b[12]));
	for (size_t i = 16; i-- > 0;)
		used += (size_t)snprintf(text + used, REVERSE_MAX - used, "%x.%x.",
			b[i] & 15u, (unsigned)b[i] >> 4);
	used += (size_t)snprintf(text + used, REVERSE_MAX - used, "ip6.arpa");
	return slice_make(text, used);
}

static bool has_address(struct looking *looking, const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		if (memcmp(answer->records[i].address.s6_addr, looking->bytes, 16) == 0)
			return true;
	return false;
}

static void check_name(struct looking *looking)
{
	struct dns_answer answer;

	if (!dns_query(looking->dns, looking->ipv6 ? DNS_AAAA : DNS_A,
		    slice_of(looking->name), &looking->arena, &answer,
		    looking->deadline))
		return;
	if (answer.status == DNS_TEMPORARY)
		warn(looking, "whether its EHLO name has it cannot be found out: ",
			answer.reason);
	else if (!has_address(looking, &answer))
		warn(looking, "its EHLO name does not have this address in DNS: ",
			looking->name);
}

static void check_reverse(struct looking *looking)
{
	char text[REVERSE_MAX];
	struct dns_answer answer;

	if (!dns_query(looking->dns, DNS_PTR, reverse_name(looking, text),
		    &looking->arena, &answer, looking->deadline))
		return;
	if (answer.status == DNS_TEMPORARY) {
		warn(looking, "its reverse DNS cannot be found out: ", answer.reason);
		return;
	}
	for (size_t i = 0; answer.status == DNS_FOUND && i < answer.count; i++)
		if (domain_equal(answer.records[i].name, slice_of(looking->name)))
			return;
	warn(looking,
		answer.count ? "its reverse DNS names another than its EHLO name, "
			     : "it has no reverse DNS; receivers want its EHLO name, ",
		looking->name);
}

static void look(struct looking *looking, const struct config_source *source,
	const char *const *written, const uint8_t bytes[16], bool ipv6)
{
	if (!*written)
		return;
	looking->address = *written;
	looking->member = written;
	looking->ipv6 = ipv6;
	memcpy(looking->bytes, bytes, 16);
	if (!source->proxy)
		check_here(looking);
	if (config_address_is_private(bytes))
		return; /* DNS says nothing of what the world sees */
	check_name(looking);
	check_reverse(looking);
}

static void look_at_all(void *arg)
{
	struct check *check = arg;
	const struct config *config = check->config;
	struct dns_options options = {
		.servers = (const char *const *)config->dns.servers.at,
		.server_count = config->dns.servers.count,
		.timeout_ms = ANSWER_MS,
		.cache_entries = 1000,
	};
	struct looking looking = {.check = check,
		.dns = dns_create(&options),
		.deadline = deadline_after_ms(ALL_MS)};

	for (size_t i = 0; looking.dns && i < config->source_count; i++) {
		const struct config_source *source = &config->sources[i];

		looking.name = source->ehlo ? source->ehlo : config->hostname;
		look(&looking, source, (const char *const *)&source->address,
			source->ipv4, false);
		look(&looking, source, (const char *const *)&source->address6,
			source->ipv6, true);
	}
	arena_finish(&looking.arena);
	dns_destroy(&looking.dns);
}

void check_sources(struct check *check)
{
	if (check->config->source_count)
		small_worker_run(look_at_all, check);
}
