/* What holds of a domain's TLS, for people. */
#include "report/tls_value.h"
#include "report/words.h"

static bool truth(const struct value *object, const char *name)
{
	return value_get_truth(object, name);
}

static void print_list(
	struct buffer *into, const struct value *list, const char *between)
{
	for (size_t i = 0; i < value_count(list); i++)
		buffer_append_format(into, "%s%.*s", i ? between : "",
			SLICE_PRINT(value_text(value_at(list, i))));
}

static void print_dane(const struct value *tls, struct buffer *into)
{
	const char *what;

	if (truth(tls, "dane"))
		what = "its servers' names are authentic, so TLSA records are asked "
		       "for";
	else if (truth(tls, "authentic"))
		what = "switched off by the configuration";
	else if (!truth(tls, "resolver_trusted"))
		what = "not used: the resolver is not on this machine, nor listed in "
		       "dns.trusted";
	else
		what = "not used: the MX answer is not signed, or was not validated";
	buffer_append_format(into, "  DANE         %s\n", what);
}

static void print_sts(const struct value *sts, int64_t now_ms, struct buffer *into)
{
	struct slice id = value_get_text(sts, "id");
	char age[WORDS_SIZE], until[WORDS_SIZE];

	buffer_append_format(
		into, "  MTA-STS      %.*s", SLICE_PRINT(value_get_text(sts, "mode")));
	if (id.size)
		buffer_append_format(into, ", id %.*s, fetched %s ago, holds until %s",
			SLICE_PRINT(id),
			words_duration(1000 * value_get_number(sts, "age_s"), age),
			words_time(value_get_number(sts, "expires_ms"), now_ms, until));
	if (value_count(value_get(sts, "mx"))) {
		buffer_append_format(into, "\n               mx: ");
		print_list(into, value_get(sts, "mx"), ", ");
	}
	if (value_has(sts, "trouble"))
		buffer_append_format(into, "\n               %.*s: %.*s",
			SLICE_PRINT(value_get_text(sts, "trouble")),
			SLICE_PRINT(value_get_text(sts, "reason")));
	buffer_append_byte(into, '\n');
}

static void print_tlsa(const struct value *tlsa, struct buffer *into)
{
	const struct value *records = value_get(tlsa, "records");
	struct slice reason = value_get_text(tlsa, "reason");

	buffer_append_format(
		into, "  TLSA         %.*s", SLICE_PRINT(value_get_text(tlsa, "kind")));
	if (value_has(tlsa, "name"))
		buffer_append_format(into, ", under %.*s",
			SLICE_PRINT(value_get_text(tlsa, "name")));
	if (reason.size)
		buffer_append_format(into, ": %.*s", SLICE_PRINT(reason));
	buffer_append_byte(into, '\n');
	for (size_t i = 0; i < value_count(records); i++) {
		const struct value *one = value_at(records, i);

		buffer_append_format(into, "               %.*s%s\n",
			SLICE_PRINT(value_get_text(one, "record")),
			truth(one, "usable") ? "" : " (not usable)");
	}
}

static void print_decision(
	const char *title, const struct value *decision, struct buffer *into)
{
	buffer_append_format(into, "  %-12s %.*s, by %.*s", title,
		SLICE_PRINT(value_get_text(decision, "level")),
		SLICE_PRINT(value_get_text(decision, "by")));
	if (!truth(decision, "used"))
		buffer_append_format(into, "; NOT USED: %.*s",
			SLICE_PRINT(value_get_text(decision, "refusal")));
	buffer_append_byte(into, '\n');
}

static void print_certificate(
	const struct value *one, int64_t now_ms, struct buffer *into)
{
	char from[WORDS_SIZE], until[WORDS_SIZE];

	buffer_append_format(into, "               %.*s\n                 names %.*s\n",
		SLICE_PRINT(value_get_text(one, "subject")),
		SLICE_PRINT(value_get_text(one, "names")));
	buffer_append_format(into,
		"                 by %.*s\n                 %.*s, %s to %s\n",
		SLICE_PRINT(value_get_text(one, "issuer")),
		SLICE_PRINT(value_get_text(one, "key")),
		words_time(value_get_number(one, "not_before_ms"), now_ms, from),
		words_time(value_get_number(one, "not_after_ms"), now_ms, until));
	buffer_append_format(into,
		"                 SHA-256 %.*s\n                 its key %.*s\n",
		SLICE_PRINT(value_get_text(one, "sha256")),
		SLICE_PRINT(value_get_text(one, "key_sha256")));
}

static void print_probe(const struct value *probe, int64_t now_ms, struct buffer *into)
{
	const struct value *certificates = value_get(probe, "certificates");
	struct slice group = value_get_text(probe, "group");

	buffer_append_format(
		into, "  probe        %s", truth(probe, "good") ? "good" : "NOT GOOD");
	if (value_has(probe, "trouble"))
		buffer_append_format(
			into, ": %.*s", SLICE_PRINT(value_get_text(probe, "trouble")));
	buffer_append_byte(into, '\n');
	if (!value_has(probe, "protocol"))
		return;
	buffer_append_format(into, "               %.*s, %.*s%s%.*s; REQUIRETLS %s\n",
		SLICE_PRINT(value_get_text(probe, "protocol")),
		SLICE_PRINT(value_get_text(probe, "cipher")), group.size ? ", " : "",
		SLICE_PRINT(group),
		truth(probe, "requiretls") ? "offered" : "not offered");
	buffer_append_format(into, "               by authorities: %.*s\n",
		SLICE_PRINT(value_get_text(probe, "pkix")));
	for (size_t i = 0; i < value_count(certificates); i++)
		print_certificate(value_at(certificates, i), now_ms, into);
}

static void print_host(const struct value *host, int64_t now_ms, struct buffer *into)
{
	buffer_append_format(into, "\n%lld %.*s ",
		(long long)value_get_number(host, "preference"),
		SLICE_PRINT(value_get_text(host, "host")));
	print_list(into, value_get(host, "addresses"), " ");
	buffer_append_format(into, "%.*s%s\n",
		SLICE_PRINT(value_get_text(host, "trouble")),
		truth(host, "authentic") ? ", authentic" : "");
	if (value_has(host, "tlsa"))
		print_tlsa(value_get(host, "tlsa"), into);
	if (value_has(host, "sts_named"))
		buffer_append_format(into, "  MTA-STS      %s\n",
			truth(host, "sts_named") ? "names it" : "does not name it");
	print_decision("TLS", value_get(host, "usual"), into);
	print_decision("REQUIRETLS", value_get(host, "requiretls"), into);
	if (value_has(host, "probe"))
		print_probe(value_get(host, "probe"), now_ms, into);
}

void report_tls(const struct value *tls, int64_t now_ms, struct buffer *into)
{
	const struct value *hosts = value_get(tls, "hosts");
	struct slice trouble = value_get_text(tls, "trouble");
	struct slice route = value_get_text(tls, "route");

	buffer_append_format(
		into, "%.*s\n", SLICE_PRINT(value_get_text(tls, "domain")));
	if (truth(tls, "discard")) {
		buffer_append_format(into, "  a route discards its mail\n");
		return;
	}
	if (truth(tls, "local")) {
		buffer_append_format(into, "  its mail stays here, in mailboxes\n");
		return;
	}
	buffer_append_format(into, "  configured   %.*s",
		SLICE_PRINT(value_get_text(tls, "configured")));
	if (route.size)
		buffer_append_format(into, " (route \"%.*s\")", SLICE_PRINT(route));
	buffer_append_byte(into, '\n');
	if (trouble.size)
		buffer_append_format(
			into, "  no servers   %.*s\n", SLICE_PRINT(trouble));
	print_dane(tls, into);
	print_sts(value_get(tls, "mta_sts"), now_ms, into);
	for (size_t i = 0; i < value_count(hosts); i++)
		print_host(value_at(hosts, i), now_ms, into);
}
