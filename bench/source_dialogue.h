/*
 * The words of a message: commands and content written, replies read.
 *
 * Writing fills the outbox; a failure shows when the replies are read. Reading
 * is false when the stream failed, and else notes in the transaction what was
 * accepted, and the first refusal.
 */
#ifndef RINGPOST_BENCH_SOURCE_DIALOGUE_H
#define RINGPOST_BENCH_SOURCE_DIALOGUE_H

#include "bench/source_session.h"

/* Into session->commands. */
void dialogue_write_mail(
	struct source_session *session, const struct transaction *transaction);
void dialogue_write_rcpt(struct source_session *session,
	const struct transaction *transaction, uint64_t k);
/* All up to the content. */
void dialogue_write_envelope(
	struct source_session *session, const struct transaction *transaction);
/* session->commands into the outbox. */
void dialogue_send_commands(struct source_session *session);
/* The content to its end, and BEHIND it. */
bool dialogue_send_content(struct source_session *session,
	struct transaction *transaction, struct slice behind);

bool dialogue_read_mail(
	struct source_session *session, struct transaction *transaction);
bool dialogue_read_rcpt(
	struct source_session *session, struct transaction *transaction, uint64_t k);
/* Up to the last RCPT's reply, or to a 421. */
bool dialogue_read_envelope(
	struct source_session *session, struct transaction *transaction);
/* *wanted_r: the content is. */
bool dialogue_read_data(struct source_session *session, struct transaction *transaction,
	bool *wanted_r);
/* The reply to the oldest message in flight: its verdict. False also behind a
 * 421. */
bool dialogue_read_final(
	struct source_session *session, const char *stage, bool *acked_r);

#endif
