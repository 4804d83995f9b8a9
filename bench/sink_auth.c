/* AUTH PLAIN and LOGIN, where anyone is let in: to try clients with. */
#include "mail/sasl_server.h"

#include "bench/sink_core.h"

static bool exchange(struct sink_session *session, struct sasl_server *sasl,
	enum sasl_progress *progress, struct deadline deadline);

void sink_auth(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	const struct sink_options *options = &session->worker->sink->options;
	int64_t began_us = worker_now_us();
	enum sasl_mechanism mechanism;
	enum sasl_progress progress;
	struct sasl_server *sasl;
	struct reply refusal;

	if (!options->auth || session->in_transaction ||
		!sasl_mechanism_find(command->mechanism, &mechanism) ||
		!(options->offered.auth & SASL_BIT(mechanism))) {
		SINK_SAY(session, 504, 5, 5, 4, "Not offered, or not now");
		return;
	}
	if (!sink_ask(session, RULE_AUTH, NULL, 0, deadline))
		return;
	sasl = sasl_server_create(mechanism, NULL, false);
	progress = sasl_server_start(sasl, command->initial);
	if (exchange(session, sasl, &progress, deadline)) {
		if (progress == SASL_DONE) {
			SINK_SAY(session, 235, 2, 7, 0, "Welcome, whoever you are");
			tally_time(session->worker->tally, TALLY_AUTH,
				worker_now_us() - began_us);
		} else {
			refusal = sasl_server_refusal(sasl);
			sink_say(session, &refusal);
		}
	}
	sasl_server_destroy(&sasl);
}

static bool exchange(struct sink_session *session, struct sasl_server *sasl,
	enum sasl_progress *progress, struct deadline deadline)
{
	struct slice line;

	while (*progress == SASL_CONTINUE || *progress == SASL_NEED_PASSWORD_CHECK) {
		if (*progress == SASL_NEED_PASSWORD_CHECK) {
			*progress = sasl_server_give_verdict(sasl, true);
			continue;
		}
		stream_write(session->stream, SLICE("334 "));
		stream_write(session->stream, sasl_server_output(sasl));
		stream_write(session->stream, SLICE("\r\n"));
		if (!sink_commit(session, deadline) ||
			!stream_read_line(
				session->stream, SMTP_AUTH_LINE_MAX, &line, deadline))
			return false;
		*progress = sasl_server_step(sasl, slice_trim_all(line));
	}
	return true;
}
