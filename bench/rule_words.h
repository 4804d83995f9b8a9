/* Between the files that read rules. */
#ifndef RINGPOST_BENCH_RULE_WORDS_H
#define RINGPOST_BENCH_RULE_WORDS_H

#include "bench/rule.h"

/* A line being read. */
struct rule_reading {
	struct rule *rule;
	struct slice rest;
	bool has_action, has_stage;
	struct slice text; /* of the reply; at NULL: none */
};

/*
 * Words are apart by spaces; one in quotes may hold some, and keeps its first
 * quote as a sign.
 */
bool rule_next_word(struct slice *rest, struct slice *word_r);
bool rule_find_stage(struct slice word, enum rule_stage *stage_r);
/* False with FAILURE_CONFIG: there is one already. */
bool rule_set_action(struct rule_reading *reading, enum rule_action action);
/* Reads what WORD begins, if it is one of those; *known_r. False with
 * FAILURE_CONFIG: what follows is wrong. */
bool rule_read_keyword(struct rule_reading *reading, struct slice word, bool *known_r);

#endif
