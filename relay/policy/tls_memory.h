/*
 * Hosts with which TLS broke, remembered for all workers of the process: for a
 * while mail that does not need TLS goes to them without.
 */
#ifndef RINGPOST_POLICY_TLS_MEMORY_H
#define RINGPOST_POLICY_TLS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define TLS_MEMORY_MAX 10000 /* hosts; the one remembered first is forgotten */

struct tls_memory;

struct tls_memory *tls_memory_create(void);
void tls_memory_destroy(struct tls_memory **memory);
/* TLS broke with HOST at PORT: so until UNTIL_US. True: it was not known. */
bool tls_memory_note(struct tls_memory *memory, struct slice host, uint16_t port,
	int64_t now_us, int64_t until_us);
bool tls_memory_is_broken(
	struct tls_memory *memory, struct slice host, uint16_t port, int64_t now_us);
/* TLS worked. */
void tls_memory_clear(struct tls_memory *memory, struct slice host, uint16_t port);
size_t tls_memory_count(struct tls_memory *memory);

#endif
