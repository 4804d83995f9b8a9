/* What `ringpost tls` found out: as a value, and as text. */
#ifndef RINGPOST_REPORT_TLS_VALUE_H
#define RINGPOST_REPORT_TLS_VALUE_H

#include "relay/tls_survey.h"

#include "report/value.h"

/* tls_value.c: PROBES has one for each host, or is NULL; takes them over. */
struct value *tls_value_make(
	const struct tls_survey *survey, struct value **probes, int64_t now_ms);
/* check/tls_probe.c: connects to host number I, at its first address that answers: to
 * see what it shows, and whether that would do. */
struct value *tls_value_probe(const struct tls_survey *survey, size_t i,
	const struct config *config, struct tls_client *tls, struct deadline deadline);
/* tls.c */
void report_tls(const struct value *tls, int64_t now_ms, struct buffer *into);

#endif
