/* What an audit found, as a table and as JSON. */
#ifndef RINGPOST_BENCH_AUDIT_REPORT_H
#define RINGPOST_BENCH_AUDIT_REPORT_H

#include <stdio.h>

#include "bench/audit_judge.h"

void audit_print(
	const struct audit_book *book, const struct audit_verdict *verdict, FILE *to);
/* To PATH, "-": standard output. False with FAILURE_FILE. */
bool audit_write_json(const struct audit_book *book,
	const struct audit_verdict *verdict, const char *path);

#endif
