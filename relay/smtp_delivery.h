/*
 * Messages over an SMTP client's connection: one after the other, each with the
 * next one's envelope behind it, or several in flight.
 */
#ifndef RINGPOST_RELAY_SMTP_DELIVERY_H
#define RINGPOST_RELAY_SMTP_DELIVERY_H

#include "base/failure.h"
#include "queue/body.h"
#include "queue/message.h"
#include "relay/smtp_client.h"

/* What a recipient heard, and when: its RCPT's refusal, or the reply to MAIL,
 * DATA or the content. code 0: no answer came. */
struct smtp_answer {
	struct reply reply;
	enum smtp_stage stage;
};

/* One message to some recipients, in parts, so that several can overlap. */
struct smtp_delivery {
	const struct envelope *envelope;
	/* Ours, instead of the envelope's, and then what is asked of the peer's
	 * notifications is for us; at NULL: none. */
	struct slice sender;
	const struct recipient *recipients;
	size_t recipient_count;
	const struct body *body;
	struct slice content; /* the message, instead of the body; at NULL: none */
	uint64_t size;	      /* of what is sent, for SIZE= */
	bool eight_bit;	      /* BODY=8BITMIME */
	bool binary;	      /* BODY=BINARYMIME: only by BDAT */

	/* Filled in: one answer for each recipient, texts in ARENA; for those
	 * without see failure and stage. `unknown`: the content was sent but its
	 * reply never read. `answered`: anything at all was said to this. */
	struct arena *arena;
	struct smtp_answer *answers;
	struct failure failure; /* kind NONE: the dialogue is in order */
	enum smtp_stage stage;
	bool unknown, answered;
	struct timing_steps *steps; /* are kept here, if it is traced; or NULL */
	int64_t began_us, ended_us;

	/* The client's own. `behind`: it was sent before the one in front of it was
	 * answered, so that a complaint about the order (503) is about us. */
	bool behind, resets;
	uint64_t number;
	uint64_t told; /* its number in the transcript; 0: none yet */
};

/*
 * Sends the message and reads its replies. NEXT may be NULL; else it is asked
 * (once the content is about to be sent) for a delivery whose envelope then
 * travels behind this one's content; that delivery must be the next given to
 * smtp_client_deliver on this client, or smtp_client_close follows. True: the
 * dialogue is in order (whatever the replies).
 */
bool smtp_client_deliver(struct smtp_client *client, struct smtp_delivery *delivery,
	struct smtp_delivery *(*next)(void *context), void *context);

/*
 * Several in flight, for peers with PIPELINING and CHUNKING. Each begins with
 * RSET if it is sent behind another, so that whatever became of that one cannot
 * reach it.
 */
#define SMTP_OVERLAP_SIZE_MAX	 (64u << 10) /* content; more waits for RCPT's reply */
#define SMTP_OVERLAP_REPLIES_MAX 256 /* awaited, of those that are to be overtaken */
/* Whether a message so large may be sent before one in front of it is answered. */
bool smtp_client_may_overlap(const struct smtp_client *client, uint64_t size);
/* Whether there is room for one more behind those in flight. */
bool smtp_client_has_room(const struct smtp_client *client);
/* Puts a delivery behind those in flight, into the outbox. False: its body could
 * not be read (see failure); it is not in flight, the dialogue is in order. */
bool smtp_client_begin(struct smtp_client *client, struct smtp_delivery *delivery);
/* Reads the replies of DELIVERY, which must be the oldest in flight. Before it
 * has to wait, REFILL (or NULL) is asked once to begin more, and the outbox is
 * sent. True as for _deliver. */
bool smtp_client_await(struct smtp_client *client, struct smtp_delivery *delivery,
	void (*refill)(void *context), void *context);
/* When the dialogue is over, for those still in flight, oldest first. */
void smtp_client_abandon(struct smtp_client *client, struct smtp_delivery *delivery);

#endif
