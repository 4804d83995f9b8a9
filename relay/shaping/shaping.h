/*
 * Shaping: what holds toward each receiver, put together from layers; a later
 * one wins key by key:
 *
 *	relay: of ringpost.yaml
 *	shipped default, shipped provider
 *	local default, local provider, local domain
 *	the route
 *
 * but for this: what ships makes nothing looser that relay: has in writing.
 *
 * An immutable snapshot, made with a configuration and shared by all workers.
 * Nothing in it is ever looked up in DNS: a name is compared, no more.
 */
#ifndef RINGPOST_SHAPING_SHAPING_H
#define RINGPOST_SHAPING_SHAPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/slice.h"
#include "limits/limit_terms.h"
#include "shaping/reaction.h"

struct reaction_book;
struct shaping;

#define SHAPING_LISTS_MAX 5 /* domain, local and shipped provider and default */

/* Limits of each source; texts and lists live as long as the snapshot. */
struct shaping_rule {
	struct limit_terms site;     /* of the site, whatever domain */
	struct limit_terms provider; /* of all its sites together */
	struct limit_terms domain;   /* of the domain alone */
	uint64_t messages_per_connection, recipients_per_message; /* 0: no limit */
	uint64_t ahead;
	int64_t idle_ms;
	enum config_tls_level tls;
	const char *provider_name; /* NULL: it belongs to none */
	/* The first reaction that matches, in this order, is the one. */
	const struct reaction_list *reactions[SHAPING_LISTS_MAX];
	size_t reaction_lists;
};

struct shaping_question {
	const struct slice *hosts; /* of best preference, in lower case */
	size_t host_count;
	struct slice domain;		  /* A-labels, any case */
	const struct config_route *route; /* or NULL */
};

/*
 * Reads the shipped rules and the local file CONFIG names (shaping: file). NULL
 * when anything is wrong: *errors_r then holds a line "path:line:column: …" for
 * each error (free with memory_free). Blocks.
 */
struct shaping *shaping_load(struct config *config, char **errors_r);
/* The same for TEXT, as if the local file PATH held it. */
struct shaping *shaping_parse_text(
	struct config *config, const char *path, struct slice text, char **errors_r);
/* Without the local file. */
struct shaping *shaping_shipped_only(struct config *config);
struct shaping *shaping_hold(struct shaping *shaping);
void shaping_release(struct shaping **shaping);

/* What holds. Looks a few names up in maps: once for each site, not for mail. */
void shaping_find(const struct shaping *shaping,
	const struct shaping_question *question, struct shaping_rule *rule_r);

/* The same with where each comes from, "shipped: google", "shaping.yaml:12". */
struct shaping_value {
	const char *scope; /* "site", "provider", "domain"; NULL: of all */
	const char *name;  /* "connections" */
	char text[32];	   /* "20", "30s", "may"; "" for no limit */
	char origin[300];
};
void shaping_explain(const struct shaping *shaping,
	const struct shaping_question *question,
	void (*visit)(void *context, const struct shaping_value *value), void *context);

/* Every reaction list, by id; and all of them compiled. */
size_t shaping_list_count(const struct shaping *shaping);
const struct reaction_list *shaping_list(const struct shaping *shaping, size_t id);
const struct reaction_book *shaping_book(const struct shaping *shaping);

/* The shipped file's text. */
struct slice shaping_shipped(void);

#endif
