/*
 * What a session tells of itself while somebody watches (transcript/transcript.h).
 * To be called where transcript_wanted() only.
 */
#ifndef RINGPOST_SERVE_SMTP_TRANSCRIPT_H
#define RINGPOST_SERVE_SMTP_TRANSCRIPT_H

#include "base/list.h"
#include "transcript/transcript.h"

struct smtp_awaited;
struct smtp_command;
struct smtp_dialogue;
struct smtp_session;

/* Zeroed: nothing was told yet. */
struct smtp_told {
	struct transcript *transcript;
	uint64_t message;   /* in hand; 0: none */
	uint64_t behind;    /* whose outcome is to be awaited next */
	bool account_known; /* who has logged in */
	struct list held;   /* replies that wait behind an outcome */
};

/* A line as it came, without its end; what was understood of it. */
void smtp_transcript_line(struct smtp_dialogue *dialogue, struct slice line);
void smtp_transcript_command(
	struct smtp_dialogue *dialogue, const struct smtp_command *command);
/* dialogue->reply goes out; … when the outcome of BEHIND is known. */
void smtp_transcript_reply(struct smtp_dialogue *dialogue);
void smtp_transcript_hold(struct smtp_dialogue *dialogue,
	const struct smtp_awaited *behind, struct slice reply);
/* dialogue->reply is the outcome of MESSAGE, and what waited behind it goes out. */
void smtp_transcript_outcome(
	struct smtp_dialogue *dialogue, const struct smtp_awaited *message);
/* All of a message's content, or a chunk, was read. */
void smtp_transcript_content(struct smtp_dialogue *dialogue, uint64_t bytes);
/* TLS was begun, or could not be. */
void smtp_transcript_tls(struct smtp_dialogue *dialogue);
/* The client is somebody else, says a proxy. */
void smtp_transcript_moved(struct smtp_dialogue *dialogue);
/* In AUTH: we said, the client said so many bytes. */
void smtp_transcript_challenge(struct smtp_session *session, size_t bytes);
void smtp_transcript_response(struct smtp_session *session, size_t bytes);

/* Whether or not somebody watches: the message in hand is over, or handed on to be
 * awaited; the session ends. */
void smtp_transcript_reset(struct smtp_dialogue *dialogue);
void smtp_transcript_sent(struct smtp_dialogue *dialogue);
void smtp_transcript_end(struct smtp_dialogue *dialogue);

#endif
