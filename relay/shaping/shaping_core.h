/*
 * Shaping's inside: the layers that are made of what files say.
 */
#ifndef RINGPOST_SHAPING_SHAPING_CORE_H
#define RINGPOST_SHAPING_SHAPING_CORE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "shaping/shaping.h"
#include "shaping/shaping_yaml.h"

/* One value of a rule: which, what, and where it is written. */
struct setting {
	unsigned place, line; /* line 0: in no file */
	uint64_t value;
};
enum {
	SHAPING_LIMITS = 9, /* of each scope */
	SHAPING_SCOPES = 3,
	SHAPING_MANNER = SHAPING_LIMITS * SHAPING_SCOPES,
	PLACE_MESSAGES_PER_CONNECTION = SHAPING_MANNER,
	PLACE_RECIPIENTS_PER_MESSAGE,
	PLACE_AHEAD,
	PLACE_IDLE,
	PLACE_TLS,
	SHAPING_PLACES,
};
enum { SCOPE_SITE, SCOPE_PROVIDER, SCOPE_DOMAIN };

struct layer {
	const char *origin; /* a file's path; or "shipped: google", without lines */
	bool shipped;
	struct setting *list;
	size_t count;
	struct reaction_list reactions;
};
struct provider {
	const char *name;
	struct layer *shipped, *local; /* or NULL */
};

struct shaping {
	_Atomic unsigned holders;
	struct config *config; /* held */
	struct arena arena;
	const char *local_path;
	struct layer relay;
	struct layer *shipped_default, *local_default; /* or NULL */
	struct map providers;			       /* by name */
	struct map hosts;   /* "mx.example.com", ".example.com": a provider */
	struct map domains; /* likewise: a layer */
	const struct reaction_list **lists;
	size_t list_count, list_room;
	struct reaction_book *book;
};

/* shaping_layer.c: what READING found in RULES becomes part of SHAPING. */
void shaping_add(struct shaping *shaping, struct config_reading *reading,
	const struct config_rules *rules, bool shipped);
void shaping_add_relay(struct shaping *shaping);
/* What the route itself has in writing; how many. */
size_t shaping_route_settings(const struct config *config,
	const struct config_route *route, struct setting list[SHAPING_PLACES]);

/* shaping_reaction.c: of one rule, into LAYER; DEFAULT_SCOPE where none is said. */
void shaping_add_reactions(struct shaping *shaping, struct config_reading *reading,
	const struct config_rule *rule, struct layer *layer,
	enum reaction_scope default_scope);

/* The layers that hold for one question, the first first. */
struct stack {
	const struct layer *at[8];
	size_t count;
	const struct provider *provider;
	struct setting route[SHAPING_PLACES];
	struct layer of_route;
};
/* What stands at a place, and who put it there. */
struct chosen {
	const struct layer *layer;
	const struct setting *setting;
	bool in_relay; /* relay: has it in writing, so: */
	uint64_t relay;
};

/* shaping.c: the steps of finding; STACK refers to itself, CHOSEN is zeroed. */
void shaping_find_layers(const struct shaping *shaping,
	const struct shaping_question *question, struct stack *stack);
void shaping_combine(const struct stack *stack, struct shaping_rule *rule,
	struct chosen chosen[SHAPING_PLACES]);

/* Names and members by place. */
const char *shaping_place_name(unsigned place);
uint64_t shaping_get(const struct shaping_rule *rule, unsigned place);
void shaping_set(struct shaping_rule *rule, unsigned place, uint64_t value);

#endif
