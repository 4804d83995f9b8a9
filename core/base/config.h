/*
 * The configuration: one YAML file, read once into an immutable snapshot.
 *
 * Strings and arrays belong to the snapshot. A snapshot is shared between
 * workers by reference count; SIGHUP makes a new one, and whoever holds the
 * old one keeps it until done. Names here are the YAML's names, so that
 * deploy/ringpost.yaml is the manual for this file too. Durations are in
 * milliseconds (_ms), sizes in bytes. File names are absolute: a relative one
 * is taken from the folder of the file it stands in.
 *
 * Every value keeps its place in the file, so that what is found wrong later
 * (a missing certificate, a port taken) is reported where it was written:
 *
 *	char place[CONFIG_PLACE_SIZE];
 *	struct config_mark mark = config_mark_of(config, &pair->certificate);
 *
 *	printf("%s%s does not exist\n", config_place(config, mark, place),
 *			pair->certificate);
 */
#ifndef RINGPOST_BASE_CONFIG_H
#define RINGPOST_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config_bounces.h"
#include "base/config_delivery.h"
#include "base/config_events.h"
#include "base/config_gate.h"
#include "base/config_http.h"
#include "base/config_items.h"
#include "base/config_oauth.h"
#include "base/config_pickup.h"
#include "base/config_receive.h"
#include "base/config_sections.h"
#include "base/config_sources.h"
#include "base/config_suppression.h"
#include "base/config_tenants.h"
#include "base/config_traces.h"
#include "base/config_unsubscribe.h"
#include "base/slice.h"

struct buffer;

struct config {
	char *path;	       /* of the file, as it was given */
	char *hostname;	       /* lower case; our EHLO name, and in Received */
	char *state_directory; /* queue, spool, admin socket */
	char *user;	  /* after binding; "": ringpost if it exists and we are root */
	uint64_t workers; /* 0: auto */
	int64_t shutdown_limit_ms;
	struct config_log log;

	struct config_listener *listeners;
	size_t listener_count;

	struct config_certificate *tls;
	size_t tls_count;
	char *tls_minimum; /* "1.2" or "1.3" */

	struct config_oauth *oauth;
	size_t oauth_count;

	struct config_dkim *dkim;
	size_t dkim_count;
	char *dkim_canonicalization; /* "relaxed/relaxed", … header/body */

	struct config_queue queue;
	struct config_dns dns;
	struct config_submission submission;
	struct config_gate gate;
	struct config_receive receive;
	struct config_http http;
	struct config_delivery delivery;
	struct config_pickup pickup;
	struct config_relay relay;
	struct config_bounces bounces;
	struct config_shaping shaping;
	struct config_suppression suppression;
	struct config_unsubscribe unsubscribe;
	struct config_events events;
	struct config_traces traces;

	struct config_source *sources;
	size_t source_count;
	struct config_pool *pools;
	size_t pool_count;

	struct config_route *routes; /* as written: the most specific wins */
	size_t route_count;

	struct config_tenant *tenants;
	size_t tenant_count;
	const struct config_tenant **tenants_by_name; /* sorted */
	size_t tenants_by_name_count;
	struct config_stream *streams; /* not written: those built in */
	size_t stream_count;
};

/*
 * Reads PATH. On failure NULL, and *errors_r is the whole list of what is
 * wrong, each "path:line:column: what is wrong; allowed: what is" and a line
 * end (free with memory_free); every error is found, not only the first, up
 * to 100. Checks what the file alone can decide, not the world: whether files
 * exist, keys fit or ports are free is for whoever opens them.
 */
struct config *config_load(const char *path, char **errors_r);
/* The same for TEXT, as if PATH held it; PATH is not opened. */
struct config *config_parse_text(const char *path, struct slice text, char **errors_r);

/* One more holder / one less; the last one frees it. Thread safe. */
struct config *config_hold(struct config *config);
void config_release(struct config **config);

/*
 * Where the value stands that MEMBER points to: a member of the snapshot, of
 * one of its list entries, or an element of one of its lists. Zeroes when it
 * is a default.
 */
struct config_mark config_mark_of(const struct config *config, const void *member);

#define CONFIG_PLACE_SIZE 300
/* "path:line:column: " for messages, or "path: " for a default. Returns TEXT. */
const char *config_place(const struct config *config, struct config_mark mark,
	char text[CONFIG_PLACE_SIZE]);

/*
 * The one line of the secret file PATH, without its line end, into the empty
 * SECRET (wipe it with memory_wipe). FAILURE_FILE, with the place MARK in
 * its text, when it is missing, unreadable, empty, of several lines, of more
 * than 4096 bytes, or may be written by everyone. One that everyone may read
 * is used and warned about (containers mount secrets so). Blocks.
 */
bool config_read_secret(const struct config *config, struct config_mark mark,
	const char *path, struct buffer *secret);

#endif
