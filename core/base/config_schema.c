/* The schema's rows, in the order of deploy/ringpost.yaml. */
#include "base/config_schema.h"

#include "base/config.h"
#include "base/config_rows.h"

static const char *const services[] = {"api", "metrics", "unsubscribe", NULL};
static const char *const tls_ways[] = {"none", "starttls", "implicit", NULL};
static const char *const tls_levels[] = {"none", "may", "must", "verify", NULL};
static const char *const tls_versions[] = {"1.2", "1.3", NULL};
static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};
static const char *const body_stores[] = {"spool", "redis", NULL};
static const char *const mechanisms[] = {
	"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "OAUTHBEARER", "XOAUTH2",
	"CRAM-MD5", NULL};
static const char *const priority_policies[] = {
	"MIXER", "STANAG4406", "NSEP", "none", NULL};
static const char *const canonicalizations[] = {
	"relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple", NULL};

#define OBJECT struct config_log
static const struct config_key log_keys[] = {
	{PATH(file, "-")},
	{WORD(level, "info", log_levels)},
};
#undef OBJECT

#define OBJECT struct config_listener
static const struct config_key listener_keys[] = {
	{REQUIRED, TEXT(address, NULL, config_form_listen,
			   "an address and a port in quotes, such as \"[::]:587\" or "
			   "\"127.0.0.1:2525\"")},
	{REQUIRED, CHOICE(role, enum config_role, NULL, config_role_names)},
	{REQUIRED, CHOICE(tls, enum config_tls, NULL, tls_ways)},
	{NETWORKS(networks)},
	{TRUTH(require_auth, "true")},
	{TRUTH(auth_without_tls, "false")},
	{KEY(mechanisms, CONFIG_WORDS, mechanisms, struct config_texts,
		 "PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS OAUTHBEARER "
		 "XOAUTH2"),
		.words = mechanisms, .most = ARRAY_COUNT(mechanisms)},
	{NUMBER(sessions, "10000", 1, 1000000)},
	{NETWORKS(proxy_protocol)},
	{NETWORKS(xclient)},
	{NAME(tenant, NULL, config_form_tenant, "a tenant's name")},
	{KEY(serves, CONFIG_WORDS, serves, struct config_texts,
		 "api metrics unsubscribe"),
		.words = services, .most = ARRAY_COUNT(services)},
};
#undef OBJECT

#define OBJECT struct config_certificate
static const struct config_key certificate_keys[] = {
	{REQUIRED, PATH(certificate, NULL)},
	{REQUIRED, PATH(key, NULL)},
};
#undef OBJECT

#define OBJECT struct config_dkim
static const struct config_key dkim_keys[] = {
	{REQUIRED, NAME(domain, NULL, config_form_signing_domain,
			   "a domain such as example.com, or \"*\" for all without a "
			   "key of their own")},
	{REQUIRED, NAME(selector, NULL, config_form_selector,
			   "letters, digits, hyphens, such as rp1")},
	{REQUIRED, PATH(key, NULL)},
};
#undef OBJECT

#define OBJECT struct config_queue
static const struct config_key queue_keys[] = {
	{TEXT(redis, "embedded", config_form_some,
		"embedded, unix:/path, redis://host:6379/0, rediss://host:6379/0")},
	{TEXT(user, NULL, config_form_some, "a Redis user's name")},
	{PATH(password_file, NULL)},
	{PATH(ca_file, NULL)},
	{NUMBER(shards, "64", 1, 4096)},
	{TRUTH(require_durable, NULL)},
	{NUMBER(replicas, "0", 0, 16)},
	{WORD(bodies, NULL, body_stores)},
	{SIZE(memory_limit, "256 MiB", 0, 1 * TIB)},
	{SIZE(redis_memory, "0", 0, 16 * TIB)},
	{SIZE(free_space, "512 MiB", 0, 16 * TIB)},
	{SIZE(segment_size, "64 MiB", 1 * MIB, 4 * GIB)},
};
#undef OBJECT

#define OBJECT struct config_dns
static const struct config_key dns_keys[] = {
	{TEXTS(servers, 16, config_form_server,
		"addresses such as 127.0.0.1 or \"[::1]:5353\"")},
	{DURATION(timeout, "5s", 100, 1 * MINUTE)},
	{NUMBER(cache_entries, "100000", 100, 10000000)},
	{NETWORKS(trusted)},
};
#undef OBJECT

#define OBJECT struct config_submission
static const struct config_key submission_keys[] = {
	{SIZE(message_size, "25 MiB", 1 * KIB, 2 * GIB)},
	{NUMBER(recipients, "1000", 1, 100000)},
	{NUMBER(messages_per_session, "10000", 0, 1000000000)},
	{SIZE(header_size, "256 KiB", 1 * KIB, 16 * MIB)},
	{NUMBER(header_lines, "1000", 10, 100000)},
	{NUMBER(hops, "50", 1, 1000)},
	{NUMBER(errors, "20", 1, 10000)},
	{NUMBER(sessions, "20000", 1, 1000000)},
	{NUMBER(sessions_per_address, "200", 1, 1000000)},
	{NUMBER(sessions_per_account, "100", 1, 1000000)},
	{NUMBER(messages_per_hour, "0", 0, 1000000000)},
	{DURATION(command_timeout, "5m", 100, 1 * DAY)},
	{DURATION(data_timeout, "3m", 100, 1 * DAY)},
	{DURATION(message_timeout, "10m", 100, 1 * DAY)},
	{DURATION(session_timeout, "1h", 100, 7 * DAY)},
	{DURATION(auth_delay, "2s", 0, 15 * SECOND)},
	{NETWORKS(trusted_networks)},
	{TEXTS(trusted_senders, 10000, config_form_sender,
		"addresses such as app@example.com, or \"@example.com\" for all of a "
		"domain")},
	{NAME(trusted_tenant, NULL, config_form_tenant, "a tenant's name")},
	{DURATION(future_release, "7d", 0, 365 * DAY)},
	{TRUTH(deliver_by, "true")},
	{DURATION(deliver_by_minimum, "10s", 0, 1 * DAY)},
	{WORD(priority_policy, "MIXER", priority_policies)},
	{TRUTH(priority_header, "false")},
	{TEXT(stream_header, "X-Ringpost-Stream", config_form_field,
		"a header field's name, such as X-Ringpost-Stream")},
	{TEXT(tags_header, "X-Ringpost-Tags", config_form_field,
		"a header field's name, such as X-Ringpost-Tags")},
	{TEXT(idempotency_header, "X-Ringpost-Idempotency-Key", config_form_field,
		"a header field's name, such as X-Ringpost-Idempotency-Key")},
	{NAME(default_stream, "", config_form_stream_or_none,
		"a name in the list \"streams\" of the top level, or \"\" for none")},
	{NAME(bulk_stream, "bulk", config_form_stream_or_none,
		"a name in the list \"streams\" of the top level, or \"\" for none")},
};
#undef OBJECT

#define OBJECT struct config_relay
static const struct config_key relay_keys[] = {
	{KEY(retry, CONFIG_DURATIONS, retry_ms, int64_t *, "1m 5m 15m 30m 1h 2h 4h"),
		.count_offset = AT(retry_count, size_t), .most = 100, .least = 100,
		.longest = 7 * DAY},
	{DURATION(expire, "5d", 1 * SECOND, 30 * DAY)},
	{DURATION(delay_warning, "0", 0, 30 * DAY)},
	{NUMBER(connections, "20", 1, 100000)},
	{NUMBER(messages_per_connection, "100", 0, 1000000)},
	{NUMBER(messages_per_second, "0", 0, 1000000)},
	{NUMBER(ahead, "4", 1, 64)},
	{NUMBER(connections_total, "5000", 1, 1000000)},
	{DURATION(idle, "30s", 0, 1 * HOUR)},
	{DURATION(connect_timeout, "30s", 100, 1 * HOUR)},
	{DURATION(greeting_timeout, "60s", 100, 1 * HOUR)},
	{DURATION(command_timeout, "2m", 100, 1 * HOUR)},
	{DURATION(data_timeout, "3m", 100, 1 * HOUR)},
	{DURATION(reply_timeout, "10m", 100, 1 * HOUR)},
	{CHOICE(tls, enum config_tls_level, "may", tls_levels)},
	{TRUTH(dane, "true")},
	{TRUTH(mta_sts, "true")},
	{DURATION(plain_after_broken, "1h", 0, 30 * DAY)},
	{TRUTH(ipv6, "true")},
	{TRUTH(ipv4, "true")},
	{TRUTH(address_literals, "false")},
	{NAME(pool, NULL, config_form_word, "the name of a pool")},
	{TEXT(postmaster, NULL, config_form_mailbox,
		"an address such as postmaster@example.com")},
	{SECTION(https)},
	{SECTION(tlsrpt)},
};
#undef OBJECT

#define OBJECT struct config_route
static const struct config_key route_keys[] = {
	{REQUIRED, NAME(domain, NULL, config_form_route_domain,
			   "example.com, \".example.com\" for all below it, or \"*\" "
			   "for the rest")},
	{NAME(host, NULL, config_form_host,
		"a host name, or an address in brackets and quotes such as "
		"\"[192.0.2.1]\"")},
	{NUMBER(port, NULL, 1, 65535)},
	{TRUTH(discard, "false")},
	{TRUTH(mailbox, "false")},
	{SECTION(capture)},
	{NAME(pool, NULL, config_form_word, "the name of a pool")},
	{TRUTH(private_addresses, "false")},
	{CHOICE(tls, enum config_tls_level, NULL, tls_levels)},
	{TRUTH(dane, "true")},
	{TRUTH(mta_sts, "true")},
	{TRUTH(tls_implicit, "false")},
	{NAME(tls_name, NULL, config_form_hostname,
		"a host name such as smtp.example.com")},
	{TEXT(user, NULL, config_form_some, "the account's name at the host")},
	{PATH(password_file, NULL)},
	{NUMBER(connections, "0", 0, 100000)},
	{NUMBER(messages_per_connection, "0", 0, 1000000)},
	{NUMBER(messages_per_second, "0", 0, 1000000)},
	{NUMBER(ahead, "4", 1, 64)},
	{CHOICE(verp, enum config_verp, NULL, config_verp_words)},
};
#undef OBJECT

#define OBJECT struct config_shaping
static const struct config_key shaping_keys[] = {
	{PATH(file, NULL)},
	{TRUTH(shipped, "true")},
};
#undef OBJECT

/* Items have a size, sections are part of what holds them. */
static const struct config_section log_section = {"log", KEYS(log_keys), 0};
static const struct config_section queue_section = {"queue", KEYS(queue_keys), 0};
static const struct config_section dns_section = {"dns", KEYS(dns_keys), 0};
static const struct config_section submission_section = {
	"submission", KEYS(submission_keys), 0};
static const struct config_section relay_section = {"relay", KEYS(relay_keys), 0};
static const struct config_section shaping_section = {"shaping", KEYS(shaping_keys), 0};
static const struct config_section listener_section = {
	"a listener", KEYS(listener_keys), sizeof(struct config_listener)};
static const struct config_section certificate_section = {
	"a certificate", KEYS(certificate_keys), sizeof(struct config_certificate)};
static const struct config_section dkim_section = {
	"a dkim entry", KEYS(dkim_keys), sizeof(struct config_dkim)};
static const struct config_section route_section = {
	"a route", KEYS(route_keys), sizeof(struct config_route)};

#define OBJECT struct config
static const struct config_key root_keys[] = {
	{REQUIRED, NAME(hostname, NULL, config_form_hostname,
			   "a full host name such as mail.example.com")},
	{PATH(state_directory, "/var/lib/ringpost")},
	{TEXT(user, "", config_form_account, "a system account's name")},
	{NUMBER(workers, "0", 0, 256)},
	{DURATION(shutdown_limit, "30s", 0, 1 * HOUR)},
	{SECTION(log)},
	{REQUIRED, ITEMS(listeners, listener, listener, 256)},
	{ITEMS(tls, tls, certificate, 10000)},
	{WORD(tls_minimum, "1.2", tls_versions)},
	{ITEMS(oauth, oauth, oauth, 100)},
	{ITEMS(dkim, dkim, dkim, 100000)},
	{WORD(dkim_canonicalization, "relaxed/relaxed", canonicalizations)},
	{SECTION(queue)},
	{SECTION(dns)},
	{SECTION(submission)},
	{SECTION(gate)},
	{SECTION(receive)},
	{SECTION(http)},
	{SECTION(delivery)},
	{SECTION(pickup)},
	{SECTION(relay)},
	{SECTION(bounces)},
	{SECTION(shaping)},
	{SECTION(suppression)},
	{SECTION(unsubscribe)},
	{SECTION(events)},
	{SECTION(traces)},
	{KEY(sources, CONFIG_ITEMS, sources, struct config_source *, NULL),
		.count_offset = AT(source_count, size_t),
		.section = &config_source_section, .most = 10000},
	{KEY(pools, CONFIG_ITEMS, pools, struct config_pool *, NULL),
		.count_offset = AT(pool_count, size_t), .section = &config_pool_section,
		.most = 10000},
	{ITEMS(routes, route, route, 100000)},
	{ITEMS(tenants, tenant, tenant, 100000)},
	{ITEMS(streams, stream, stream, 64)},
};
#undef OBJECT

const struct config_section config_schema = {"the top level", KEYS(root_keys), 0};
