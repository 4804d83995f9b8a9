/*
 * A look at a host's TLS: once without demands, for what it shows; once with
 * those of the policy, for whether it would be handed mail.
 */
#include "base/memory.h"
#include "mail/domain.h"
#include "relay/smtp_client.h"

#include "report/tls_value.h"

#define CONNECT_MS  10000
#define COMMAND_MS  30000
#define FAREWELL_MS 2000

struct probing {
	const struct tls_survey *survey;
	const struct survey_host *host;
	struct smtp_client_options options;
	struct arena arena;
	struct value *into;
};

static void set_certificates(struct value *into, const struct tls_peer *peer)
{
	struct value *list = value_list();

	for (size_t i = 0; i < peer->count; i++) {
		const struct tls_peer_certificate *from = &peer->certificates[i];
		struct value *one = value_object();

		value_set_text(one, "subject", from->subject);
		value_set_text(one, "issuer", from->issuer);
		value_set_text(one, "names", from->names);
		value_set_text(one, "key", from->key);
		value_set_number(one, "not_before_ms", from->not_before_ms);
		value_set_number(one, "not_after_ms", from->not_after_ms);
		value_set_text(one, "sha256", from->sha256);
		value_set_text(one, "key_sha256", from->key_sha256);
		value_append(list, one);
	}
	value_set(into, "certificates", list);
}

static const char *pkix_name(enum tls_fault fault)
{
	switch (fault) {
	case TLS_FAULT_NONE:
		return "good";
	case TLS_FAULT_NAME:
		return "for another name";
	case TLS_FAULT_EXPIRED:
		return "expired";
	case TLS_FAULT_UNTRUSTED:
	case TLS_FAULT_TLSA:
		break;
	}
	return "of no authority we know";
}

static void tell_tls(struct probing *probing, const struct smtp_client *client,
	const struct smtp_opening *opening)
{
	const struct stream_facts *facts = smtp_client_facts(client);
	struct value *into = probing->into;
	struct tls_peer peer;

	value_set_truth(
		into, "requiretls", smtp_client_capabilities(client)->requiretls);
	if (!smtp_client_describe_tls(client, &probing->arena, &peer))
		return;
	value_set_text(into, "protocol", slice_of(facts->tls_version));
	value_set_text(into, "cipher", slice_of(facts->tls_cipher));
	if (peer.group.size)
		value_set_text(into, "group", peer.group);
	value_set_text(into, "pkix", slice_of(pkix_name(opening->fault)));
	set_certificates(into, &peer);
}

/* True: it took us so, and has been told good-bye. */
static bool call(struct probing *probing, bool look)
{
	struct smtp_opening opening;
	struct smtp_client *client = smtp_client_open(
		&probing->options, &probing->arena, &opening);
	bool good = client != NULL;
	char said[300];

	if (client && look)
		tell_tls(probing, client, &opening);
	if (!client && opening.reply.code)
		value_set_text(probing->into, "trouble",
			reply_print(&opening.reply, said, sizeof(said)));
	else if (!client)
		value_set_text(
			probing->into, "trouble", slice_of(failure_last()->text));
	if (client || opening.stage > STAGE_CONNECT)
		value_set_truth(probing->into, "connected", true);
	value_set_truth(probing->into, "starttls",
		good ? smtp_client_facts(client)->encrypted
		     : opening.stage > STAGE_STARTTLS);
	smtp_client_close(&client, deadline_after_ms(FAREWELL_MS));
	return good;
}

static void set_policy(struct probing *probing)
{
	const struct survey_host *host = probing->host;

	probing->options.tls = host->usual.level;
	probing->options.tlsa = host->tlsa.records;
	probing->options.tlsa_count = host->tlsa.count;
	probing->options.tls_other_names[0] = host->tlsa.other;
	if (!probing->survey->terms.host)
		probing->options.tls_other_names[1] = arena_copy_text(
			&probing->arena, probing->survey->domain);
}

static void probe_address(struct probing *probing, const union host_address *to)
{
	const struct survey_host *host = probing->host;
	bool plain = host->usual.level <= TLS_MAY;
	bool shown;

	probing->options.address = &to->any;
	probing->options.tls = TLS_MUST;
	shown = call(probing, true);
	if (shown && host->usual.level > TLS_MUST) {
		set_policy(probing);
		shown = call(probing, false);
	} else if (!shown && plain && value_get_truth(probing->into, "connected")) {
		shown = true;
	}
	value_set_truth(probing->into, "good", shown && !host->usual.refusal);
}

struct value *tls_value_probe(const struct tls_survey *survey, size_t i,
	const struct config *config, struct tls_client *tls, struct deadline deadline)
{
	const struct survey_host *host = &survey->list[i];
	const char *named = survey->terms.tls_name;
	struct probing probing = {
		.survey = survey, .host = host, .into = value_object()};

	probing.options = (struct smtp_client_options){
		.hostname = config->hostname,
		.peer_name = arena_copy_text(&probing.arena, host->name),
		.tls_implicit = survey->terms.tls_implicit,
		.tls_client = tls,
		.connect_timeout_ms = CONNECT_MS,
		.greeting_timeout_ms = COMMAND_MS,
		.command_timeout_ms = COMMAND_MS,
		.data_timeout_ms = COMMAND_MS,
		.reply_timeout_ms = COMMAND_MS,
	};
	probing.options.tls_name = host->tlsa.kind == TLSA_USABLE ? host->tlsa.name
				   : named			  ? named
					   : probing.options.peer_name;
	value_set_truth(probing.into, "connected", false);
	for (size_t at = 0;
		at < host->addresses.count && !deadline_has_passed(deadline) &&
		!value_get_truth(probing.into, "connected");
		at++)
		probe_address(&probing, &host->addresses.list[at]);
	arena_finish(&probing.arena);
	return probing.into;
}
