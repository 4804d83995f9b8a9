/*
 * The configuration: one YAML file, read once into an immutable snapshot.
 *
 * Strings and arrays belong to the snapshot. A snapshot is shared between
 * workers by reference count; SIGHUP makes a new one, and whoever holds the
 * old one keeps it until done. Names here are the YAML's names, so that
 * deploy/ringpost.yaml is the manual for this file too. Durations are in
 * milliseconds (_ms) or seconds (_s), sizes in bytes.
 *
 * Every value keeps its place in the file: `mark` members lead to line and
 * column, so that what is found wrong later (a missing certificate, a port
 * taken) is reported where it was written.
 */
#ifndef RINGPOST_BASE_CONFIG_H
#define RINGPOST_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_mark {
	unsigned line, column; /* from 1; 0: not in the file, a default */
};

struct config_texts {
	char **at;
	size_t count;
	struct config_mark mark;
};

/* An IPv4 or IPv6 network; an address alone is a network of all its bits. */
struct config_network {
	uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;       /* of the 128 */
};

struct config_networks {
	struct config_network *at;
	size_t count;
};

enum config_tls { CONFIG_TLS_NONE, CONFIG_TLS_STARTTLS, CONFIG_TLS_IMPLICIT };
enum config_role { CONFIG_ROLE_SUBMISSION };
enum config_tls_level { /* toward peers */
	CONFIG_LEVEL_NONE,   /* never */
	CONFIG_LEVEL_MAY,    /* if offered; plain if it breaks */
	CONFIG_LEVEL_MUST,   /* or not at all; certificate not verified */
	CONFIG_LEVEL_VERIFY, /* chain and name verified, or not at all */
};

struct config_listener {
	struct config_mark mark;
	char *address;                   /* "[::]:587", "127.0.0.1:2525" */
	enum config_role role;
	enum config_tls tls;
	struct config_networks networks; /* who may connect; none: anyone, but
	                                    for tls none: loopback only */
	bool require_auth;               /* default true */
	bool auth_without_tls;           /* default false */
	struct config_texts mechanisms;  /* default PLAIN LOGIN SCRAM-SHA-256
	                                    SCRAM-SHA-256-PLUS CRAM-MD5 */
	uint64_t sessions;               /* cap on this listener, all workers */
};

struct config_certificate {
	struct config_mark mark;
	char *certificate, *key; /* PEM files; the first pair is the default */
};

struct config_dkim {
	struct config_mark mark;
	char *domain;   /* "*": any domain without a key of its own */
	char *selector;
	char *key;      /* PEM file: RSA or Ed25519 */
};

struct config_route {
	struct config_mark mark;
	char *domain;       /* "example.com", ".example.com" (and below), "*" */
	char *host;         /* smarthost, "[192.0.2.1]" or a name; no MX */
	uint64_t port;      /* 25 */
	bool discard;       /* accept and drop, as delivered */
	bool private_addresses; /* may be loopback, private or our own */
	enum config_tls_level tls;
	bool tls_set;       /* else relay.tls */
	bool tls_implicit;  /* TLS from the first byte (465) */
	char *tls_name;     /* name to verify; default host or MX name */
	char *user, *password_file; /* SMTP AUTH toward the host */
	uint64_t connections, messages_per_connection; /* 0: relay's */
	uint64_t messages_per_second;                  /* 0: no limit */
};

struct config {
	char *path;         /* of the file read */
	char *hostname;     /* our EHLO name, and in Received */
	struct config_mark hostname_mark;
	char *state_directory; /* queue, spool, admin socket; mark for errors */
	struct config_mark state_directory_mark;
	char *user;         /* after binding; "" to stay; default ringpost if it
	                       exists and we are root */
	struct config_mark user_mark;
	uint64_t workers;   /* 0: auto */
	int64_t shutdown_limit_ms;

	struct {
		char *file;     /* "-": standard error */
		char *level;    /* debug info warning error */
		struct config_mark mark;
	} log;

	struct config_listener *listeners;
	size_t listener_count;

	struct config_certificate *tls;
	size_t tls_count;
	struct config_mark tls_mark;
	char *tls_minimum;  /* "1.2" or "1.3" */

	struct config_dkim *dkim;
	size_t dkim_count;
	char *dkim_canonicalization; /* "relaxed/relaxed", … header/body */

	struct {
		char *redis;        /* embedded, unix:/path, redis://…, rediss://… */
		struct config_mark redis_mark;
		char *password_file;
		char *ca_file;      /* for rediss */
		uint64_t shards;
		bool require_durable;
		uint64_t replicas;
		char *bodies;       /* spool or redis; default by redis */
		uint64_t memory_limit;    /* bytes of queued mail kept for relaying */
		uint64_t redis_memory;    /* embedded: maxmemory; 0: 45 % of RAM */
		uint64_t free_space;      /* below this, mail is refused (452) */
		uint64_t segment_size;    /* spool */
	} queue;

	struct {
		struct config_texts servers; /* "127.0.0.1", "[::1]:5353"; none: system's */
		int64_t timeout_ms;
		uint64_t cache_entries;      /* per worker */
	} dns;

	struct {
		uint64_t message_size;       /* SIZE */
		uint64_t recipients;         /* RCPTMAX */
		uint64_t messages_per_session; /* MAILMAX */
		uint64_t header_size;
		uint64_t header_lines;
		uint64_t hops;               /* Received fields */
		uint64_t errors;             /* per session, then 421 */
		uint64_t sessions;           /* all listeners */
		uint64_t sessions_per_address;
		uint64_t sessions_per_account;
		uint64_t messages_per_hour;  /* per account; 0: no limit */
		int64_t command_timeout_ms;
		int64_t data_timeout_ms;     /* between chunks */
		int64_t message_timeout_ms;  /* a whole message */
		int64_t session_timeout_ms;
		int64_t auth_delay_ms;       /* first failure; doubles to 15 s */
		struct config_networks trusted_networks; /* may submit without AUTH */
		struct config_texts trusted_senders;     /* as which addresses; none: any */
	} submission;

	struct {
		int64_t *retry_ms;           /* waits; the last repeats */
		size_t retry_count;
		int64_t expire_ms;
		int64_t delay_warning_ms;    /* 0: none */
		uint64_t connections;        /* per site */
		uint64_t messages_per_connection;
		uint64_t messages_per_second; /* per site; 0: no limit */
		uint64_t connections_total;
		int64_t idle_ms;             /* a warm connection is kept */
		int64_t connect_timeout_ms, greeting_timeout_ms, command_timeout_ms,
				data_timeout_ms, reply_timeout_ms;
		enum config_tls_level tls;
		bool ipv6, ipv4;
		bool address_literals;
		char *postmaster;            /* From of bounces; default
		                                MAILER-DAEMON@hostname */
	} relay;

	struct config_route *routes;
	size_t route_count;
};

/*
 * Reads PATH. On failure NULL, and *errors_r is the whole list of what is
 * wrong, one "path:line:column: what is wrong, what is allowed" a line (free
 * with memory_free); every error is found, not only the first. Checks form
 * and ranges, not the world: see config_check.
 */
struct config *config_load(const char *path, char **errors_r);

/* One more holder / one less; the last one frees it. Thread safe. */
struct config *config_hold(struct config *config);
void config_release(struct config **config);

/* "path:line:column: " for messages about a value. TEXT has 300 bytes. */
const char *config_place(const struct config *config, struct config_mark mark,
		char text[300]);

/* Networks. Text is "192.0.2.0/24", "2001:db8::/32", "127.0.0.1". */
bool config_network_parse(const char *text, struct config_network *network_r);
bool config_networks_contain(const struct config_networks *networks,
		const uint8_t address[16]);

#endif
