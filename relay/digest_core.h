/* What counting notifications and telling of them have in common. For digest*.c. */
#ifndef RINGPOST_RELAY_DIGEST_CORE_H
#define RINGPOST_RELAY_DIGEST_CORE_H

#include "relay/digest.h"

#define DIGEST_KEY	 "rp:notified"
#define DIGEST_LINES_MAX 1000
/* Whoever counts in a period has written it all so long after its end. */
#define DIGEST_GRACE_MS 15000

#endif
