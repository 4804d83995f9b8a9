/*
 * Files of suppressed addresses: what `suppression export` writes, and what lists
 * of others look like.
 *
 * Read are lines with an address alone, CSV (RFC 4180) with the names of the
 * columns in front, and lines of JSON. Columns are found by the names they usually
 * have: address or email, tenant, reason or type, since or created, until or
 * expires, detail, status or error. Times are ISO 8601 or counted since 1970.
 */
#ifndef RINGPOST_REPORT_SUPPRESSION_FILE_H
#define RINGPOST_REPORT_SUPPRESSION_FILE_H

#include <stdio.h>

#include "report/value.h"

#define SUPPRESSION_LINE_MAX 65536

struct suppression_file;
/* FILE stays the caller's. */
struct suppression_file *suppression_file_open(FILE *file);
void suppression_file_close(struct suppression_file **file);

enum suppression_line {
	SUPPRESSION_LINE,
	SUPPRESSION_LINE_WRONG,
	SUPPRESSION_LINE_END
};
/* The next entry, as the daemon takes it; its reason is missing where none is said.
 * WRONG with FAILURE_DATA: go on with the next. END with FAILURE_FILE where the
 * file cannot be read, else with none. */
enum suppression_line suppression_file_next(
	struct suppression_file *file, struct value **entry_r);
/* Where it stands; the first line is 1. */
size_t suppression_file_line(const struct suppression_file *file);

/* Appends the names of the columns, an entry, each with an end of line. */
void suppression_file_print_names(struct buffer *into);
void suppression_file_print(const struct value *entry, struct buffer *into);

#endif
