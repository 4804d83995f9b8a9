/*
 * From what a handshake came to, to the result that reports name.
 */
#include "relay/tls_account.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/encode.h"

#include "relay/connection.h"
#include "relay/relay_core.h"

static bool is_counted(const struct site *site)
{
	return tlsrpt_is_on(site->relay->tlsrpt) && !site->terms.host &&
	       site->policy.variant == TLS_USUAL && site->name.at[0] != '[';
}

static struct slice print_records(const struct tlsa *tlsa, struct arena *arena)
{
	struct buffer text = {0};
	struct slice copy;

	for (size_t i = 0; i < tlsa->count; i++) {
		const struct tls_tlsa *record = &tlsa->records[i];
		char *hex = arena_take(arena, 2 * record->data.size + 1);

		hex_encode(record->data, hex);
		if (buffer_size(&text) + 2 * record->data.size + 10 > TLSRPT_POLICY_MAX)
			break;
		buffer_append_format(&text, "%u %u %u %s\n", record->usage,
			record->selector, record->matching, hex);
	}
	copy = arena_copy(arena, buffer_contents(&text));
	buffer_finish(&text);
	return copy;
}

/* The policy that counts for this host: RFC 8461 2, DANE goes first. */
static struct tls_account account_of(
	struct connection *connection, const struct host *host, const struct tlsa *tlsa)
{
	const struct site *site = connection->site;
	struct tls_account account = {.counted = true};

	account.host = arena_copy(&connection->arena, slice_of(host->name));
	if (tlsa->kind != TLSA_NONE) {
		account.type = TLSRPT_TLSA;
		account.base = arena_copy(&connection->arena,
			slice_of(tlsa->name ? tlsa->name : host->name));
		account.records = print_records(tlsa, &connection->arena);
	} else if (site->policy.sts != STS_NONE) {
		account.type = TLSRPT_STS;
	}
	return account;
}

static enum tlsrpt_result result_of(enum tls_fault fault)
{
	switch (fault) {
	case TLS_FAULT_NONE:
		return TLSRPT_SUCCESS;
	case TLS_FAULT_NAME:
		return TLSRPT_CERTIFICATE_HOST_MISMATCH;
	case TLS_FAULT_EXPIRED:
		return TLSRPT_CERTIFICATE_EXPIRED;
	case TLS_FAULT_UNTRUSTED:
		return TLSRPT_CERTIFICATE_NOT_TRUSTED;
	case TLS_FAULT_TLSA:
		break;
	}
	return TLSRPT_VALIDATION_FAILURE;
}

static bool is_named(const struct site *site, const struct host *host)
{
	size_t number = (size_t)(host - site->hosts);

	return number < 32 && (site->policy.sts_hosts >> number & 1);
}

/* Where a policy is only tested the session is open, and yet may have failed. */
static void judge_open(struct tls_account *account, const struct site *site,
	const struct host *host, const struct tlsa *tlsa,
	const struct smtp_opening *opening)
{
	if (account->type == TLSRPT_TLSA && tlsa->kind != TLSA_USABLE) {
		account->result = TLSRPT_TLSA_INVALID;
		account->reason = SLICE("none of the records can be used");
	} else if (account->type == TLSRPT_STS && !is_named(site, host)) {
		account->result = TLSRPT_VALIDATION_FAILURE;
		account->reason = SLICE("the policy does not name this host");
	} else if (account->type != TLSRPT_NO_POLICY) {
		account->result = result_of(opening->fault);
	}
}

void tls_account_open(struct connection *connection, const struct host *host,
	const struct tlsa *tlsa, const struct smtp_opening *opening, bool plain)
{
	const struct site *site = connection->site;
	struct tls_account *account = &connection->account;

	account->counted = false;
	if (!is_counted(site) || plain || connection->tls.level == TLS_NONE)
		return;
	*account = account_of(connection, host, tlsa);
	if (smtp_client_facts(connection->client)->encrypted)
		judge_open(account, site, host, tlsa, opening);
	else
		account->result = TLSRPT_STARTTLS_NOT_SUPPORTED;
}

static void count(const struct connection *connection, struct slice domain,
	const struct tls_account *account, struct slice address, struct slice local)
{
	bool failed = account->result != TLSRPT_SUCCESS;
	struct tlsrpt_row row = {
		.type = account->type,
		.policy_domain = account->base.size ? account->base : domain,
		.result = account->result,
		.host = failed ? account->host : SLICE_EMPTY,
		.address = failed ? address : SLICE_EMPTY,
		.local = failed ? local : SLICE_EMPTY,
		.reason = failed ? account->reason : SLICE_EMPTY,
		.count = 1,
	};

	tlsrpt_count(connection->site->relay->tlsrpt, domain, &row, account->records);
}

static void count_failure(struct connection *connection, struct tls_account *account,
	struct slice address, struct slice reason)
{
	struct slice domain;

	account->reason = reason;
	if (site_first_domain(connection->site, &domain))
		count(connection, domain, account, address, SLICE_EMPTY);
}

void tls_account_fail(struct connection *connection, const struct host *host,
	const union host_address *to, const struct tlsa *tlsa,
	const struct smtp_opening *opening, struct slice reason)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct tls_account account;

	if (!is_counted(connection->site) ||
		(!opening->tls_broken && !opening->tls_missing))
		return;
	account = account_of(connection, host, tlsa);
	if (opening->tls_missing)
		account.result = TLSRPT_STARTTLS_NOT_SUPPORTED;
	else
		account.result = opening->fault ? result_of(opening->fault)
						: TLSRPT_VALIDATION_FAILURE;
	if (to->any.sa_family == AF_INET6)
		inet_ntop(AF_INET6, &to->ipv6.sin6_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET, &to->ipv4.sin_addr, text, sizeof(text));
	count_failure(connection, &account, slice_of(text), reason);
}

void tls_account_refuse(struct connection *connection, const struct host *host,
	const struct tlsa *tlsa, struct slice reason)
{
	struct tls_account account;

	if (!is_counted(connection->site))
		return;
	account = account_of(connection, host, tlsa);
	if (account.type == TLSRPT_NO_POLICY)
		return;
	account.result = tlsa->kind == TLSA_TROUBLE ? TLSRPT_DNSSEC_INVALID
						    : TLSRPT_VALIDATION_FAILURE;
	count_failure(connection, &account, SLICE_EMPTY, reason);
}

/* "192.0.2.1:25", "[2001:db8::1]:25" without the port. */
static struct slice without_port(struct slice address)
{
	address = slice_part(address, 0, slice_index_last(address, ':'));
	if (slice_starts(address, SLICE("[")) && slice_ends(address, SLICE("]")))
		address = slice_part(address, 1, address.size - 2);
	return address;
}

void tls_account_count(struct connection *connection, struct slice domain)
{
	struct tls_account *account = &connection->account;
	const struct stream_facts *facts;

	if (!account->counted || slice_equal(slice_of(account->told), domain))
		return;
	slice_to_text(domain, account->told, sizeof(account->told));
	facts = smtp_client_facts(connection->client);
	count(connection, domain, account, slice_of(facts->peer_address),
		without_port(slice_of(facts->local)));
}

void tls_account_lookup(
	struct relay *relay, struct slice domain, const struct sts_answer *sts)
{
	struct tlsrpt_row row = {
		.type = TLSRPT_STS,
		.policy_domain = domain,
		.result = sts->trouble,
		.reason = sts->reason,
		.count = 1,
	};

	tlsrpt_count(relay->tlsrpt, domain, &row, SLICE_EMPTY);
}
