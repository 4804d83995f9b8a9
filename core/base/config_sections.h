/*
 * The sections of the configuration. Member names are the YAML's, durations
 * with the unit behind them. What a member means, and why one would change
 * it, says deploy/ringpost.yaml.
 */
#ifndef RINGPOST_BASE_CONFIG_SECTIONS_H
#define RINGPOST_BASE_CONFIG_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config_items.h"
#include "base/config_reports.h"

struct config_log {
	char *file;  /* "-": standard error */
	char *level; /* debug info warning error */
};

struct config_queue {
	char *redis; /* embedded, unix:/path, redis://host…, rediss://host… */
	char *user;  /* or NULL */
	char *password_file; /* or NULL */
	char *ca_file;	     /* for rediss; NULL: the system's */
	uint64_t shards;
	bool require_durable; /* default: when embedded */
	uint64_t replicas;
	char *bodies;	       /* spool or redis; default spool when embedded */
	uint64_t memory_limit; /* bytes of queued mail kept for relaying */
	uint64_t redis_memory; /* embedded: maxmemory; 0: 45 % of RAM */
	uint64_t free_space;   /* below this, mail is refused (452) */
	uint64_t segment_size; /* spool */
};

struct config_dns {
	struct config_texts servers; /* "127.0.0.1", "[::1]:5353"; none: system's */
	int64_t timeout_ms;
	uint64_t cache_entries;		/* per worker */
	struct config_networks trusted; /* whose AD bit is believed, besides ours */
};

struct config_submission {
	uint64_t message_size;	       /* SIZE */
	uint64_t recipients;	       /* RCPTMAX */
	uint64_t messages_per_session; /* MAILMAX; 0: no limit */
	uint64_t header_size, header_lines;
	uint64_t hops;	   /* Received fields */
	uint64_t errors;   /* per session, then 421 */
	uint64_t sessions; /* all listeners */
	uint64_t sessions_per_address, sessions_per_account;
	uint64_t messages_per_hour; /* per account; 0: no limit */
	int64_t command_timeout_ms;
	int64_t data_timeout_ms;    /* between chunks */
	int64_t message_timeout_ms; /* a whole message */
	int64_t session_timeout_ms;
	int64_t auth_delay_ms;			 /* first failure; doubles to 15 s */
	struct config_networks trusted_networks; /* may submit without AUTH */
	struct config_texts trusted_senders;	 /* "a@example.com", "@example.com";
						    none: any */
	char *trusted_tenant;	   /* whose mail comes from there; or NULL */
	int64_t future_release_ms; /* the longest a message is held; 0: off */
	bool deliver_by;	   /* DELIVERBY is offered … */
	int64_t deliver_by_minimum_ms;
	char *priority_policy;		    /* of MT-PRIORITY; "none": not offered */
	bool priority_header;		    /* MT-Priority says it, too */
	char *stream_header, *tags_header;  /* fields for us; never sent on */
	char *idempotency_header;	    /* likewise: said twice, sent once */
	char *default_stream, *bulk_stream; /* of mail that names none; "": none */
};

struct config_relay {
	int64_t *retry_ms; /* waits, growing; the last repeats */
	size_t retry_count;
	int64_t expire_ms;
	int64_t delay_warning_ms;	  /* 0: none but where DSN asks for it */
	uint64_t connections;		  /* per site */
	uint64_t messages_per_connection; /* 0: no limit */
	uint64_t messages_per_second;	  /* per site; 0: no limit */
	uint64_t ahead; /* messages sent before the first is answered */
	uint64_t connections_total;
	int64_t idle_ms; /* a warm connection is kept */
	int64_t connect_timeout_ms, greeting_timeout_ms, command_timeout_ms,
		data_timeout_ms, reply_timeout_ms;
	enum config_tls_level tls;
	bool ipv6, ipv4;
	bool address_literals;
	char *pool;		       /* mail leaves from; NULL: all sources */
	bool dane, mta_sts;	       /* what receivers publish is kept to */
	int64_t plain_after_broken_ms; /* "tls: may": TLS is not tried again */
	char *postmaster;	   /* From of bounces; default MAILER-DAEMON@hostname */
	struct config_https https; /* for the two below */
	struct config_tlsrpt tlsrpt;
};

struct config_shaping {
	char *file; /* local rules; NULL: none */
	bool shipped;
};

#endif
