/*
 * The SMTP client dialogue: AUTH (RFC 4954), with the best mechanism both know.
 */
#include "base/failure.h"
#include "mail/sasl_client.h"

#include "relay/client_core.h"

#define AUTH_STEPS_MAX 10 /* no mechanism has as many */

static void write_auth_line(struct smtp_client *client, struct sasl_client *sasl,
	enum sasl_mechanism mechanism)
{
	struct slice initial = sasl_client_has_initial(sasl) ? sasl_client_output(sasl)
							     : SLICE_EMPTY;

	stream_write_format(client->stream, "AUTH %s", sasl_mechanism_name(mechanism));
	if (sasl_client_has_initial(sasl)) {
		stream_write(client->stream, SLICE(" "));
		stream_write(client->stream, initial.size ? initial : SLICE("="));
	}
	stream_write(client->stream, SLICE("\r\n"));
	client_tell_auth(client, sasl_mechanism_name(mechanism), initial);
}

static bool exchange(struct smtp_client *client, struct arena *arena,
	struct sasl_client *sasl, struct reply *reply_r)
{
	struct deadline deadline = client_command_deadline(client);

	for (unsigned steps = 0; steps < AUTH_STEPS_MAX; steps++) {
		if (!client_read_reply(client, arena, reply_r, deadline))
			return false;
		client_blank_reply(client, reply_r);
		if (!reply_is_intermediate(reply_r))
			return true;
		sasl_client_step(sasl, reply_r->text);
		client_tell_auth(client, NULL, sasl_client_output(sasl));
		stream_write(client->stream, client->secret);
		stream_write(client->stream, SLICE("\r\n"));
	}
	return stream_fail(client->stream, FAILURE_PROTOCOL, "AUTH asks on and on");
}

bool client_log_in(
	struct smtp_client *client, struct arena *arena, struct smtp_opening *opening)
{
	const struct smtp_client_options *options = &client->options;
	bool tls = stream_facts(client->stream)->encrypted;
	enum sasl_mechanism mechanism;
	struct sasl_client *sasl;
	struct reply reply;
	bool good;

	if (!options->user)
		return true;
	opening->stage = STAGE_AUTH;
	if (!sasl_client_choose(client->capabilities.auth, tls, &mechanism))
		return fail(FAILURE_PROTOCOL,
			"%s offers no AUTH mechanism that may be used %s TLS",
			options->peer_name, tls ? "with" : "without");
	sasl = sasl_client_create(
		mechanism, slice_of(options->user), slice_of(options->password));
	if (!sasl)
		return fail(FAILURE_CONFIG, "user or password for %s cannot be used",
			options->peer_name);
	write_auth_line(client, sasl, mechanism);
	good = exchange(client, arena, sasl, &reply);
	if (good && !reply_is_positive(&reply))
		opening->reply = reply;
	good = good && reply_is_positive(&reply);
	if (good && !sasl_client_is_complete(sasl))
		good = fail(FAILURE_PROTOCOL, "%s accepted AUTH without proving itself",
			options->peer_name);
	client->secret = SLICE_EMPTY;
	sasl_client_destroy(&sasl);
	return good;
}
