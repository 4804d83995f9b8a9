/*
 * HTTP (listeners of role `http`): how much a request may bring and how long it may
 * take. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_HTTP_H
#define RINGPOST_BASE_CONFIG_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/config_texts.h"

/* What a listener serves: bits, by the words of its key `serves`. */
enum config_service {
	CONFIG_SERVES_API = 1,
	CONFIG_SERVES_METRICS = 2,
	CONFIG_SERVES_UNSUBSCRIBE = 4,
};

struct config_http {
	uint64_t body_size;		  /* of a request, undone */
	uint64_t body_memory;		  /* of all requests of the process at once */
	uint64_t header_size;		  /* the request line, too */
	uint64_t requests_per_connection; /* 0: no limit */
	uint64_t sessions_per_address;	  /* 0: no limit */
	int64_t idle_timeout_ms;	  /* between two requests */
	int64_t header_timeout_ms;	  /* from its first byte to its end */
	int64_t body_timeout_ms;	  /* each pause in it */
	int64_t request_timeout_ms;	  /* all of it, with its answer */
};

struct config_section;
extern const struct config_section http_section;

/* The words of a listener's key `serves` as bits. */
unsigned config_services(const struct config_texts *serves);
/* The word of one bit. */
const char *config_service_name(unsigned service);

#endif
