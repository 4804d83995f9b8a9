/*
 * What the steps of reading a configuration share: the snapshot being made,
 * what is wrong so far, and where each value was written.
 */
#ifndef RINGPOST_BASE_CONFIG_READING_H
#define RINGPOST_BASE_CONFIG_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/config_errors.h"
#include "base/config_schema.h"
#include "base/config_yaml.h"

struct config_written {
	const void *member;
	struct config_mark mark;
	bool wrong; /* complained about; its default stands there */
};

/* Sorted by member once everything is read. */
struct config_marks {
	struct config_written *list;
	size_t count, capacity;
};

struct config_reading {
	struct config *config;
	struct arena *arena;   /* the snapshot's */
	struct arena *scratch; /* gone when all is read */
	struct config_errors *errors;
	struct config_marks marks;
	struct slice folder; /* file names are relative to; ends in '/' */
};

/* The index of the new entry. */
size_t config_marks_add(
	struct config_marks *marks, const void *member, struct config_mark mark);
void config_marks_sort(struct config_marks *marks);
/* NULL when it is a default. */
const struct config_written *config_marks_find(
	const struct config_marks *marks, const void *member);

/* PATH, a regular file of up to CONFIG_TEXT_MAX bytes. Blocks. */
bool config_read_file(const char *path, struct buffer *text);

/* Fills the snapshot with the tree's values, or defaults for what is wrong. */
void config_read_tree(struct config_reading *reading, const struct config_node *root);
/* TEXT, a file of another kind: OBJECT is filled as SECTION says, marks are sorted. One
 * of nothing but comments, as it looks before anybody needs it, leaves OBJECT. */
void config_read_object(struct config_reading *reading,
	const struct config_section *section, struct slice text, void *object);

/*
 * One text into the member AT, or what is wrong with it, to be put behind the
 * quoted text. KEY may be a list's: AT is then one element.
 */
const char *config_store(struct config_reading *reading, const struct config_key *key,
	struct slice text, void *at);

/*
 * Fills in what depends on other values, and finds what is wrong between
 * values that are good each by itself. Marks must be sorted.
 */
void config_read_rules(struct config_reading *reading);
void config_read_listener_rules(struct config_reading *reading);
void config_read_receive_rules(struct config_reading *reading);
void config_read_receive_listener(
	struct config_reading *reading, const struct config_listener *listener);
void config_complete_pickup(struct config_reading *reading);
void config_check_pickup(struct config_reading *reading);
void config_read_pickup_listener(
	struct config_reading *reading, const struct config_listener *listener);
/* Keys that say nothing for a listener of this role, and WHY: complained about
 * where they are written. */
struct config_unfit {
	const char *name;
	const void *member;
};
void config_refuse_unfit(struct config_reading *reading,
	const struct config_listener *listener, const struct config_unfit *unfit,
	size_t count, const char *why);
void config_read_http_listener(
	struct config_reading *reading, const struct config_listener *listener);
void config_read_route_rules(struct config_reading *reading);
void config_read_oauth_rules(struct config_reading *reading);
void config_read_tenant_rules(struct config_reading *reading);
void config_read_gate_rules(struct config_reading *reading);
/* Each has to be a name of `streams`. */
void config_check_streams(
	struct config_reading *reading, const struct config_texts *streams);
void config_read_events_rules(struct config_reading *reading);
void config_read_source_rules(struct config_reading *reading);
void config_read_bounce_rules(struct config_reading *reading);
void config_read_unsubscribe_rules(struct config_reading *reading);
/* The pool MEMBER names, if it names one, is there. */
void config_check_pool(
	struct config_reading *reading, char *const *member, struct config_mark holder);

/* For rules: where MEMBER stands, else where its surroundings HOLDER do. */
struct config_mark config_reading_mark(const struct config_reading *reading,
	const void *member, struct config_mark holder);
/* It is in the file, rightly or wrongly. */
bool config_reading_written(const struct config_reading *reading, const void *member);
/* It is in the file and was complained about. */
bool config_reading_wrong(const struct config_reading *reading, const void *member);

#endif
