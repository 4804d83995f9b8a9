/* A certificate for one run, for sinks that were given none. */
#ifndef RINGPOST_BENCH_CERTIFICATE_H
#define RINGPOST_BENCH_CERTIFICATE_H

#include <stdbool.h>

struct certificate {
	char folder[64], certificate[80], key[80]; /* paths */
};

/*
 * Makes a P-256 key and a certificate signed by itself, for localhost,
 * HOSTNAME, 127.0.0.1 and ::1, as files only we can read. False with a
 * failure; remove deletes what there is either way.
 */
bool certificate_make(struct certificate *certificate, const char *hostname);
void certificate_remove(struct certificate *certificate);

#endif
