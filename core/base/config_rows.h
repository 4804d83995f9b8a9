/*
 * How the rows of a schema are written: for the files that hold some.
 *
 *	#define OBJECT struct config_log
 *	static const struct config_key log_keys[] = {
 *		{PATH(file, "-")},
 *	};
 *	#undef OBJECT
 */
#ifndef RINGPOST_BASE_CONFIG_ROWS_H
#define RINGPOST_BASE_CONFIG_ROWS_H

#include "base/config_form.h"
#include "base/config_schema.h"
#include "base/memory.h"

#define KIB    (1ull << 10)
#define MIB    (1ull << 20)
#define GIB    (1ull << 30)
#define TIB    (1ull << 40)
#define SECOND 1000ull
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* A member's offset in OBJECT; does not compile when it is not of the type. */
#define AT(member, c_type) \
	(offsetof(OBJECT, member) + 0 * _Generic(((OBJECT *)0)->member, c_type : 1))

#define REQUIRED .required = true
#define KEY(name_, kind, member, c_type, fallback_)                 \
	.name = #name_, .type = kind, .offset = AT(member, c_type), \
	.fallback = fallback_
#define TEXT(key, fallback_, form_, allowed_)                         \
	KEY(key, CONFIG_TEXT, key, char *, fallback_), .form = form_, \
						       .allowed = allowed_
#define NAME(key, fallback_, form_, allowed_)                         \
	KEY(key, CONFIG_NAME, key, char *, fallback_), .form = form_, \
						       .allowed = allowed_
#define PATH(key, fallback_)                                                     \
	KEY(key, CONFIG_PATH, key, char *, fallback_), .form = config_form_some, \
						       .allowed = "a file name"
#define WORD(key, fallback_, words_) \
	KEY(key, CONFIG_WORD, key, char *, fallback_), .words = words_
#define CHOICE(key, c_type, fallback_, words_) \
	KEY(key, CONFIG_CHOICE, key, c_type, fallback_), .words = words_
#define TRUTH(key, fallback_) KEY(key, CONFIG_TRUTH, key, bool, fallback_)
#define NUMBER(key, fallback_, least_, most_)                               \
	KEY(key, CONFIG_NUMBER, key, uint64_t, fallback_), .least = least_, \
							   .most = most_
#define SIZE(key, fallback_, least_, most_) \
	KEY(key, CONFIG_SIZE, key, uint64_t, fallback_), .least = least_, .most = most_
#define DURATION(key, fallback_, least_, most_)                                   \
	KEY(key, CONFIG_DURATION, key##_ms, int64_t, fallback_), .least = least_, \
								 .most = most_
#define TEXTS(key, most_, form_, allowed_)                      \
	KEY(key, CONFIG_TEXTS, key, struct config_texts, NULL), \
		.most = most_, .form = form_, .allowed = allowed_
#define NETWORKS(key) \
	KEY(key, CONFIG_NETWORKS, key, struct config_networks, NULL), .most = 10000
#define ITEMS(key, singular, kind, most_)                          \
	KEY(key, CONFIG_ITEMS, key, struct config_##kind *, NULL), \
		.count_offset = AT(singular##_count, size_t),      \
		.section = &kind##_section, .most = most_
#define SECTION(key)                                              \
	KEY(key, CONFIG_SECTION, key, struct config_##key, NULL), \
		.section = &key##_section
#define KEYS(table) table, ARRAY_COUNT(table)

#endif
