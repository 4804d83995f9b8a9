/*
 * Domain names as text and on the wire (RFC 1035 3.1, 4.1.4), and the one
 * kind of query we send. Pure: no fiber, no descriptor, no memory of its own.
 *
 * As text a name is lower case, without a trailing dot, "" for the root; its
 * bytes are printable ASCII other than '.' within a label and '\\'. Spaces are
 * among them: SPF asks for such names. No record gives us one.
 */
#ifndef RINGPOST_IO_DNS_NAME_H
#define RINGPOST_IO_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Text of the longest name (253) and a NUL, rounded. */
#define DNS_NAME_SIZE 256
/* A header, the longest name, type and class, an OPT record. */
#define DNS_QUERY_SIZE 300
/* The UDP answer we take (RFC 6891 6.2.5; what passes everywhere unbroken). */
#define DNS_UDP_SIZE 1232

/*
 * Brings a name from elsewhere into our form: lower case, one trailing dot
 * taken off. False when it is empty, too long, has an empty or too long label
 * or a byte that no name of ours has.
 */
bool dns_name_normalise(
	struct slice name, char text[DNS_NAME_SIZE], struct slice *name_r);

/*
 * Reads the name at *AT of MESSAGE, following compression pointers, which must
 * lead backwards, and moves *AT behind it. False: malformed. A name that is
 * well formed but has no text (odd bytes) gives *name_r = SLICE_EMPTY with
 * at NULL; the root has at = TEXT and size 0.
 */
bool dns_name_read(struct slice message, size_t *at, char text[DNS_NAME_SIZE],
	struct slice *name_r);

/*
 * A query with RD and AD set (RFC 6840 5.7: "tell me whether it is
 * authentic") and, with EDNS, an OPT record as its last 11 bytes. NAME is
 * normalised. The size.
 */
size_t dns_query_write(unsigned char query[DNS_QUERY_SIZE], uint16_t id, uint16_t type,
	struct slice name, bool edns);

#endif
