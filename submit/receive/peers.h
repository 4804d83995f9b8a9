/*
 * What clients of port 25 did in the last hour, by their address (IPv6: by /64),
 * and what servers behind us said of mailboxes: shared by all workers, bounded,
 * forgotten at the end of the process. Thread safe; nothing here waits.
 */
#ifndef RINGPOST_RECEIVE_PEERS_H
#define RINGPOST_RECEIVE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "receive/receiving.h"

#define PEERS_KNOWN_MAX	 32768
#define PROBES_KNOWN_MAX 65536

/* What is counted. */
enum peer_deed {
	PEER_MESSAGE,
	PEER_RECIPIENT,
	PEER_ERROR, /* a recipient who is none, a message that was refused */
	PEER_DEEDS
};

/* One more of them; MOST an hour, 0: any number. False: it is one too many, with
 * the seconds until there is room. */
bool peer_may(struct receiving_node *node, const uint8_t address[16],
	enum peer_deed deed, uint64_t most, int64_t now_us, unsigned *wait_s_r);
/* One more, whatever the number. */
void peer_did(struct receiving_node *node, const uint8_t address[16],
	enum peer_deed deed, int64_t now_us);
/* So many in the last hour. */
uint64_t peer_deeds(struct receiving_node *node, const uint8_t address[16],
	enum peer_deed deed, int64_t now_us);

/* ---- Mailboxes that were asked about ---- */

enum probe_answer { PROBE_UNKNOWN, PROBE_GOOD, PROBE_BAD };

/* What was said, for as long as it holds. */
enum probe_answer probe_recall(struct receiving_node *node, struct slice domain,
	struct slice address, int64_t now_us);
void probe_note(struct receiving_node *node, struct slice domain, struct slice address,
	enum probe_answer answer, int64_t now_us, int64_t keep_ms);

#endif
