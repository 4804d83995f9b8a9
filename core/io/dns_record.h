/*
 * The data of one resource record (RFC 1035 3.3, RFC 3596, RFC 6698). Pure.
 */
#ifndef RINGPOST_IO_DNS_RECORD_H
#define RINGPOST_IO_DNS_RECORD_H

#include "io/dns.h"

/* Where a record lies in its message; checked to lie inside. */
struct dns_place {
	size_t owner, data, size;
	uint32_t ttl;
	uint16_t type, class;
};

/*
 * False: malformed. *usable_r false: well formed, but a name in it has bytes
 * that no host's has; *record is then to be written over. RECORD is zeroed.
 */
bool dns_record_read(struct slice message, const struct dns_place *place,
	struct arena *arena, struct dns_record *record, bool *usable_r);

/*
 * The name that fills the data from FROM to its end, as text in the arena; at
 * is NULL for one with odd bytes. False: malformed.
 */
bool dns_record_read_name(struct slice message, const struct dns_place *place,
	size_t from, struct arena *arena, struct slice *name_r);

#endif
